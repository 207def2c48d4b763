"""Hibernation: the browser of a session that nobody uses is closed in order, and opened again when somebody does.

The session stays `connected`, with reason HIBERNATING, which is all that tells it: whatever else becomes of the session
writes another reason, and so ends it. Its messages wait for the wake; what came in meanwhile is found by the audit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from actors.runtime.browser_effects import DropCaches
from actors.runtime.effects import Effect, Log
from actors.session.arrivals import Arrivals
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.closing import Closing
from actors.session.inbound_audit import InboundAudit
from actors.session.messages import Haste, Timer
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.queries import Queries
from actors.session.sending.examination import Examination
from actors.session.sending.queue import SendQueue
from actors.session.sending.strangers import Strangers
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork
from actors.session.waiting_room import WaitingRoom
from wppmt.domain.actions import Action
from wppmt.domain.hibernation import LONG_STAY, Cause, HibernationPlan
from wppmt.domain.reasons import Reason
from wppmt.domain.states import Event
from wppmt.domain.times import iso

LOOK_AGAIN_SECONDS = 5.0
LONGEST_TIMER = 3600.0
"""The clock may be set meanwhile."""
OVERDUE_SPREAD = 600.0
"""After a stop of the service many may be overdue; they wake one after the other."""


@dataclass(kw_only=True, eq=False)
class Hibernation:
    """Its plan is the record's; without one the session never hibernates."""

    work: UnitOfWork
    page: Page
    browser: BrowserLifecycle
    sending: SendQueue
    examination: Examination
    strangers: Strangers
    queries: Queries
    arrivals: Arrivals
    inbound_audit: InboundAudit
    waiting_room: WaitingRoom
    closing: Closing
    timers: Timers
    policy: SessionPolicy
    random: Random
    _used_at: float = field(default=0.0, init=False)
    """When somebody last asked for something that needs the page."""
    _is_scheduled: bool = field(default=False, init=False)
    """The browser that runs, or is to come, was woken by the schedule alone."""
    _waking_since: float = field(default=0.0, init=False)
    """0 where it is not on its way."""

    def used(self, now: float) -> None:
        """Somebody needs the page."""
        self._used_at = now

    def plan_changed(self, plan: HibernationPlan | None, now: float) -> Iterator[Effect]:
        """`look` goes by the new one."""
        self.timers.disarm(Timer.HIBERNATION)
        record = self.work.record
        wake_at = record.wake_at
        if plan and record.is_hibernating:
            wake_at = plan.wake_at(record.asleep_since, self._zone, self.random)
        yield from self.work.write(now, hibernate=plan, wake_at=wake_at)

    def look(self, now: float) -> Iterator[Effect]:
        """At the end of every turn."""
        if self.work.record.is_hibernating:
            yield from self._look_asleep(now)
        else:
            self.timers.disarm(Timer.WAKING)
            yield from self._look_awake(now)

    def due(self, now: float) -> Iterator[Effect]:
        """Whoever is not ready yet is looked at again: `look` arms the timer anew."""
        if self.work.record.is_hibernating:
            if now >= self.work.record.wake_at:
                yield from self.wake(Cause.SCHEDULE, now)
        elif (plan := self._plan) and self._is_quiet and now >= self._may_sleep_at(plan):
            yield from self._sleep(plan, Cause.IDLE, now)

    def late(self, now: float) -> Iterator[Effect]:
        """Those who wait are told; the attempt goes on."""
        if self.work.record.is_hibernating:
            yield from self.work.transition(now, Event.RESUMED, Reason.WAKING)

    def memory_short(self, now: float) -> Iterator[Effect]:
        """The machine lacks memory: what can be spared goes, outside the customer's hours the browser, too."""
        if self.browser.is_live:
            yield DropCaches(self.work.record.id, self.page.generation)
        plan = self._plan
        if plan is None or not self._is_quiet or plan.is_awake_hour(now, self._zone):
            return
        if now - self._last_use >= min(self.policy.idle_seconds, plan.idle_minutes * 60):
            yield from self._sleep(plan, Cause.MEMORY, now)

    def wake(self, cause: Cause, now: float) -> Iterator[Effect]:
        """Nothing to do where it is awake, or on its way for somebody."""
        if not self.work.record.is_hibernating or self.closing.keeps_down:
            return
        is_needed = cause is not Cause.SCHEDULE
        if is_needed:
            self.used(now)
        if self.browser.is_expected:
            if is_needed and self._is_scheduled:
                yield from self.browser.hurry()
                yield self._expect(now)
            return
        self.timers.disarm(Timer.HIBERNATION)
        self._is_scheduled = not is_needed
        record = self.work.record
        self._waking_since = now
        self.work.audit(now, Action.WAKE_SESSION, cause.value)
        yield Log("info", "waking", record.id, {"cause": cause.value, "since": iso(record.asleep_since)})
        yield from self.browser.open(haste=Haste.SOMEBODY_WAITS if is_needed else Haste.SCHEDULED)
        if is_needed:
            yield self._expect(now)

    def _expect(self, now: float) -> Effect:
        self._is_scheduled = False
        self.used(now)
        return self.timers.arm(Timer.WAKING, self.policy.wake_deadline)

    def _look_asleep(self, now: float) -> Iterator[Effect]:
        if self.closing.keeps_down:
            return
        if len(self.sending) or len(self.waiting_room):
            yield from self.wake(Cause.REQUEST, now)
        elif self._plan is None:
            yield from self.wake(Cause.OPERATOR, now)
        elif not (self.browser.is_expected or self.timers.is_armed(Timer.HIBERNATION)):
            left = self.work.record.wake_at - now
            yield self._look_in(left if left > 0 else self.random.uniform(0, OVERDUE_SPREAD))

    def _look_awake(self, now: float) -> Iterator[Effect]:
        yield from self._tell_awake(now)
        plan = self._plan
        if plan is None or not self.page.is_usable:
            self.timers.disarm(Timer.HIBERNATION)
        elif not self.timers.is_armed(Timer.HIBERNATION):
            yield self._look_in(max(self._may_sleep_at(plan) - now, LOOK_AGAIN_SECONDS))

    def _tell_awake(self, now: float) -> Iterator[Effect]:
        if self._waking_since and self.page.is_usable:
            yield Log("info", "awake", self.work.record.id, {"seconds": round(now - self._waking_since, 1)})
        self._waking_since = 0.0

    def _look_in(self, seconds: float) -> Effect:
        return self.timers.arm(Timer.HIBERNATION, min(seconds, LONGEST_TIMER))

    def _sleep(self, plan: HibernationPlan, cause: Cause, now: float) -> Iterator[Effect]:
        record = self.work.record
        was_long = now - self.browser.live_since >= LONG_STAY
        wake_at = plan.wake_at(now, self._zone, self.random)
        self.timers.disarm(Timer.HIBERNATION)
        yield from self.work.write(
            now,
            reason=Reason.HIBERNATING,
            asleep_since=now,
            wake_at=wake_at,
            long_awake_at=now if was_long else record.long_awake_at,
        )
        self.work.audit(now, Action.HIBERNATE_SESSION, cause.value)
        yield Log("info", "hibernating", record.id, {"cause": cause.value, "nextWake": iso(wake_at)})
        yield from self.browser.close()

    def _may_sleep_at(self, plan: HibernationPlan) -> float:
        woken_at = self.browser.live_since
        if self._is_scheduled and self._last_use <= woken_at:
            stay = plan.stay(woken_at, self.work.record.long_awake_at)
            return plan.after_hours(woken_at + stay, self._zone)
        return plan.may_sleep_at(self._last_use, self._zone)

    @property
    def _last_use(self) -> float:
        record = self.work.record
        return max(record.last_activity or 0.0, self._used_at, self.browser.live_since, record.since)

    @property
    def _is_quiet(self) -> bool:
        """Nothing is under way, and nothing would be lost."""
        under_way = len(self.sending.handed) + len(self.examination)
        return (
            self.work.record.login_saved
            and self.sending.is_idle  # its page can be used, so it is connected
            and self.page.is_caught_up
            and self.page.inventory.is_whole
            and not under_way
            and self.queries.is_idle
            and self.arrivals.is_idle
            and self.inbound_audit.is_settled
        )

    @property
    def _plan(self) -> HibernationPlan | None:
        return self.work.record.hibernate

    @property
    def _zone(self) -> str:
        return self.strangers.policy.time_zone
