"""Notices a login that is used elsewhere: WhatsApp's server closes the connection, and the page does not show it."""

from __future__ import annotations

from collections.abc import Iterator

from actors.runtime.effects import Effect, Log
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.messages import Called, Timer
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork, error_payload
from wppmt.browser.port import CallFailure, CallResult
from wppmt.domain.reasons import Reason
from wppmt.domain.states import Event

UNANSWERED = 2
"""After so many unanswered questions in a row the page counts as cut off."""


class ServerCheck:
    """Asks WhatsApp's server through a page that calls itself connected."""

    def __init__(
        self,
        work: UnitOfWork,
        page: Page,
        browser: BrowserLifecycle,
        timers: Timers,
        policy: SessionPolicy,
    ) -> None:
        self._work = work
        self._page = page
        self._browser = browser
        self._timers = timers
        self._policy = policy
        self._is_asking = False
        self._unanswered = 0
        self._answered_at = 0.0

    def look(self, now: float) -> Iterator[Effect]:
        """At the end of every turn: only a usable page is asked."""
        if not self._page.is_usable:
            self._timers.disarm(Timer.SERVER)
            self._is_asking, self._unanswered = False, 0
        elif not self._is_asking and not self._timers.is_armed(Timer.SERVER):
            if not self._unanswered:
                self._answered_at = now
            pause = self._policy.server_retry if self._unanswered else self._policy.server_seconds
            yield self._timers.arm(Timer.SERVER, pause)

    def ask(self) -> Iterator[Effect]:
        self._is_asking = True
        yield self._page.call(Called.SERVER, "ask_server", {}, self._policy.server_deadline)

    def answered(self, outcome: CallResult, now: float) -> Iterator[Effect]:
        """A failed call proves nothing about the server; the heartbeat deals with a page that does not answer."""
        if not self._is_asking:
            return
        self._is_asking = False
        if isinstance(outcome, CallFailure) or outcome["answered"]:
            self._unanswered = 0
            return
        self._unanswered += 1
        if self._unanswered >= UNANSWERED:
            yield from self.replaced(now)

    def replaced(self, now: float) -> Iterator[Effect]:
        """The login is taken back once, then left to the other side: two machines must not replace each other forever."""
        record = self._work.record
        is_again = record.retaken_at > 0 and self._answered_at - record.retaken_at < self._policy.retake_pause
        yield Log("warning", "login_replaced", record.id, {"again": is_again})
        if is_again:
            happening = ("error", error_payload(Reason.CONFLICT))
            yield from self._work.transition(now, Event.GAVE_UP, Reason.CONFLICT, happening)
            yield from self._browser.close()
        else:
            yield from self._work.write(now, retaken_at=now)
            yield from self._browser.fail(Reason.CONFLICT, now, graceful=True)
