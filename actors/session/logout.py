"""Logging out: unlink at WhatsApp if its page can be reached, then remove the profile, then, for a purge, forget."""

from __future__ import annotations

from collections.abc import Iterator

from actors.runtime.browser_effects import RemoveProfile
from actors.runtime.effects import Answer, Effect, Log, Reply
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.browser_phases import Phase
from actors.session.farewell import Farewell
from actors.session.messages import Called, ProfileRemoved, Timer
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork, error_payload
from wppmt.browser.port import CallFailure, CallResult
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import LoggedOut
from wppmt.domain.reasons import Reason
from wppmt.domain.states import Event
from wppmt.store.records import NO_LOGIN, Desired


class Logout:
    """At most one at a time; who asks meanwhile gets the same answer."""

    def __init__(
        self,
        work: UnitOfWork,
        page: Page,
        browser: BrowserLifecycle,
        timers: Timers,
        policy: SessionPolicy,
        farewell: Farewell,
    ) -> None:
        self.is_active = False
        self._work = work
        self._page = page
        self._browser = browser
        self._timers = timers
        self._policy = policy
        self._farewell = farewell
        self._replies: list[Reply] = []
        self._forgets = False
        self._unlinked = False
        self._asked_page = False
        self._is_removing = False
        """Only `profile_removed` goes on from here: a late message of the page must not remove a new browser's profile."""

    def begin(self, reply: Reply, now: float, *, forget: bool, on_main: bool) -> Iterator[Effect]:
        """The session is stopped from this moment on; a stopped one's browser is started to unlink it."""
        if self.is_active:
            yield from self.stay_stopped(now)
        else:
            yield from self._work.transition(now, Event.CLOSED, Reason.LOGGED_OUT, desired=Desired.STOPPED)
            yield from self._leave(on_main=on_main)
        self._replies.append(reply)
        self._forgets = self._forgets or forget

    def turn_out(self, now: float, *, on_main: bool) -> Iterator[Effect]:
        """Nobody asked for it: the wrong number was paired. Told once; the next daemon goes on with it."""
        told = [("error", error_payload(Reason.WRONG_PHONE))] if on_main else []
        yield from self._work.transition(
            now, Event.CLOSED, Reason.WRONG_PHONE, *told, desired=Desired.STOPPED, has_login=True
        )
        yield from self._leave(on_main=on_main)

    def _leave(self, *, on_main: bool) -> Iterator[Effect]:
        self.is_active = True
        self._unlinked = not self._work.record.has_login
        self._asked_page = self._forgets = self._is_removing = False
        if self._unlinked:
            yield from self._finish()
        else:
            yield self._timers.arm(Timer.LOGOUT, self._policy.logout_deadline)
            yield from self.on_main() if on_main else self._browser.open()

    def restart(self, now: float) -> Iterator[Effect]:
        """Start a browser afterwards, with whatever login is left. Committed, so that it survives a crash."""
        if self._forgets:
            # Nothing will be left to start; a session that is wanted would hold a place that nobody counts.
            return
        yield from self._work.write(now, desired=Desired.RUNNING)

    def stay_stopped(self, now: float) -> Iterator[Effect]:
        """Take back a restart that was asked for meanwhile."""
        yield from self._work.write(now, desired=Desired.STOPPED)

    def on_main(self) -> Iterator[Effect]:
        """WhatsApp's page is there: let it unlink this device."""
        if not self._asked_page:
            self._asked_page = True
            yield self._page.call(Called.LOGOUT, "logout", {}, self._policy.call_deadline)

    def on_qr(self) -> Iterator[Effect]:
        """Nobody is logged in here: there is nothing to unlink."""
        yield from self._finish()

    def answered(self, outcome: CallResult) -> Iterator[Effect]:
        self._unlinked = self._unlinked or not isinstance(outcome, CallFailure)
        yield from self._finish()

    def announced_by_page(self) -> None:
        """The page announces the logout itself, possibly before its call returns."""
        self._unlinked = True

    def remove_without_unlink(self) -> Iterator[Effect]:
        """The page can't be reached in time: remove the profile without unlinking; the answer says so."""
        if not self._is_removing:
            yield Log("warning", "logout_without_unlink", self._work.record.id)
            yield from self._remove()

    def browser_closed(self) -> Iterator[Effect]:
        yield from self._remove_profile()

    def profile_removed(self, removed: ProfileRemoved, now: float) -> Iterator[Effect]:
        """The last step; without the profile, or without a login in it, there is nothing left to log out of."""
        if not self.is_active:
            return
        self.is_active = False
        if self._forgets and removed.is_gone:
            self._work.forget()
            yield from self._farewell.say(*self._answer(LoggedOut(self._unlinked)))
            return
        if removed.is_gone or self._unlinked:
            reason = Reason.LOGGED_OUT if self._unlinked else Reason.NOT_UNLINKED
            if self._work.record.reason is Reason.WRONG_PHONE:
                reason = Reason.WRONG_PHONE
            yield from self._work.write(now, reason=reason, process=None, **NO_LOGIN)
        else:
            yield from self._work.write(now, reason=Reason.STOPPED)
        # A profile that is still on the disk must not be reported as deleted; a purge can be asked for again.
        is_done = removed.is_gone or (self._unlinked and not self._forgets)
        yield from self._answer(LoggedOut(self._unlinked) if is_done else Refusal(Code.OUTCOME_UNKNOWN))

    def _answer(self, value: LoggedOut | Refusal) -> Iterator[Effect]:
        for reply in self._replies:
            yield Answer(reply, value)
        self._replies.clear()

    def _finish(self) -> Iterator[Effect]:
        """Close the browser in order; the profile is removed when it is closed."""
        if self._is_removing:
            return
        if self._browser.phase in {Phase.NONE, Phase.QUEUED}:
            yield from self._remove()
        else:
            self._timers.disarm(Timer.LOGOUT)
            yield from self._browser.close()

    def _remove(self) -> Iterator[Effect]:
        """Kill the browser: in a profile that is removed nothing has to be flushed."""
        self._timers.disarm(Timer.LOGOUT)
        yield from self._browser.kill()
        yield from self._remove_profile()

    def _remove_profile(self) -> Iterator[Effect]:
        if not self._is_removing:
            self._is_removing = True
            yield RemoveProfile(self._work.record.id)
