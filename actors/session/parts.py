"""The parts of one session, wired once, and what several of them do together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from actors.runtime.effects import Care, Effect, Reply
from actors.session.ack_watchdog import Watchdog
from actors.session.backfill import Backfill
from actors.session.browser_lifecycle import COMING, Life, Phase
from actors.session.event_cursor import Hearing
from actors.session.logout import Logout
from actors.session.page_calls import Page
from actors.session.page_state import Screen
from actors.session.policy import SessionPolicy
from actors.session.queries import Queries
from actors.session.recycling import Recycling
from actors.session.sending.outcomes import Fates
from actors.session.sending.queue import Sending
from actors.session.timers import Timers
from actors.session.undo import Undo
from actors.session.unit_of_work import Ledger
from wppmt.domain.page_condition import Verdict
from wppmt.domain.reasons import Reason
from wppmt.domain.states import Event, State
from wppmt.store.port import Store
from wppmt.store.records import Desired, SessionRecord, SessionStatus


@dataclass(frozen=True, slots=True)
class Tools:
    """What a session is given of the world."""

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
    """Everything that a session remembers is in one of these."""

    def __init__(self, record: SessionRecord, tools: Tools) -> None:
        policy = tools.policy
        self.policy = policy
        self.media_url = tools.media_url
        self.is_disk_short = tools.is_disk_short
        self.timers = Timers()
        self.page = Page(record.id, record.generation)
        self.ledger = Ledger(
            record,
            tools.store,
            new_event_id=tools.new_event_id,
            new_secret=tools.new_secret,
            default_webhook=tools.default_webhook,
        )
        self.life = Life(self.ledger, self.page, self.timers, policy, tools.random)
        self.screen = Screen(self.ledger, self.page, self.life, self.timers, policy, tools.qr_picture)
        self.logout = Logout(self.ledger, self.page, self.life, self.timers, policy)
        self.fates = Fates(self.ledger)
        self.sending = Sending(self.ledger, self.fates, self.page, policy, tools.new_message_id)
        self.watchdog = Watchdog(
            self.ledger,
            self.page,
            self.life,
            self.screen,
            self.sending,
            timers=self.timers,
            policy=policy,
        )
        self.recycling = Recycling(
            self.ledger, self.life, self.screen, self.sending, timers=self.timers, policy=policy
        )
        self.hearing = Hearing(self.ledger, self.page, policy)
        self.backfill = Backfill(self.ledger, self.page, policy)
        self.queries = Queries(self.page, policy)
        self.close_replies: list[Reply] = []
        """Who waits for the browser to be closed."""
        self.has_begun = False
        """It knows what it takes up."""
        self.is_quiescing = False
        """The daemon stops."""
        self.is_quiet = False
        """Root has been told that no browser is left."""
        self.memory_mb: int | None = None
        self.told_at = 0.0
        """When the page last said something."""

    @property
    def record(self) -> SessionRecord:
        return self.ledger.record

    def remember(self) -> Undo:
        return Undo(
            self,
            self.timers,
            self.page,
            self.ledger,
            self.life,
            self.screen,
            self.logout,
            self.fates,
            self.sending,
            self.sending.undecided,
            self.watchdog,
            self.recycling,
            self.backfill,
            self.queries,
        )

    def status(self) -> SessionStatus:
        return SessionStatus(
            record=self.record,
            qr=self.screen.qr,
            pairing_code=self.screen.pairing_code,
            memory_mb=self.memory_mb if self.life.is_live else None,
            queue=len(self.sending),
            last_error=self.ledger.last_error,
        )

    def open(self, reason: Reason, now: float, *, care: Care = Care.NONE, **changes: Any) -> Iterator[Effect]:
        """A browser, from the very beginning: someone asked for it."""
        self.screen.reset()
        fresh: dict[str, Any] = {"desired": Desired.RUNNING, "failures": 0, "quick_retry": True}
        yield from self.ledger.move(now, Event.STARTED, reason, **(fresh | changes))
        yield from self.life.open(care)

    def lost(self, reason: Reason, now: float, *, detail: str = "", gently: bool = False) -> Iterator[Effect]:
        """The one path for whatever ends a browser that should have lived."""
        self.screen.reset()
        if self.life.phase not in {*COMING, Phase.LIVE}:
            # Gone, or on its way down anyway; BrowserClosed comes when nothing is left.
            return
        if self.life.is_adopting:
            yield from self._not_adopted(now)
        elif self.logout.is_active:
            yield from self.logout.give_up()
        else:
            yield from self.life.fail(reason, now, detail=detail, gently=gently)

    def make_room(self, now: float) -> Iterator[Effect]:
        """The disk is short: the browser goes in order, uncopied, and a new one waits for Root to give places again."""
        if self.logout.is_active or self.is_quiescing or not self.life.is_expected:
            return
        self.screen.reset()
        yield from self.life.hold()
        reason = self.record.reason if self.record.state is State.ERROR else Reason.RESOURCE_LIMIT
        yield from self.ledger.move(now, Event.RESUMED, reason)

    def resume(self, now: float) -> Iterator[Effect]:
        """A browser of our own, after the daemon was away."""
        if self.record.has_login:
            yield from self.ledger.move(now, Event.RESUMED, Reason.DAEMON_RESTARTED, process=None)
            yield from self.life.open()
        else:
            yield from self.open(Reason.STARTING, now, process=None)

    def _not_adopted(self, now: float) -> Iterator[Effect]:
        """No failure of this session's: what was left is ended, and it starts as if nothing had been left."""
        yield from self.life.kill()
        yield from self.life.open() if self.logout.is_active else self.resume(now)

    def mind_the_page(self, now: float) -> Iterator[Effect]:
        """Messages go out while, and only while, the page shows WhatsApp's main screen to a connected session."""
        usable = (
            self.record.state is State.CONNECTED and self.life.is_live and self.screen.verdict is Verdict.MAIN
        )
        if usable and not self.page.is_usable:
            self.page.is_usable = True
            yield from self.sending.usable(now)
            yield from self.backfill.look(self.told_at, now)
        elif self.page.is_usable and not usable:
            self.page.is_usable = False
            self.sending.lost()
