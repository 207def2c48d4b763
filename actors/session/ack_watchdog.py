"""Notices a connection that looks healthy but brings no acknowledgements. It probes the page, reloads it, restarts it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from actors.runtime.effects import Effect, Log
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.messages import Called, Timer
from actors.session.needs_person import NeedsPerson
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.screen import Screen
from actors.session.sending.queue import SendQueue
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork
from wppmt.domain.page_condition import PageCondition
from wppmt.domain.reasons import Reason
from wppmt.domain.states import Event


@dataclass(kw_only=True, eq=False)
class AckWatchdog:
    """`ack_sends` messages of which each has waited `ack_seconds`, and none handed since was acknowledged.

    The page itself sends again what it holds, so neither a reload nor a restart sends anything twice.
    """

    work: UnitOfWork
    page: Page
    screen: Screen
    browser: BrowserLifecycle
    sending: SendQueue
    needs_person: NeedsPerson
    timers: Timers
    policy: SessionPolicy
    _since: float = field(default=0.0, init=False)
    """Since when the page could be used without a break."""
    _was_usable: bool = field(default=False, init=False)
    _asked: bool = field(default=False, init=False)
    _tried: int = field(default=0, init=False)
    _doubted_at: float = field(default=0.0, init=False)

    def look(self, now: float) -> Iterator[Effect]:
        """At the end of every turn."""
        if self._tried and self.sending.last_ack > self._doubted_at:
            self._tried = 0
            self.screen.trust()
        usable = self.page.is_usable
        if usable and not self._was_usable:
            self._since = now
        self._was_usable = usable
        self._asked = self._asked and usable
        moment = self._moment() if usable and not self._asked else None
        if moment is None:
            self.timers.disarm(Timer.ACKS)
        elif not self.timers.is_armed(Timer.ACKS):
            yield self.timers.arm(Timer.ACKS, max(0.0, moment - now))

    def due(self, now: float) -> Iterator[Effect]:
        moment = self._moment()
        if moment is not None and moment <= now:
            self._asked = True
            yield self.browser.heartbeat.probe()

    def probed(self, now: float) -> Iterator[Effect]:
        """The page has answered the probe. If it still calls itself connected, the next measure is taken."""
        if not self._asked or self.screen.condition is not PageCondition.MAIN:
            return
        self._asked = False
        self._doubted_at = now
        self._tried += 1
        details = {"unacknowledged": len(self.sending.handed), "attempt": self._tried}
        yield Log("warning", "acks_missing", self.work.record.id, details)
        if self._tried == 1:
            yield from self._reload(now)
        elif self._tried == 2:
            yield from self.browser.fail(Reason.ACKS_MISSING, now, graceful=True)
        else:
            self.screen.distrust()
            yield from self.needs_person.give_up(Reason.ACKS_MISSING, now)
            yield self.timers.arm(Timer.TRUST, self.policy.ack_patience)

    def _reload(self, now: float) -> Iterator[Effect]:
        self.screen.distrust()
        yield from self.work.transition(now, Event.RESUMED, Reason.ACKS_MISSING)
        yield self.timers.arm(Timer.SCREEN, self.policy.screen_deadline)
        yield self.page.call(Called.RELOAD, "reload", {}, self.policy.call_deadline)

    def _moment(self) -> float | None:
        """When enough messages will have waited long enough."""
        last_ack = self.sending.last_ack
        handed = sorted(entry.handed_at or 0.0 for entry in self.sending.handed)
        waiting = [moment for moment in handed if moment > last_ack]
        if len(waiting) < self.policy.ack_sends:
            return None
        return max(waiting[self.policy.ack_sends - 1], self._since) + self.policy.ack_seconds
