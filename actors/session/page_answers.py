"""Passes the outcome of each call into a session's page to the part that made it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from actors.runtime.effects import Effect
from actors.session.ack_watchdog import AckWatchdog
from actors.session.arrivals import Arrivals
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.interruptions import Interruptions
from actors.session.login_saving import LoginSaving
from actors.session.logout import Logout
from actors.session.messages import Called, PageAnswered
from actors.session.page_calls import Page
from actors.session.page_event_cursor import PageEventCursor
from actors.session.page_events import PageEvents
from actors.session.pairing import Pairing
from actors.session.queries import Queries
from actors.session.reception import Reception
from actors.session.sending.acceptance import Acceptance
from actors.session.sending.new_contacts import NewContacts
from actors.session.sending.queue import SendQueue
from actors.session.server_check import ServerCheck
from wppmt.browser.port import CallFailure, CallResult
from wppmt.domain.page_condition import Facts
from wppmt.domain.reasons import Reason

OF_ANY_BROWSER = {
    Called.UPLOAD,
    Called.SEND,
    Called.FIND,
    Called.LOGOUT,
    Called.QUERY,
    Called.ARRIVAL,
    Called.STANDS,
}
"""These count also when their browser is gone; any other would be taken for an answer of the current one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAnswers:
    page: Page
    browser: BrowserLifecycle
    interruptions: Interruptions
    page_events: PageEvents
    cursor: PageEventCursor
    sending: SendQueue
    acceptance: Acceptance
    new_contacts: NewContacts
    reception: Reception
    arrivals: Arrivals
    queries: Queries
    pairing: Pairing
    logout: Logout
    watchdog: AckWatchdog
    server_check: ServerCheck
    login_saving: LoginSaving

    def answered(self, answer: PageAnswered, now: float) -> Iterator[Effect]:
        """The outcome of a call into the page."""
        if answer.generation == self.page.generation or answer.call in OF_ANY_BROWSER:
            yield from self._pass_on(answer, now)

    def _pass_on(self, answer: PageAnswered, now: float) -> Iterator[Effect]:  # noqa: C901, PLR0912 - one case a call
        match answer.call:
            case Called.UPLOAD:
                yield from self.sending.uploaded(answer, now)
            case Called.SEND | Called.FIND:
                yield from self.sending.answered(answer, now)
            case Called.LOGOUT:
                if self.logout.is_active:
                    yield from self.logout.answered(answer.outcome)
            case Called.QUERY:
                yield from self.queries.answered(answer)
            case Called.STANDS:
                yield from self.acceptance.examined(answer, now)
            case Called.LIMITS:
                yield from self.new_contacts.answered(answer.outcome, now)
            case Called.ARRIVAL:
                yield from self.arrivals.answered(answer)
            case Called.AUDIT:
                yield from self.reception.audited(answer.outcome, now)
            case Called.REREAD:
                yield from self.page_events.missed(answer.outcome, now)
            case Called.PROBE:
                yield from self._probe_answered(answer.outcome, now)
            case Called.BATCH:
                yield from self.pairing.batch_answered(answer.outcome)
            case Called.PAIRING:
                yield from self.pairing.code_answered(answer.outcome, now)
            case Called.SERVER:
                yield from self.server_check.answered(answer.outcome, now)
            case Called.LOGIN:
                yield from self.login_saving.answered(answer.outcome)
            case Called.TYPING | Called.RELOAD | Called.FILTER:
                # What follows is told by a timer, or by the new page.
                pass
            case _:
                assert_never(answer.call)

    def _probe_answered(self, outcome: CallResult, now: float) -> Iterator[Effect]:
        heartbeat = self.browser.heartbeat
        if isinstance(outcome, CallFailure):
            yield from self._probe_failed(now)
            return
        yield heartbeat.probe_answered(now)
        if heartbeat.is_mute:
            yield from self.interruptions.lost(Reason.CHANNEL_SILENT, now, graceful=True)
            return
        # Events that did not get through are in its ring.
        yield from self.cursor.catch_up()
        yield from self.page_events.judge(Facts.of(outcome), now)
        yield from self.watchdog.probed(now)

    def _probe_failed(self, now: float) -> Iterator[Effect]:
        if self.browser.heartbeat.probe_failed():
            yield self.browser.heartbeat.probe()
        else:
            yield from self.interruptions.lost(Reason.BROWSER_HUNG, now)
