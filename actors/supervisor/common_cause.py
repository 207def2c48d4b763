"""Many sessions that fail at the same time have one cause: one alert and one pause instead of a storm of restarts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from actors.session.messages import RestartFailed

WINDOW_SECONDS = 60.0
PAUSE_SECONDS = 30.0
AT_LEAST = 3


@dataclass(frozen=True, slots=True)
class Alert:
    """`reasons`: how many failed for each reason code."""

    sessions: frozenset[str]
    running: int
    reasons: dict[str, int]

    def __str__(self) -> str:
        why = ", ".join(f"{reason}: {count}" for reason, count in sorted(self.reasons.items()))
        return (
            f"{len(self.sessions)} de {self.running} sessões falharam no primeiro reinício ({why})."
            " Causa comum provável: verifique disco, memória, Chromium e rede"
        )


class CommonCause:
    """Of the sessions that should run, more than half fail their first restart within the window."""

    def __init__(self) -> None:
        self.alert: Alert | None = None
        """The last one, until `recovered`."""
        self._failed: dict[str, tuple[float, str]] = {}
        self._paused_until = 0.0

    def is_pausing(self, now: float) -> bool:
        return now < self._paused_until

    def note(self, failure: RestartFailed, running: int, now: float) -> Alert | None:
        """The alert, if this failure is the one that raises it; the pause begins with it."""
        self._failed[failure.session_id] = now, failure.reason.value
        self._failed = {name: seen for name, seen in self._failed.items() if now - seen[0] < WINDOW_SECONDS}
        if self.is_pausing(now) or len(self._failed) < AT_LEAST or 2 * len(self._failed) <= running:
            return None
        reasons = Counter(reason for _, reason in self._failed.values())
        self.alert = Alert(frozenset(self._failed), running, dict(reasons))
        self._failed.clear()
        self._paused_until = now + PAUSE_SECONDS
        return self.alert

    def recovered(self) -> None:
        self.alert = None
