"""Makes a session's parts, each with what it uses, and puts them together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from random import Random
from typing import TypeVar

from actors.session.ack_watchdog import AckWatchdog
from actors.session.actor import SessionMind
from actors.session.arrivals import Arrivals
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.browser_news import BrowserNews
from actors.session.chat_filter import ChatFilter
from actors.session.closing import Closing
from actors.session.copying import Copying
from actors.session.due_timers import DueTimers
from actors.session.farewell import Farewell
from actors.session.hibernation import Hibernation
from actors.session.inbound_audit import InboundAudit
from actors.session.interruptions import Interruptions
from actors.session.inventory_watch import InventoryWatch
from actors.session.leaving import Leaving
from actors.session.link_requests import LinkRequests
from actors.session.links import Links
from actors.session.login_saving import LoginSaving
from actors.session.logout import Logout
from actors.session.needs_person import NeedsPerson
from actors.session.page_answers import PageAnswers
from actors.session.page_calls import Page
from actors.session.page_conditions import PageConditions
from actors.session.page_event_cursor import PageEventCursor
from actors.session.page_events import PageEvents
from actors.session.pairing import Pairing
from actors.session.policy import SessionPolicy
from actors.session.queries import Queries
from actors.session.readiness import Readiness
from actors.session.reception import Reception
from actors.session.recycling import Recycling
from actors.session.requests import Requests
from actors.session.root_orders import RootOrders
from actors.session.screen import Screen
from actors.session.sending.acceptance import Acceptance
from actors.session.sending.examination import Examination
from actors.session.sending.new_contacts import NewContacts
from actors.session.sending.outcomes import Outcomes
from actors.session.sending.queue import SendQueue
from actors.session.sending.refusals import Refusals
from actors.session.sending.strangers import Strangers
from actors.session.server_check import ServerCheck
from actors.session.starts import Starts
from actors.session.status import Status
from actors.session.timers import Timers
from actors.session.turn_end import TurnEnd
from actors.session.unit_of_work import UnitOfWork
from actors.session.waiting_room import WaitingRoom
from wppmt.store.port import Store
from wppmt.store.records import SessionRecord

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Tools:
    """What a session needs from outside; passed in by the composition root."""

    store: Store
    policy: SessionPolicy
    random: Random
    default_webhook: str
    new_event_id: Callable[[float], str]
    new_message_id: Callable[[], str]
    new_secret: Callable[[], str]
    qr_picture: Callable[[str], str]
    media_url: Callable[[str, str], str]
    """Session id and WhatsApp's message id → where the API gives a received message's media."""


def session_mind(record: SessionRecord, tools: Tools) -> SessionMind:
    """The mind of the session that `record` describes; Root's Begin lets it go on from there."""
    return _Assembly(record, tools).mind()


class _Assembly:
    """Gone when the mind is made: no part sees it."""

    def __init__(self, record: SessionRecord, tools: Tools) -> None:
        self.policy = tools.policy
        self.random = tools.random
        self.new_message_id = tools.new_message_id
        self.media_url = tools.media_url
        self.timers = Timers()
        self.page = Page(record.id, record.generation)
        self.work = UnitOfWork(
            record,
            tools.store,
            new_event_id=tools.new_event_id,
            new_secret=tools.new_secret,
            default_webhook=tools.default_webhook,
        )
        self._make_browser(tools.qr_picture)
        self._make_messages()
        self._make_starts_and_ends()
        self._make_caretakers()

    def _make_browser(self, qr_picture: Callable[[str], str]) -> None:
        """The browser, and what it shows."""
        work, page, timers, policy = self.work, self.page, self.timers, self.policy
        self.pairing = Pairing(work, page, timers, policy, qr_picture)
        self.screen = Screen(self.pairing, page, timers)
        self.browser = BrowserLifecycle(work, page, self.screen, timers, policy, self.random)

    def _make_messages(self) -> None:
        """Messages out and in."""
        work, page, timers, policy = self.work, self.page, self.timers, self.policy
        self.outcomes = Outcomes(work)
        self.strangers = strangers = Strangers(work, policy, self.random)
        self.new_contacts = new_contacts = NewContacts(work, page, timers, policy, strangers)
        self.sending = SendQueue(work, self.outcomes, page, policy, new_contacts, strangers)
        self.examination = Examination(page, policy, new_contacts, strangers)
        self.refusals = Refusals(work, new_contacts, strangers)
        self.acceptance = self._made(Acceptance)
        self.arrivals = Arrivals(work, page, timers, policy)
        self.cursor = PageEventCursor(work, page, policy)
        self.chat_filter = self._made(ChatFilter)

    def _make_starts_and_ends(self) -> None:
        """What lets the browser start and end, and what follows from what it shows."""
        work, page, browser = self.work, self.page, self.browser
        self.status = Status(work, page, browser, self.pairing, self.sending)
        self.closing = Closing(browser, self.status)
        self.starts = Starts(work, browser)
        self.links = Links(work)
        self.farewell = farewell = Farewell(work.record.id)
        self.logout = Logout(work, page, browser, self.timers, self.policy, farewell)
        self.interruptions = Interruptions(work, browser, self.starts, self.logout, self.closing)
        self.needs_person = self._made(NeedsPerson)
        self.inventory_watch = InventoryWatch(
            work, page, self.screen, self.needs_person, self.timers, self.policy
        )
        self.readiness = self._made(Readiness)

    def _make_caretakers(self) -> None:
        """What looks after all of it."""
        work, page, browser, timers, policy = self.work, self.page, self.browser, self.timers, self.policy
        self.watchdog = self._made(AckWatchdog)
        self.server_check = ServerCheck(work, page, browser, timers, policy)
        self.login_saving = LoginSaving(work, page, browser, timers, policy)
        self.inbound_audit = self._made(InboundAudit)
        self.recycling = recycling = Recycling(work, browser, self.sending, timers, policy)
        self.copying = Copying(work, browser, self.sending, recycling, self.logout, timers)
        self.leaving = self._made(Leaving)
        self.reception = self._made(Reception)
        self.queries = Queries(page, self.reception, policy)
        self.waiting_room = WaitingRoom()
        self.hibernation = self._made(Hibernation)

    def mind(self) -> SessionMind:
        """After those who decide what becomes of each message."""
        self.page_conditions = self._made(PageConditions)
        self.browser_news = self._made(BrowserNews)
        self.page_events = self._made(PageEvents)
        self.page_answers = self._made(PageAnswers)
        self.link_requests = self._made(LinkRequests)
        self.requests = self._made(Requests)
        self.root_orders = self._made(RootOrders)
        self.due_timers = self._made(DueTimers)
        self.turn_end = self._made(TurnEnd)
        return self._made(SessionMind)

    def _made(self, part: type[Part]) -> Part:
        """With everything that its fields name, under the same name. Raises AttributeError for what is not made yet."""
        names = [field.name for field in fields(part) if field.init]  # type: ignore[arg-type]
        return part(**{name: getattr(self, name) for name in names})
