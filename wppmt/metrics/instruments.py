"""What is counted for as long as the daemon runs."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics, generate_latest

from wppmt.domain.occurrences import (
    Acknowledged,
    BackupEnded,
    BackupOutcome,
    BrowserRestarted,
    Committed,
    InboundMissed,
    Occurrence,
    PageCalled,
    RequestAnswered,
    SendAnswered,
    SendFailedLater,
    SendOutcome,
    WebhookAttempted,
    WebhookOutcome,
)
from wppmt.metrics.text import Family

SESSION = "session"
_SEND_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60)
_ACK_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_HTTP_BOUNDS = (0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30)
_COMMIT_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)


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


class Instruments:
    """Thread-safe. Histograms carry no session: five hundred times their lines would be read at every scrape."""

    def __init__(self) -> None:
        # A second number for each line, which nobody reads.
        disable_created_metrics()  # type: ignore[no-untyped-call] # it has no annotations
        self._restarts = Tally(
            "session_restarts_total", "Browsers opened anew, after a failure or by plan", SESSION, "reason"
        )
        self._sends = Tally(
            "sends_total", "Sends, by their first answer", SESSION, "outcome", known=tuple(SendOutcome)
        )
        self._failed_later = Tally(
            "sends_failed_later_total", "Sends that failed after an answer had said pending", SESSION
        )
        self._attempts = Tally(
            "webhook_attempts_total",
            "Attempts to deliver an event, by what came of each",
            SESSION,
            "outcome",
            known=tuple(WebhookOutcome),
        )
        self._attempts_failed = Tally(
            "webhook_attempts_failed_total", "Attempts without success, of all sessions"
        )
        self._missed = Tally(
            "inbound_missed_total", "Messages that no event had told of when they came; told late", SESSION
        )
        self._backups = Tally(
            "backups_total",
            "Backups of sessions, by what came of each",
            SESSION,
            "outcome",
            known=tuple(BackupOutcome),
        )
        self._requests = Tally("requests_total", "Requests answered, but for those of health and metrics")
        self._failures = Tally(
            "requests_failed_total",
            "Of wppmt_requests_total, with 5xx or a failed send; and sends that failed later",
        )
        self._registry = CollectorRegistry()
        self._send = self._histogram(
            "send_seconds", "From a send's request to its first answer", _SEND_BOUNDS
        )
        self._ack = self._histogram(
            "ack_seconds", "From a message's hand-over to the page to WhatsApp's acknowledgement", _ACK_BOUNDS
        )
        self._page = self._histogram(
            "page_seconds", "From a message's hand-over to the answer of WhatsApp's page", _ACK_BOUNDS
        )
        self._http = self._histogram(
            "http_request_seconds", "Requests of the API, by route and class of status", _HTTP_BOUNDS,
            "method", "route", "status",
        )  # fmt: skip
        self._response = self._histogram(
            "response_seconds", "Answers of wppmt_requests_total, without the wait for WhatsApp", _HTTP_BOUNDS
        )
        self._commit = self._histogram(
            "store_commit_seconds", "Commits of the store to the disk", _COMMIT_BOUNDS
        )

    def count(self, occurrence: Occurrence) -> None:  # noqa: C901 - one case an occurrence
        match occurrence:
            case RequestAnswered():
                self._answered(occurrence)
            case SendAnswered(session_id=session_id, outcome=outcome, seconds=seconds):
                self._sends.add(session_id, outcome)
                self._send.observe(seconds)
            case SendFailedLater(session_id=session_id):
                self._failed_later.add(session_id)
                self._failures.add()
            case Acknowledged(seconds=seconds):
                self._ack.observe(seconds)
            case PageCalled(began=began, ended=ended):
                self._page.observe(max(0.0, ended - began))
            case BrowserRestarted(session_id=session_id, reason=reason):
                self._restarts.add(session_id, reason)
            case WebhookAttempted(session_id=session_id, outcome=outcome):
                self._attempts.add(session_id, outcome)
                self._attempts_failed.add(by=outcome is not WebhookOutcome.DELIVERED)
            case InboundMissed(session_id=session_id, messages=messages):
                self._missed.add(session_id, by=messages)
            case BackupEnded(session_id=session_id, outcome=outcome):
                self._backups.add(session_id, outcome)
            case Committed(seconds=seconds):
                self._commit.observe(seconds)

    def families(self, sessions: Collection[str]) -> Iterator[Family]:
        """The counters, of these sessions alone."""
        for tally in (
            self._restarts, self._sends, self._failed_later, self._attempts, self._attempts_failed, self._missed,
            self._backups, self._requests, self._failures,
        ):  # fmt: skip
            yield tally.family(sessions)

    def histograms(self) -> str:
        """In the text format."""
        return generate_latest(self._registry).decode()

    def _answered(self, request: RequestAnswered) -> None:
        status = f"{request.status // 100}xx"
        self._http.labels(request.method, request.route, status).observe(request.seconds)
        if not request.by_watcher:
            self._requests.add()
            self._failures.add(by=request.failed)
            self._response.observe(request.seconds - request.waited)

    def _histogram(self, name: str, text: str, bounds: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"wppmt_{name}", text, labels, registry=self._registry, buckets=bounds)
