"""The lifecycle of a session's browser: start slot, start, failure and backoff, stop."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from actors.runtime.browser_effects import (
    AdoptBrowser,
    CloseBrowser,
    EndLeftovers,
    KillBrowser,
    OpenBrowser,
    ProfileAction,
)
from actors.runtime.effects import Count, Effect, Log, Tell
from actors.session.browser_phases import COMING, RUNNING, Phase, Step, is_possible, next_phase
from actors.session.heartbeat import Heartbeat
from actors.session.messages import Haste, RestartFailed, SlotFreed, SlotWanted, Timer
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.screen import Screen
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork, error_payload
from wppmt.browser.port import NOTHING, LoginItems
from wppmt.domain.actions import Action
from wppmt.domain.messages import ROOT_ACTOR
from wppmt.domain.occurrences import BrowserRestarted
from wppmt.domain.process import Process
from wppmt.domain.reasons import Reason, sentence
from wppmt.domain.reconnect_delay import FAILURES_BEFORE_ERROR, reconnect_delay
from wppmt.domain.states import Event, State

FIRST_RESTART = 2
"""The failure in a row that ends the first restart; the one before it was answered at once."""


class BrowserLifecycle:
    """Drives one session's browsers, one generation after the other. Whatever ends one forgets what its page showed."""

    def __init__(
        self,
        work: UnitOfWork,
        page: Page,
        screen: Screen,
        timers: Timers,
        policy: SessionPolicy,
        random: Random,
    ) -> None:
        self.phase = Phase.NONE
        self._work = work
        self._page = page
        self._screen = screen
        self._timers = timers
        self._policy = policy
        self._random = random
        self.is_proven = False
        """This browser's page has shown the main screen: its login is worth a copy."""
        self._action = ProfileAction.NONE
        """What is done with the profile before the next start."""
        self._reopen = False
        self._haste = Haste.USUAL
        self._is_forced = False
        self.live_since = 0.0
        self.outdated = ""
        """Why this browser is not as a new one would be; empty: it is."""
        self.starts_linked = False
        """Its login was on the disk when it was started."""
        self.unsaved: LoginItems = NOTHING
        """What this browser must have written to the disk before it is ended."""
        self.heartbeat = Heartbeat(page, timers, policy)

    @property
    def is_live(self) -> bool:
        return self.phase is Phase.LIVE

    @property
    def is_adopting(self) -> bool:
        return self.phase is Phase.ADOPTING

    @property
    def is_running(self) -> bool:
        """There is a browser, and it is not on its way down."""
        return self.phase in RUNNING

    @property
    def is_closing(self) -> bool:
        return self.phase is Phase.CLOSING

    @property
    def is_expected(self) -> bool:
        """A browser is here to stay, or will come."""
        is_here = self.is_running or self.phase is Phase.QUEUED
        return is_here or self._reopen or self._timers.is_armed(Timer.RETRY)

    # What its page has shown of the login.

    def login_shown(self, *, is_new: bool) -> None:
        """The main screen; `is_new` when somebody has just linked a phone."""
        self.is_proven = True
        self.starts_linked = self.starts_linked and not is_new

    def login_ended(self) -> None:
        self.is_proven = False

    def must_save(self, items: LoginItems) -> None:
        """Before it is ended; NOTHING once that is on the disk."""
        self.unsaved = items

    # Starting.

    def succeed(self, generation: int) -> None:
        """Go on from the record of an earlier actor, whose browsers' messages are stale from now on."""
        self._next_browser(after=generation)

    def open(
        self, action: ProfileAction = ProfileAction.NONE, haste: Haste = Haste.USUAL
    ) -> Iterator[Effect]:
        """Ask Root for a start slot; a browser on its way down is waited for."""
        self._timers.disarm(Timer.RETRY)
        self._action, self._haste = action, haste
        if self.is_closing:
            self._reopen = True
        elif is_possible(self.phase, Step.WANTED):
            self._step(Step.WANTED)
            self._next_browser()
            yield self._want_slot()

    def hurry(self) -> Iterator[Effect]:
        """Somebody waits now for the browser that is to come."""
        self._haste = Haste.SOMEBODY_WAITS
        if self.phase is Phase.QUEUED:
            yield self._want_slot()

    def adopt(self, left: Process) -> Iterator[Effect]:
        """Take over what an earlier daemon left. Nothing starts, so this takes no slot."""
        self._step(Step.LEFT_BEHIND)
        yield AdoptBrowser(self._session_id, self._page.generation, left)
        yield self._timers.arm(Timer.OPEN, self._policy.adopt_deadline)

    def granted(self, generation: int, now: float) -> Iterator[Effect]:
        if generation == self._page.generation and self.phase in COMING:
            # `hurry` asked again while the first grant was on its way; the slot is in use.
            return
        if not is_possible(self.phase, Step.GRANTED) or generation != self._page.generation:
            yield Tell(ROOT_ACTOR, SlotFreed(self._session_id, generation))
            return
        yield from self._work.write(now, process=None)
        self._step(Step.GRANTED)
        self.is_proven = False
        self.starts_linked = self._work.record.has_login
        self.unsaved = NOTHING
        yield OpenBrowser(self._session_id, generation, self._action)
        yield self._timers.arm(Timer.OPEN, self._policy.open_deadline)

    def opened(self, process: Process, now: float, outdated: str = "") -> Iterator[Effect]:
        """The page has loaded; the bridge may have spoken already."""
        self.outdated = outdated
        self._timers.disarm(Timer.OPEN)
        yield from self._work.write(now, process=process)
        yield self._free_slot()
        if self.phase in COMING:
            yield self._timers.arm(Timer.ATTACH, self._policy.attach_deadline)

    def heard(self, now: float) -> Iterator[Effect]:
        """The page sent an event or a beat."""
        self.heartbeat.heard(now)
        if is_possible(self.phase, Step.HEARD):
            self._step(Step.HEARD)
            self.live_since = now
            self._timers.disarm(Timer.OPEN, Timer.ATTACH)
            yield self.heartbeat.expect_next()

    def heartbeat_due(self, now: float) -> Iterator[Effect]:
        if self.is_live:
            yield self.heartbeat.check(now)

    # Ending.

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
        yield Count(BrowserRestarted(record.id, reason))
        happenings = [("error", error_payload(Reason.RECONNECT_FAILED))] if gave_up else []
        shown = Reason.RECONNECT_FAILED if gave_up else reason
        yield from self._work.transition(
            now,
            Event.GAVE_UP if gave_up else Event.ATTEMPT_FAILED,
            record.reason if record.state is State.ERROR else shown,
            *happenings,
            failures=failures,
            quick_retry=False,
            process=None,
            restarts=record.restarts + 1,
        )
        self._work.audit(now, Action.RESTART_SESSION, reason.value)
        if failures == FIRST_RESTART:
            yield Tell(ROOT_ACTOR, RestartFailed(record.id, reason))
        yield self._timers.arm(Timer.RETRY, delay)

    def close(self, action: ProfileAction | None = None) -> Iterator[Effect]:
        """Stop in order, so that the login is flushed; a good login is copied unless `action` says otherwise."""
        self._stop_waiting()
        if not is_possible(self.phase, Step.CLOSED):
            return
        self._step(Step.CLOSED)
        if self.is_closing:
            what = action or (ProfileAction.KEEP_COPY if self.is_proven else ProfileAction.NONE)
            yield CloseBrowser(self._session_id, self._page.generation, what, self.unsaved)
            yield self._timers.arm(Timer.CLOSE, self._policy.close_deadline)
        else:
            yield self._free_slot()

    def exchange(self) -> Iterator[Effect]:
        """Stop in order, and start the next one when it is down."""
        yield from self.close()
        yield from self.open()

    def hold(self) -> Iterator[Effect]:
        """End a running browser; a start that was planned waits for a slot instead."""
        if self.is_running:
            yield from self.close(ProfileAction.NONE)
        if self.phase is not Phase.QUEUED and not self._reopen:
            yield from self.open()

    def end_leftovers(self) -> Iterator[Effect]:
        """An earlier daemon's browser is on its way down; a start meanwhile waits for it as for one of our own."""
        self._step(Step.CLEARED)
        yield EndLeftovers(self._session_id, self._page.generation)
        yield self._timers.arm(Timer.CLOSE, self._policy.close_deadline)

    def kill(self) -> Iterator[Effect]:
        """At once."""
        self._stop_waiting()
        if self.phase is not Phase.NONE:
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
        self.outdated = ""
        self._screen.forget()
        self._timers.disarm(Timer.CLOSE)
        self._is_forced = False
        self._step(Step.GONE)
        yield self._free_slot()
        self._next_browser()
        if self._reopen:
            self._reopen = False
            yield from self.open(self._action, self._haste)

    def _stop_waiting(self) -> None:
        self._screen.forget()
        self._timers.disarm(Timer.OPEN, Timer.ATTACH, Timer.BEAT, Timer.RETRY)
        self._reopen = False

    def _next_browser(self, *, after: int | None = None) -> None:
        """Kept with the record: what this actor has told Root of its slots must be stale to Root once another one takes over."""
        self._page.next_browser(after=after)
        if self._work.is_written:
            self._work.change(generation=self._page.generation)

    def _step(self, step: Step) -> None:
        self.phase = next_phase(self.phase, step)

    def _want_slot(self) -> Tell:
        return Tell(ROOT_ACTOR, SlotWanted(self._session_id, self._page.generation, self._haste))

    def _free_slot(self) -> Tell:
        return Tell(ROOT_ACTOR, SlotFreed(self._session_id, self._page.generation))

    @property
    def _session_id(self) -> str:
        return self._work.record.id
