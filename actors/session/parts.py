"""The parts of one session, wired once, and what several of them do together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from actors.runtime.effects import Effect, ProfileAction, Reply
from actors.session.ack_watchdog import AckWatchdog
from actors.session.arrivals import Arrivals
from actors.session.backfill import Backfill
from actors.session.browser_lifecycle import COMING, BrowserLifecycle, BrowserPhase
from actors.session.event_cursor import EventCursor
from actors.session.liveness import Liveness
from actors.session.login_saving import LoginSaving
from actors.session.logout import Logout
from actors.session.page_calls import Page
from actors.session.page_state import PageState
from actors.session.pairing import Pairing
from actors.session.policy import SessionPolicy
from actors.session.queries import Queries
from actors.session.reception import Reception
from actors.session.recycling import Recycling
from actors.session.rollback import Rollback
from actors.session.self_check import SelfCheck
from actors.session.sending.acceptance import Acceptance
from actors.session.sending.new_contacts import NewContacts
from actors.session.sending.outcomes import Outcomes
from actors.session.sending.queue import SendQueue
from actors.session.sending.strangers import Strangers
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork
from actors.session.watched import Watched
from wppmt.domain.page_condition import PageCondition
from wppmt.domain.reasons import Reason
from wppmt.domain.states import Event, State
from wppmt.store.port import Store
from wppmt.store.records import Desired, SessionRecord, SessionStatus


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
    is_disk_short: Callable[[], bool] = lambda: False
    """Whether the disk of the logins has too little room at this very moment."""


class Parts:
    """Holds all state of a session. `remember` must list every part that has any."""

    def __init__(self, record: SessionRecord, tools: Tools) -> None:
        policy = tools.policy
        self.policy = policy
        self.is_disk_short = tools.is_disk_short
        self.timers = Timers()
        self.page = Page(record.id, record.generation)
        self.work = UnitOfWork(
            record,
            tools.store,
            new_event_id=tools.new_event_id,
            new_secret=tools.new_secret,
            default_webhook=tools.default_webhook,
        )
        self.lifecycle = BrowserLifecycle(self.work, self.page, self.timers, policy, tools.random)
        self.pairing = Pairing(self.work, self.page, self.timers, policy, tools.qr_picture)
        self.page_state = PageState(self.work, self.lifecycle, self.pairing, self.page, self.timers, policy)
        self.logout = Logout(self.work, self.page, self.lifecycle, self.timers, policy)
        self.outcomes = Outcomes(self.work)
        self.strangers = strangers = Strangers(self.work, policy, tools.random)
        self.new_contacts = NewContacts(self.work, self.page, self.timers, policy, strangers)
        self.sending = SendQueue(self.work, self.outcomes, self.page, policy, self.new_contacts, strangers)
        self.acceptance = Acceptance(
            self.work,
            self.sending,
            self.outcomes,
            self.page,
            policy,
            tools.new_message_id,
            self.new_contacts,
            strangers,
        )
        watched = Watched(
            self.work, self.page, self.lifecycle, self.page_state, self.sending, self.timers, policy
        )
        self.watchdog = AckWatchdog(watched)
        self.liveness = Liveness(watched)
        self.login_saving = LoginSaving(watched)
        self.self_check = SelfCheck(watched)
        self.recycling = Recycling(watched)
        self.cursor = EventCursor(self.work, self.page, policy)
        self.backfill = Backfill(self.work, self.page, policy)
        self.queries = Queries(self.page, policy)
        self.arrivals = Arrivals(self.work, self.page, self.timers, policy)
        self.reception = Reception(self.work, self.page, self.arrivals, policy, tools.media_url)
        self.close_replies: list[Reply] = []
        """Who waits for the browser to be closed."""
        self.has_begun = False
        """Begin has been handled: the record is up to date."""
        self.is_quiescing = False
        """The daemon stops."""
        self.is_quiet = False
        """Root has been notified that no browser is left."""
        self.memory_mb: int | None = None
        self.noticed_at = 0.0
        """When the page's last notice came."""

    @property
    def record(self) -> SessionRecord:
        return self.work.record

    def remember(self) -> Rollback:
        return Rollback(
            self,
            self.timers,
            self.page,
            self.work,
            self.lifecycle,
            self.lifecycle.heartbeat,
            self.pairing,
            self.page_state,
            self.logout,
            self.outcomes,
            self.acceptance.examination,
            self.sending,
            self.sending.in_doubt,
            self.sending.preparation,
            self.watchdog,
            self.liveness,
            self.login_saving,
            self.self_check,
            self.recycling,
            self.backfill,
            self.queries,
            self.arrivals,
        )

    def status(self) -> SessionStatus:
        return SessionStatus(
            record=self.record,
            qr=self.pairing.qr,
            pairing_code=self.pairing.code,
            memory_mb=self.memory_mb if self.lifecycle.is_live else None,
            queue=len(self.sending),
            last_error=self.work.last_error,
            inventory=self.page.inventory,
        )

    def open(
        self, reason: Reason, now: float, *, action: ProfileAction = ProfileAction.NONE, **changes: Any
    ) -> Iterator[Effect]:
        """Start a browser because somebody asked for it; counters are reset."""
        self.page_state.reset()
        fresh: dict[str, Any] = {
            "desired": Desired.RUNNING,
            "failures": 0,
            "quick_retry": True,
            "retaken_at": 0.0,
        }
        yield from self.work.move(now, Event.STARTED, reason, **(fresh | changes))
        yield from self.lifecycle.open(action)

    def lost(
        self, reason: Reason, now: float, *, detail: str = "", graceful: bool = False
    ) -> Iterator[Effect]:
        """The browser or its page has failed; every such failure ends here."""
        self.page_state.reset()
        if self.lifecycle.phase not in {*COMING, BrowserPhase.LIVE}:
            # It is gone or stopping already; BrowserClosed comes when no process is left.
            return
        if self.lifecycle.is_adopting:
            yield from self._not_adopted(now)
        elif self.logout.is_active:
            yield from self.logout.remove_without_unlink()
        else:
            yield from self.lifecycle.fail(reason, now, detail=detail, graceful=graceful)

    def make_room(self, now: float) -> Iterator[Effect]:
        """The disk is short: stop the browser in order, without a copy; a new one waits for a start slot."""
        if self.logout.is_active or self.is_quiescing or not self.lifecycle.is_expected:
            return
        self.page_state.reset()
        yield from self.lifecycle.hold()
        reason = self.record.reason if self.record.state is State.ERROR else Reason.RESOURCE_LIMIT
        yield from self.work.move(now, Event.RESUMED, reason)

    def resume(self, now: float) -> Iterator[Effect]:
        """Start a browser after the daemon was restarted."""
        if self.record.has_login:
            yield from self.work.move(now, Event.RESUMED, Reason.DAEMON_RESTARTED, process=None)
            yield from self.lifecycle.open()
        else:
            yield from self.open(Reason.STARTING, now, process=None)

    def _not_adopted(self, now: float) -> Iterator[Effect]:
        """End the leftover browser and start a new one; this does not count as a failure of the session."""
        yield from self.lifecycle.kill()
        yield from self.lifecycle.open() if self.logout.is_active else self.resume(now)

    def update_sendable(self, now: float) -> Iterator[Effect]:
        """Messages go out while, and only while, the page shows WhatsApp's main screen to a connected session."""
        usable = (
            self.record.state is State.CONNECTED
            and self.lifecycle.is_live
            and self.page_state.condition is PageCondition.MAIN
        )
        if usable and not self.page.is_usable:
            self.page.is_usable = True
            yield from self.reception.filter_page()
            yield from self.sending.usable(now)
            yield from self.backfill.look(self.noticed_at, now)
            yield from self.new_contacts.ask()
            yield from self.arrivals.pump()
        elif self.page.is_usable and not usable:
            self.page.is_usable = False
            self.sending.lost()
            self.arrivals.lost()
