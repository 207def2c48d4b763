"""Many sessions that fail at the same time have one cause: one judgement and one pause instead of a storm of restarts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from actors.session.messages import RestartFailed
from wppmt.domain.overview import CommonFailure
from wppmt.store.records import SessionStatus

WINDOW_SECONDS = 60.0
PAUSE_SECONDS = 30.0
AT_LEAST = 3


class CommonCause:
    """Of the sessions that should run, more than half fail their first restart within the window."""

    def __init__(self) -> None:
        self.failure: CommonFailure | None = None
        """The last one, until it is over."""
        self._failed: dict[str, tuple[float, str]] = {}
        self._paused_until = 0.0

    def is_pausing(self, now: float) -> bool:
        return now < self._paused_until

    def note(self, failure: RestartFailed, running: int, now: float) -> CommonFailure | None:
        """What they share, if this failure is the one that shows it; the pause begins with it."""
        self._failed[failure.session_id] = now, failure.reason.value
        self._failed = {name: seen for name, seen in self._failed.items() if now - seen[0] < WINDOW_SECONDS}
        if self.is_pausing(now) or len(self._failed) < AT_LEAST or 2 * len(self._failed) <= running:
            return None
        reasons = Counter(reason for _, reason in self._failed.values())
        self.failure = CommonFailure(frozenset(self._failed), running, dict(reasons))
        self._failed.clear()
        self._paused_until = now + PAUSE_SECONDS
        return self.failure

    def look(self, wanted: set[str], status: Callable[[str], SessionStatus | None]) -> None:
        """It is over when every session that failed is healthy or no longer wanted."""
        found = [status(name) for name in self.failure.sessions & wanted] if self.failure else []
        if not any(one.record.failures for one in found if one):
            self.failure = None
