"""A browser over its memory budget, or whose login is due for a copy, is exchanged for a new one in a quiet moment.

Over the hard limit of memory, at once.
"""

from __future__ import annotations

from collections.abc import Iterator

from actors.runtime.effects import Count, Effect, Log
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.messages import Timer
from actors.session.policy import SessionPolicy
from actors.session.sending.queue import SendQueue
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork
from wppmt.domain.log import LogLevel
from wppmt.domain.occurrences import BrowserRestarted
from wppmt.domain.reasons import Reason
from wppmt.domain.states import Event, State

LOOK_AGAIN_SECONDS = 10.0


class Recycling:
    """Waits for a moment without messages, except over the hard limit."""

    def __init__(
        self,
        work: UnitOfWork,
        browser: BrowserLifecycle,
        sending: SendQueue,
        timers: Timers,
        policy: SessionPolicy,
    ) -> None:
        self._work = work
        self._browser = browser
        self._sending = sending
        self._timers = timers
        self._policy = policy
        self._memory_mb = 0
        self._last = 0.0

    def measured(self, memory_mb: int, now: float) -> Iterator[Effect]:
        """What the session's processes hold now."""
        self._memory_mb = memory_mb
        self._timers.disarm(Timer.RECYCLE)
        yield from self.look(now)

    def look(self, now: float) -> Iterator[Effect]:
        budget = self._policy.memory_mb
        is_over = 0 < budget < self._memory_mb
        if not (is_over or self._is_copy_due(now)) or not self._may(now):
            return
        is_urgent = is_over and self._memory_mb > (self._policy.memory_hard_mb or 2 * budget)
        if is_urgent or self._is_idle(now):
            yield from self._recycle(Reason.RECYCLED if is_over else Reason.LOGIN_COPY, now)
        else:
            yield self._timers.arm(Timer.RECYCLE, LOOK_AGAIN_SECONDS)

    def _is_copy_due(self, now: float) -> bool:
        """Copies can only be taken from a browser that was stopped."""
        seconds = self._policy.copy_seconds
        return bool(seconds) and self._browser.is_live and now - self._browser.live_since >= seconds

    def _may(self, now: float) -> bool:
        """A budget that is too small for any browser must not restart them all the time."""
        stopped = self._work.record.state is State.DISCONNECTED
        return self._browser.is_live and not stopped and now - self._last >= self._policy.recycle_pause

    def _is_idle(self, now: float) -> bool:
        record = self._work.record
        last = max(record.last_activity or 0.0, record.since)
        quiet = now - last >= self._policy.idle_seconds
        return (
            record.state is State.CONNECTED and quiet and self._sending.is_idle and not self._sending.handed
        )

    def _recycle(self, reason: Reason, now: float) -> Iterator[Effect]:
        self._last = now
        details = {"memoryMb": self._memory_mb, "budgetMb": self._policy.memory_mb}
        level: LogLevel = "warning" if reason is Reason.RECYCLED else "info"
        yield Log(level, "recycled", self._work.record.id, {"reason": reason.value, **details})
        self._memory_mb = 0
        yield from self._exchange(reason, now)

    def open_anew(self, why: Reason, now: float) -> Iterator[Effect]:
        """With what is meant for it now, also where the next attempt is not due yet. Without a browser to come, nothing is done."""
        if self._browser.is_expected:
            record = self._work.record
            reason = record.reason if record.state is State.ERROR else why
            yield from self._exchange(reason, now)

    def _exchange(self, reason: Reason, now: float) -> Iterator[Effect]:
        yield Count(BrowserRestarted(self._work.record.id, reason))
        yield from self._work.transition(now, Event.RESUMED, reason)
        yield from self._browser.exchange()
