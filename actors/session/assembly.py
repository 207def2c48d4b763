"""Makes a session's parts, each with what it uses, and puts them together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from actors.session.ack_watchdog import AckWatchdog
from actors.session.actor import SessionMind
from actors.session.arrivals import Arrivals
from actors.session.backfill import Backfill
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.browser_news import BrowserNews
from actors.session.chat_filter import ChatFilter
from actors.session.closing import Closing
from actors.session.due_timers import DueTimers
from actors.session.event_cursor import EventCursor
from actors.session.interruptions import Interruptions
from actors.session.inventory_watch import InventoryWatch
from actors.session.link_requests import LinkRequests
from actors.session.links import Links
from actors.session.liveness import Liveness
from actors.session.login_saving import LoginSaving
from actors.session.logout import Logout
from actors.session.needs_person import NeedsPerson
from actors.session.page_answers import PageAnswers
from actors.session.page_calls import Page
from actors.session.page_events import PageEvents
from actors.session.page_state import PageState
from actors.session.pairing import Pairing
from actors.session.policy import SessionPolicy
from actors.session.queries import Queries
from actors.session.readiness import Readiness
from actors.session.reception import Reception
from actors.session.recycling import Recycling
from actors.session.requests import Requests
from actors.session.root_orders import RootOrders
from actors.session.screen import Screen
from actors.session.self_check import SelfCheck
from actors.session.sending.acceptance import Acceptance
from actors.session.sending.outcomes import Outcomes
from actors.session.sending.queue import SendQueue
from actors.session.starts import Starts
from actors.session.status import Status
from actors.session.timers import Timers
from actors.session.turn_end import TurnEnd
from actors.session.unit_of_work import UnitOfWork
from wppmt.store.port import Store
from wppmt.store.records import SessionRecord


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
        self.policy = policy = tools.policy
        self.timers = timers = Timers()
        self.page = page = Page(record.id, record.generation)
        self.work = work = UnitOfWork(
            record,
            tools.store,
            new_event_id=tools.new_event_id,
            new_secret=tools.new_secret,
            default_webhook=tools.default_webhook,
        )
        # The browser, and what it shows.
        self.pairing = pairing = Pairing(work, page, timers, policy, tools.qr_picture)
        self.screen = screen = Screen(pairing, page, timers)
        self.lifecycle = lifecycle = BrowserLifecycle(work, page, screen, timers, policy, tools.random)
        # Messages out and in.
        outcomes = Outcomes(work)
        self.sending = sending = SendQueue(work, outcomes, page, policy)
        self.acceptance = Acceptance(work, sending, outcomes, page, policy, tools.new_message_id)
        self.arrivals = Arrivals(work, page, timers, policy)
        self.backfill = Backfill(work, page, policy)
        self.cursor = EventCursor(work, page, policy)
        self.chat_filter = ChatFilter(work=work, page=page, policy=policy)
        # What lets the browser start and end.
        self.status = Status(work, page, lifecycle, pairing, sending)
        self.closing = Closing(lifecycle, self.status)
        self.starts = Starts(work, lifecycle)
        self.links = Links(work)
        self.logout = Logout(work, page, lifecycle, timers, policy)
        self.interruptions = Interruptions(work, lifecycle, self.starts, self.logout, self.closing)
        # What follows from what it shows.
        self.needs_person = self._needs_person()
        self.inventory_watch = InventoryWatch(work, page, screen, self.needs_person, timers, policy)
        self.readiness = self._readiness()
        # What looks after all of it.
        self.watchdog = self._watchdog()
        self.liveness = Liveness(work, page, lifecycle, timers, policy)
        self.login_saving = LoginSaving(work, page, lifecycle, timers, policy)
        self.self_check = SelfCheck(work, page, self.inventory_watch, timers, policy)
        self.recycling = Recycling(work, lifecycle, sending, timers, policy)
        self.reception = Reception(
            work=work,
            chat_filter=self.chat_filter,
            arrivals=self.arrivals,
            backfill=self.backfill,
            self_check=self.self_check,
            policy=policy,
            media_url=tools.media_url,
        )
        self.queries = Queries(page, self.reception, policy)
        self.page_state = self._page_state()

    def mind(self) -> SessionMind:
        browser_news, page_events = self._browser_news(), self._page_events()
        return SessionMind(
            work=self.work,
            page=self.page,
            timers=self.timers,
            status=self.status,
            closing=self.closing,
            requests=self._requests(),
            root_orders=self._root_orders(),
            browser_news=browser_news,
            page_events=page_events,
            page_answers=self._page_answers(page_events),
            page_state=self.page_state,
            due_timers=self._due_timers(browser_news),
            sending=self.sending,
            login_saving=self.login_saving,
            recycling=self.recycling,
            turn_end=self._turn_end(),
        )

    def _page_state(self) -> PageState:
        return PageState(
            work=self.work,
            page=self.page,
            screen=self.screen,
            lifecycle=self.lifecycle,
            pairing=self.pairing,
            needs_person=self.needs_person,
            inventory_watch=self.inventory_watch,
            interruptions=self.interruptions,
            timers=self.timers,
            policy=self.policy,
        )

    def _needs_person(self) -> NeedsPerson:
        return NeedsPerson(
            work=self.work,
            page=self.page,
            lifecycle=self.lifecycle,
            pairing=self.pairing,
            screen=self.screen,
            timers=self.timers,
            policy=self.policy,
        )

    def _readiness(self) -> Readiness:
        return Readiness(
            work=self.work,
            page=self.page,
            screen=self.screen,
            lifecycle=self.lifecycle,
            sending=self.sending,
            backfill=self.backfill,
            arrivals=self.arrivals,
            chat_filter=self.chat_filter,
        )

    def _watchdog(self) -> AckWatchdog:
        return AckWatchdog(
            work=self.work,
            page=self.page,
            screen=self.screen,
            lifecycle=self.lifecycle,
            sending=self.sending,
            needs_person=self.needs_person,
            timers=self.timers,
            policy=self.policy,
        )

    def _requests(self) -> Requests:
        return Requests(
            work=self.work,
            screen=self.screen,
            lifecycle=self.lifecycle,
            starts=self.starts,
            logout=self.logout,
            closing=self.closing,
            status=self.status,
            sending=self.sending,
            acceptance=self.acceptance,
            queries=self.queries,
            link_requests=self._link_requests(),
            chat_filter=self.chat_filter,
            policy=self.policy,
        )

    def _link_requests(self) -> LinkRequests:
        return LinkRequests(
            work=self.work,
            screen=self.screen,
            lifecycle=self.lifecycle,
            starts=self.starts,
            pairing=self.pairing,
            links=self.links,
            logout=self.logout,
            status=self.status,
        )

    def _root_orders(self) -> RootOrders:
        return RootOrders(
            work=self.work,
            lifecycle=self.lifecycle,
            starts=self.starts,
            interruptions=self.interruptions,
            links=self.links,
            logout=self.logout,
            closing=self.closing,
            sending=self.sending,
            arrivals=self.arrivals,
            recycling=self.recycling,
        )

    def _browser_news(self) -> BrowserNews:
        return BrowserNews(
            work=self.work,
            lifecycle=self.lifecycle,
            starts=self.starts,
            interruptions=self.interruptions,
            needs_person=self.needs_person,
            logout=self.logout,
            closing=self.closing,
            status=self.status,
        )

    def _page_events(self) -> PageEvents:
        return PageEvents(
            work=self.work,
            page=self.page,
            screen=self.screen,
            lifecycle=self.lifecycle,
            interruptions=self.interruptions,
            cursor=self.cursor,
            page_state=self.page_state,
            readiness=self.readiness,
            backfill=self.backfill,
            reception=self.reception,
            pairing=self.pairing,
            links=self.links,
            logout=self.logout,
            liveness=self.liveness,
            sending=self.sending,
        )

    def _page_answers(self, page_events: PageEvents) -> PageAnswers:
        return PageAnswers(
            page=self.page,
            lifecycle=self.lifecycle,
            interruptions=self.interruptions,
            page_events=page_events,
            cursor=self.cursor,
            sending=self.sending,
            reception=self.reception,
            arrivals=self.arrivals,
            queries=self.queries,
            pairing=self.pairing,
            logout=self.logout,
            watchdog=self.watchdog,
            liveness=self.liveness,
            login_saving=self.login_saving,
        )

    def _due_timers(self, browser_news: BrowserNews) -> DueTimers:
        return DueTimers(
            lifecycle=self.lifecycle,
            interruptions=self.interruptions,
            browser_news=browser_news,
            screen=self.screen,
            page_state=self.page_state,
            needs_person=self.needs_person,
            logout=self.logout,
            watchdog=self.watchdog,
            liveness=self.liveness,
            login_saving=self.login_saving,
            self_check=self.self_check,
            recycling=self.recycling,
            arrivals=self.arrivals,
        )

    def _turn_end(self) -> TurnEnd:
        return TurnEnd(
            readiness=self.readiness,
            sending=self.sending,
            arrivals=self.arrivals,
            watchdog=self.watchdog,
            liveness=self.liveness,
            login_saving=self.login_saving,
            self_check=self.self_check,
            links=self.links,
            closing=self.closing,
        )
