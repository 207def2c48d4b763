"""The lifecycle of a session's browser: start slot, start, failure and backoff, stop."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from random import Random

from actors.runtime.effects import (
    AdoptBrowser,
    CloseBrowser,
    Effect,
    EndLeftovers,
    KillBrowser,
    Log,
    OpenBrowser,
    ProfileAction,
    Tell,
)
from actors.session.heartbeat import BEAT, Heartbeat
from actors.session.messages import RestartFailed, SlotFreed, SlotWanted
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import NOTHING, LoginItems
from wppmt.domain.messages import ROOT
from wppmt.domain.process import Process
from wppmt.domain.reasons import RECOVERABLE, Reason, sentence
from wppmt.domain.reconnect_delay import FAILURES_BEFORE_ERROR, reconnect_delay
from wppmt.domain.states import Event, State

OPEN, ATTACH, CLOSE, RETRY = "open", "attach", "close", "retry"
FIRST_RESTART = 2
"""The failure in a row that ends the first restart; the one before it was answered at once."""


class BrowserPhase(StrEnum):
    """How far the browser is, in more detail than the seven public states."""

    NONE = "none"
    QUEUED = "queued"
    """Waiting for one of the few start slots."""
    OPENING = "opening"
    ADOPTING = "adopting"
    """An earlier daemon's browser is being taken over."""
    LIVE = "live"
    """The bridge in the page has spoken."""
    CLOSING = "closing"


COMING = {BrowserPhase.OPENING, BrowserPhase.ADOPTING}
"""On its way to LIVE."""


class BrowserLifecycle:
    """Drives one session's browsers, one generation after the other."""

    def __init__(
        self, work: UnitOfWork, page: Page, timers: Timers, policy: SessionPolicy, random: Random
    ) -> None:
        self.phase = BrowserPhase.NONE
        self._work = work
        self._page = page
        self._timers = timers
        self._policy = policy
        self._random = random
        self.is_proven = False
        """This browser's page has shown the main screen: its login is worth a copy."""
        self._action = ProfileAction.NONE
        """What is done with the profile before the next start."""
        self._reopen = False
        self._is_forced = False
        self.live_since = 0.0
        self.starts_linked = False
        """Its login was on the disk when it was started."""
        self.unsaved: LoginItems = NOTHING
        """What this browser must have written to the disk before it is ended."""
        self.heartbeat = Heartbeat(page, timers, policy)

    @property
    def is_live(self) -> bool:
        return self.phase is BrowserPhase.LIVE

    @property
    def is_adopting(self) -> bool:
        return self.phase is BrowserPhase.ADOPTING

    def open(self, action: ProfileAction = ProfileAction.NONE) -> Iterator[Effect]:
        """Ask Root for a start slot; a browser on its way down is waited for."""
        self._timers.disarm(RETRY)
        self._action = action
        if self.phase is BrowserPhase.CLOSING:
            self._reopen = True
        elif self.phase is BrowserPhase.NONE:
            self.phase = BrowserPhase.QUEUED
            self._page.generation += 1
            yield Tell(ROOT, SlotWanted(self._session_id, self._page.generation))

    def adopt(self, left: Process) -> Iterator[Effect]:
        """Take over what an earlier daemon left. Nothing starts, so this takes no slot."""
        self.phase = BrowserPhase.ADOPTING
        yield AdoptBrowser(self._session_id, self._page.generation, left)
        yield self._timers.arm(OPEN, self._policy.adopt_deadline)

    def granted(self, generation: int, now: float) -> Iterator[Effect]:
        if self.phase is not BrowserPhase.QUEUED or generation != self._page.generation:
            yield Tell(ROOT, SlotFreed(self._session_id, generation))
            return
        yield from self._work.write(now, generation=generation, process=None)
        self.phase = BrowserPhase.OPENING
        self.is_proven = False
        self.starts_linked = self._work.record.has_login
        self.unsaved = NOTHING
        yield OpenBrowser(self._session_id, generation, self._action)
        yield self._timers.arm(OPEN, self._policy.open_deadline)

    def opened(self, process: Process, now: float) -> Iterator[Effect]:
        """The page has loaded; the bridge may have spoken already."""
        self._timers.disarm(OPEN)
        yield from self._work.write(now, generation=self._page.generation, process=process)
        yield self._free_slot()
        if self.phase in COMING:
            yield self._timers.arm(ATTACH, self._policy.attach_deadline)

    def heard(self, now: float) -> Iterator[Effect]:
        """The page sent an event or a beat."""
        self.heartbeat.heard(now)
        if self.phase in COMING:
            self.phase = BrowserPhase.LIVE
            self.live_since = now
            self._timers.disarm(OPEN, ATTACH)
            yield self.heartbeat.expect_next()

    def check_heartbeat(self, now: float) -> Iterator[Effect]:
        if self.is_live:
            yield self.heartbeat.check(now)

    def fail(
        self, reason: Reason, now: float, *, detail: str = "", graceful: bool = False
    ) -> Iterator[Effect]:
        """The attempt has failed: end the browser, record why, and try again by the schedule (docs/contract.md 4).

        `graceful` uses the stop ladder, for a browser that still answers.
        """
        yield from self.close() if graceful else self.kill()
        record = self._work.record
        failures = record.failures + 1
        gave_up = failures == FAILURES_BEFORE_ERROR
        delay = reconnect_delay(earned_immediate=record.quick_retry, random=self._random)
        details = {
            "reasonCode": reason.value,
            "reason": sentence(reason),
            "detail": detail,
            "failures": failures,
            "retrySeconds": round(delay, 1),
        }
        yield Log("warning", "browser_failed", record.id, details)
        happenings = [("error", error_payload(Reason.RECONNECT_FAILED))] if gave_up else []
        shown = Reason.RECONNECT_FAILED if gave_up else reason
        yield from self._work.move(
            now,
            Event.GAVE_UP if gave_up else Event.ATTEMPT_FAILED,
            record.reason if record.state is State.ERROR else shown,
            *happenings,
            failures=failures,
            quick_retry=False,
            process=None,
            restarts=record.restarts + 1,
        )
        if failures == FIRST_RESTART:
            yield Tell(ROOT, RestartFailed(record.id, reason))
        yield self._timers.arm(RETRY, delay)

    def close(self, action: ProfileAction | None = None) -> Iterator[Effect]:
        """Stop in order, so that the login is flushed; a good login is copied unless `action` says otherwise."""
        self._timers.disarm(OPEN, ATTACH, BEAT, RETRY)
        self._reopen = False
        if self.phase is BrowserPhase.QUEUED:
            self.phase = BrowserPhase.NONE
        elif self.phase in {*COMING, BrowserPhase.LIVE}:
            self.phase = BrowserPhase.CLOSING
            usual = ProfileAction.KEEP_COPY if self.is_proven else ProfileAction.NONE
            what = usual if action is None else action
            yield CloseBrowser(self._session_id, self._page.generation, what, self.unsaved)
            yield self._timers.arm(CLOSE, self._policy.close_deadline)

    @property
    def is_expected(self) -> bool:
        """A browser is here to stay, or will come."""
        is_here = self.phase in {BrowserPhase.QUEUED, *COMING, BrowserPhase.LIVE}
        return is_here or self._reopen or self._timers.is_armed(RETRY)

    def hold(self) -> Iterator[Effect]:
        """End a running browser; a start that was planned waits for a slot instead."""
        if self.phase in {*COMING, BrowserPhase.LIVE}:
            yield from self.close(ProfileAction.NONE)
        if self.phase is not BrowserPhase.QUEUED and not self._reopen:
            yield from self.open()

    def end_leftovers(self) -> Iterator[Effect]:
        """An earlier daemon's browser is on its way down; a start meanwhile waits for it as for one of our own."""
        self.phase = BrowserPhase.CLOSING
        yield EndLeftovers(self._session_id, self._page.generation)
        yield self._timers.arm(CLOSE, self._policy.close_deadline)

    def kill(self) -> Iterator[Effect]:
        """At once."""
        self._timers.disarm(OPEN, ATTACH, BEAT, RETRY)
        self._reopen = False
        if self.phase is not BrowserPhase.NONE:
            yield KillBrowser(self._session_id)
            yield from self.closed()

    def closing_is_late(self) -> Iterator[Effect]:
        """Kill the browser. If ending an earlier daemon's browser was what hung, that is tried once more."""
        yield KillBrowser(self._session_id)
        if self._is_forced:
            yield from self.closed()
        else:
            self._is_forced = True
            yield from self.end_leftovers()

    def closed(self) -> Iterator[Effect]:
        """No process is left; later messages of this browser are stale."""
        self._timers.disarm(CLOSE)
        self._is_forced = False
        self.phase = BrowserPhase.NONE
        yield self._free_slot()
        self._page.generation += 1
        if self._reopen:
            self._reopen = False
            yield from self.open(self._action)

    def _free_slot(self) -> Tell:
        return Tell(ROOT, SlotFreed(self._session_id, self._page.generation))

    @property
    def _session_id(self) -> str:
        return self._work.record.id


def error_payload(reason: Reason, missing: str = "") -> dict[str, object]:
    """The payload of an `error` event (docs/MULTI_TENANT_ARCHITECTURE.md 5.2)."""
    return {"error": sentence(reason, missing), "code": reason.value, "recoverable": reason in RECOVERABLE}
