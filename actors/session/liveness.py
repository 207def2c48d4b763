"""Notices a login that is used elsewhere: WhatsApp's server hangs up then, and its page shows nothing of it."""

from __future__ import annotations

from collections.abc import Iterator

from actors.runtime.effects import Effect, Log
from actors.session.browser_lifecycle import BrowserLifecycle, error_payload
from actors.session.messages import Called
from actors.session.page_calls import Page
from actors.session.page_state import PageState
from actors.session.policy import SessionPolicy
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import CallFailure, CallResult
from wppmt.domain.reasons import Reason
from wppmt.domain.states import Event

SERVER = "server"
UNANSWERED = 2
"""So many questions without an answer in a row, and the page talks to nobody."""


class Liveness:
    """Asks WhatsApp's server through a page that calls itself connected."""

    def __init__(
        self,
        work: UnitOfWork,
        page: Page,
        lifecycle: BrowserLifecycle,
        page_state: PageState,
        *,
        timers: Timers,
        policy: SessionPolicy,
    ) -> None:
        self._work = work
        self._page = page
        self._lifecycle = lifecycle
        self._page_state = page_state
        self._timers = timers
        self._policy = policy
        self._is_asking = False
        self._unanswered = 0
        self._answered_at = 0.0

    def look(self, now: float) -> Iterator[Effect]:
        """At the end of every turn: a page that knows itself to be cut off is asked nothing."""
        if not self._page.is_usable:
            self._timers.disarm(SERVER)
            self._is_asking, self._unanswered = False, 0
        elif not self._is_asking and not self._timers.is_armed(SERVER):
            if not self._unanswered:
                self._answered_at = now
            policy = self._policy
            yield self._timers.arm(SERVER, policy.server_retry if self._unanswered else policy.server_seconds)

    def ask(self) -> Iterator[Effect]:
        self._is_asking = True
        yield self._page.call(Called.SERVER, "ask_server", {}, self._policy.server_deadline)

    def answered(self, outcome: CallResult, now: float) -> Iterator[Effect]:
        """A page that cannot be asked proves nothing: the heartbeat looks after that."""
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
        """Taken back once. Two machines must not throw each other out for ever."""
        record = self._work.record
        is_again = record.retaken_at > 0 and self._answered_at - record.retaken_at < self._policy.retake_pause
        yield Log("warning", "login_replaced", record.id, {"again": is_again})
        self._page_state.reset()
        if is_again:
            told = ("error", error_payload(Reason.CONFLICT, recoverable=False))
            yield from self._work.move(now, Event.GAVE_UP, Reason.CONFLICT, told)
            yield from self._lifecycle.close()
        else:
            yield from self._work.write(now, retaken_at=now)
            yield from self._lifecycle.fail(Reason.CONFLICT, now, graceful=True)
