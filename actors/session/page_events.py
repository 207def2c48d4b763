"""Passes events and beats of a session's page to the part that they are for, in order and without a gap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actors.runtime.effects import Effect, Log
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.inbound_audit import InboundAudit
from actors.session.interruptions import Interruptions
from actors.session.links import Links
from actors.session.logout import Logout
from actors.session.page_calls import Page
from actors.session.page_conditions import PageConditions
from actors.session.page_event_cursor import PageEventCursor
from actors.session.pairing import Pairing, ShownCode
from actors.session.readiness import Readiness
from actors.session.reception import TOLD, Reception
from actors.session.screen import Screen
from actors.session.sending.new_contacts import NewContacts
from actors.session.sending.queue import SendQueue
from actors.session.server_check import ServerCheck
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import Beat, CallResult, ChannelClosed, Notice, PageEvent
from wppmt.domain.page_condition import Facts, PageCondition, classify_page
from wppmt.domain.reasons import Reason
from wppmt.store.records import LinkEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class PageEvents:
    work: UnitOfWork
    page: Page
    screen: Screen
    browser: BrowserLifecycle
    interruptions: Interruptions
    cursor: PageEventCursor
    page_conditions: PageConditions
    readiness: Readiness
    inbound_audit: InboundAudit
    reception: Reception
    pairing: Pairing
    links: Links
    logout: Logout
    server_check: ServerCheck
    sending: SendQueue
    new_contacts: NewContacts

    def noticed(self, notice: Notice, at: float, now: float) -> Iterator[Effect]:
        """A notice of the current browser, which came at `at`."""
        self.inbound_audit.noticed(at)
        if isinstance(notice, ChannelClosed):
            why = Reason.RESOURCE_LIMIT if notice.for_memory else Reason.BROWSER_CRASHED
            yield from self.interruptions.lost(why, now, detail=notice.detail)
        elif isinstance(notice, PageEvent) or _says_something(Facts.of(notice.facts)):
            yield from self._from_page(notice, now)

    def missed(self, outcome: CallResult, now: float) -> Iterator[Effect]:
        """Events that were read again from the page's ring."""
        for event in self.cursor.missed(outcome):
            yield from self._in_order(event, now)

    def judge(self, facts: Facts, now: float) -> Iterator[Effect]:
        if not self.browser.is_live:
            # While the browser stops, messages and acknowledgements count, what the screen shows does not.
            return
        is_main = classify_page(facts) is PageCondition.MAIN
        if self.logout.is_active:
            if is_main:
                yield from self.logout.on_main()
        elif is_main and self.links.is_wrong(facts.phone):
            yield from self._turn_out(now)
        elif not (is_main and self.links.lacks(facts.phone)):
            yield from self.page_conditions.judge(facts, now)
            if self.screen.condition is PageCondition.CONFLICT:
                yield from self.server_check.replaced(now)

    def _turn_out(self, now: float) -> Iterator[Effect]:
        """Another number than the pairing link's: it is unlinked before anything is sent or received."""
        yield from self.links.end(LinkEnd.WRONG_PHONE, now)
        self.screen.forget()
        yield from self.logout.turn_out(now, on_main=True)

    def _from_page(self, notice: Beat | PageEvent, now: float) -> Iterator[Effect]:
        if self.cursor.turns(notice):
            yield from self.page_conditions.turned()
            self.readiness.page_lost()
        yield from self.browser.heard(now)
        if isinstance(notice, PageEvent):
            yield from self._in_order(notice, now)
        else:
            yield from self._on_beat(notice, now)

    def _on_beat(self, beat: Beat, now: float) -> Iterator[Effect]:
        yield from self.judge(Facts.of(beat.facts), now)
        if self.page_conditions.lacks_its_code:
            yield from self.cursor.read_anew()
        else:
            yield from self.cursor.compare(beat)

    def _in_order(self, event: PageEvent, now: float) -> Iterator[Effect]:
        if self.cursor.is_next(event):
            yield from self._on_event(event, now)
            self.cursor.heard(event)
        elif event.name == "qr_changed" and self.cursor.was_heard(event):
            yield from self.page_conditions.recall_qr(ShownCode.of(event.data, now), now)
        else:
            yield from self.cursor.reread(event)

    def _on_event(self, event: PageEvent, now: float) -> Iterator[Effect]:  # noqa: C901, PLR0912 - one case an event
        data = event.data
        match event.name:
            case "ready" | "facts_changed":
                yield from self.judge(Facts.of(data["facts"]), now)
                if self.page_conditions.lacks_its_code:
                    # It was adopted before wa-js was there to tell what the page shows.
                    yield from self.cursor.read_anew()
            case "qr_changed" if self.logout.is_active:
                yield from self.logout.on_qr()
            case "qr_changed" if self.browser.is_live:
                yield from self.page_conditions.show_qr(ShownCode.of(data, now), now)
            case "pairing_code_changed" if self.browser.is_live:
                yield from self.pairing.show_code(str(data["code"]), now)
            case "logged_out":
                self.logout.announced_by_page()
                yield from self.page_conditions.logged_out(str(data.get("reason", "")), now)
            case "pairing_refused":
                yield from self.pairing.refused(now)
            case "news_dismissed":
                yield Log("info", "news_dismissed", self.work.record.id)
            case name if name in TOLD:
                yield from self.reception.heard(event, now)
            case "ack_changed":
                ack, to = int(data["ack"]), str(data.get("to", ""))
                yield from self.sending.acknowledged(str(data["id"]), ack, to, now)
            case "send_failed":
                reason = str(data.get("reason", ""))
                yield from self.sending.failed(str(data["id"]), reason, now, data.get("until"))
            case "unheard":
                yield from self.inbound_audit.suspected()
            case "limits_changed":
                yield from self.new_contacts.update(data, now)
            case _:
                # Other events repeat what the facts say.
                pass


def _says_something(facts: Facts) -> bool:
    """wa-js is there, or the page is sure that it will not be. Until then the attach deadline goes on."""
    return facts.ready or facts.inventory is not None
