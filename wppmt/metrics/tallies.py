"""The counters, each for as long as the daemon runs."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from wppmt.domain.occurrences import BackupOutcome, SendOutcome, WebhookOutcome
from wppmt.metrics.text import Family

SESSION = "session"


class Tally:
    """A counter; thread-safe. Its first label is the session, where it has labels."""

    def __init__(self, name: str, text: str, *labels: str, known: Collection[str] = ()) -> None:
        """`known` are the values of the label after the session that each session has a line for from the start."""
        self._name, self._text, self._labels = name, text, labels
        self._known = known
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, ...], float] = {} if labels else {(): 0.0}

    def add(self, *values: str, by: float = 1.0) -> None:
        with self._lock:
            self._counts[values] = self._counts.get(values, 0.0) + by

    def family(self, sessions: Collection[str]) -> Family:
        """Of these sessions alone. What starts at 0 shows its first step; a line that is new shows none."""
        with self._lock:
            counts = self._counts.copy()
        values: Mapping[Any, float] = counts
        if self._labels:
            of_these = {key: count for key, count in counts.items() if key[0] in sessions}
            values = dict.fromkeys(self._zeros(sessions), 0.0) | of_these
        return Family("counter", self._name, self._text, self._labels, values)

    def _zeros(self, sessions: Collection[str]) -> Iterator[tuple[str, ...]]:
        for session_id in sessions:
            if len(self._labels) == 1:
                yield (session_id,)
            yield from ((session_id, value) for value in self._known)


class Tallies:
    """All of them."""

    def __init__(self) -> None:
        self.restarts = Tally(
            "session_restarts_total", "Browsers opened anew, after a failure or by plan", SESSION, "reason"
        )
        self.sends = Tally(
            "sends_total", "Sends, by their first answer", SESSION, "outcome", known=tuple(SendOutcome)
        )
        self.failed_later = Tally(
            "sends_failed_later_total", "Sends that failed after an answer had said pending", SESSION
        )
        self.attempts = Tally(
            "webhook_attempts_total",
            "Attempts to deliver an event, by what came of each",
            SESSION,
            "outcome",
            known=tuple(WebhookOutcome),
        )
        self.attempts_failed = Tally(
            "webhook_attempts_failed_total", "Attempts without success, of all sessions"
        )
        self.missed = Tally(
            "inbound_missed_total", "Messages that no event had told of when they came; told late", SESSION
        )
        self.backups = Tally(
            "backups_total",
            "Backups of sessions, by what came of each",
            SESSION,
            "outcome",
            known=tuple(BackupOutcome),
        )
        self.requests = Tally("requests_total", "Requests answered, but for those of health and metrics")
        self.failures = Tally(
            "requests_failed_total",
            "Of wppmt_requests_total, with 5xx or a failed send; and sends that failed later",
        )

    def families(self, sessions: Collection[str]) -> Iterator[Family]:
        """Of these sessions alone."""
        return (tally.family(sessions) for tally in vars(self).values())
