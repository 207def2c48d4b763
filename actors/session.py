"""One tenant's session: hears everyone, and lets its parts decide. Pure but for the injected store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from actors import notices
from actors.backfill import Backfill
from actors.effects import Answer, Ask, Effect, Log, Publish, Reply, Tell
from actors.fates import Fates
from actors.hearing import Hearing
from actors.ledger import Ledger
from actors.life import Life, Phase
from actors.logout import Logout
from actors.notices import Called, Due, PageAnswered
from actors.page import Page
from actors.policy import SessionPolicy
from actors.queries import Queries
from actors.screen import Screen
from actors.sending import AnswerDue, OutcomeDue, Sending, TypingDone, UploadDue
from actors.timers import Timers
from actors.undecided import FindDue
from actors.undo import Undo
from actors.watchdog import Watchdog
from wppmt import messages
from wppmt.browser import Beat, ChannelClosed, Facts, Json, PageEvent, StartFailed
from wppmt.errors import Code, Refusal
from wppmt.messages import ROOT
from wppmt.reasons import Reason
from wppmt.state import Event, State
from wppmt.store import Desired, SessionRecord, SessionStatus, Store
from wppmt.verdict import Verdict, verdict

NEEDS_A_PERSON = {State.DISCONNECTED, State.WAITING_SCAN, State.ERROR}
"""`reconnectRequired` of a refused send."""
TRY_AGAIN_SECONDS = 5
"""Where no person is needed: most interruptions are over by then."""


FromBrowser = notices.Noticed | notices.BrowserOpened | notices.BrowserFailed | notices.BrowserClosed


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


class Session:
    """The mind of a SessionActor."""

    def __init__(self, record: SessionRecord, tools: Tools) -> None:
        policy = tools.policy
        self._media_url = tools.media_url
        self._policy = policy
        self._timers = Timers()
        self._page = Page(record.id, record.generation)
        self._ledger = Ledger(
            record,
            tools.store,
            new_event_id=tools.new_event_id,
            new_secret=tools.new_secret,
            default_webhook=tools.default_webhook,
        )
        self._life = Life(self._ledger, self._page, self._timers, policy, tools.random)
        self._screen = Screen(self._ledger, self._page, self._life, self._timers, policy, tools.qr_picture)
        self._logout = Logout(self._ledger, self._page, self._life, self._timers, policy)
        self._fates = Fates(self._ledger)
        self._sending = Sending(self._ledger, self._fates, self._page, policy, tools.new_message_id)
        self._watchdog = Watchdog(
            self._ledger,
            self._page,
            self._life,
            self._screen,
            self._sending,
            timers=self._timers,
            policy=policy,
        )
        self._hearing = Hearing(self._ledger, self._page, policy)
        self._backfill = Backfill(self._ledger, self._page, policy)
        self._queries = Queries(self._page, policy)
        self._close_replies: list[Reply] = []
        self._quiescing = False
        self._memory_mb: int | None = None
        self._told_at = 0.0
        """When the page last said something."""
        self._published: SessionStatus | None = None

    @property
    def _record(self) -> SessionRecord:
        return self._ledger.record

    def handle(self, message: object, now: float) -> Iterable[Effect]:
        """Effects of one message, which is one commit; a changed status is published before anything is answered.

        Raises StoreUnavailable when nothing was changed: give the message again.
        """
        desired, had_login = self._record.desired, self._record.has_login
        undo = self._remember()
        try:
            with self._ledger.together():
                effects = [*self._react(message, now)]
                if had_login and not self._record.has_login:
                    effects += self._sending.login_ended(now)
                effects += self._mind_the_page(now)
                effects += self._watchdog.look(now)
        except BaseException:
            undo()
            raise
        if self._record.desired is not desired:
            effects.append(Tell(ROOT, notices.DesiredChanged(self._record.id, self._record.desired)))
        status = self._status()
        if status != self._published and self._ledger.is_written:
            self._published = status
            effects.insert(0, Publish(status))
        return effects

    def _remember(self) -> Undo:
        return Undo(
            self,
            self._timers,
            self._page,
            self._ledger,
            self._life,
            self._screen,
            self._logout,
            self._fates,
            self._sending,
            self._sending.undecided,
            self._sending.reachout,
            self._watchdog,
            self._backfill,
            self._queries,
        )

    def _react(self, message: object, now: float) -> Iterable[Effect]:  # noqa: C901 - one case a message
        match message:
            case Ask(message=request, reply=reply):
                return self._asked(request, reply, now)
            case (
                notices.Noticed()
                | notices.BrowserOpened()
                | notices.BrowserFailed()
                | notices.BrowserClosed()
            ):
                # Close is final: what an earlier browser still says changes nothing.
                return self._from_browser(message, now) if message.generation == self._page.generation else ()
            case PageAnswered():
                return self._page_answered(message, now)
            case Due():
                return self._due(message.timer, now) if self._timers.take(message) else ()
            case TypingDone() | AnswerDue() | OutcomeDue() | FindDue() | UploadDue():
                return self._sending.due(message, now)
            case notices.PlaceGranted(generation=generation):
                return self._life.granted(generation, now)
            case notices.ProfileRemoved():
                return self._logout.profile_removed(message, now)
            case notices.Measured(memory_mb=memory_mb):
                self._memory_mb = memory_mb
                return ()
            case notices.Begin(cause=cause):
                return self._begin(cause, now)
            case notices.Restart():
                return self._restart(now)
            case notices.Quiesce():
                return self._quiesce()
            case _:
                raise TypeError(type(message).__name__)

    # What the HTTP front asks.

    def _asked(self, request: object, reply: Reply, now: float) -> Iterator[Effect]:  # noqa: C901 - one case a request
        if self._quiescing:
            raise Refusal(Code.DRAINING, retry_after=10)
        match request:
            case messages.StartSession():
                yield from self._start(request, reply, now)
            case messages.CloseSession():
                yield from self._close(reply, now)
            case messages.LogOut():
                yield from self._log_out(reply, now, forget=False)
            case messages.PurgeSession():
                yield from self._log_out(reply, now, forget=True)
            case messages.SendText() | messages.SendMedia():
                if self._sending.knows(request, now):
                    yield from self._sending.repeat(request, reply, now)
                else:
                    self._require_connected()
                    yield from self._sending.accept(request, reply, now)
            case messages.AnnounceMedia():
                if self._sending.knows(request, now):
                    yield from self._sending.repeat(request, reply, now)
                else:
                    self._require_connected()
                    self._sending.require_room()
                    yield Answer(reply, None)
            case messages.ListContacts() | messages.CheckNumber() | messages.FetchMedia():
                self._require_connected()
                yield from self._queries.ask(request, reply)
            case messages.SetWebhook(url=url, events=events):
                yield from self._ledger.set_webhook(now, url, events)
                secret = self._ledger.ensure_secret(now)
                yield Answer(reply, messages.WebhookSettings(url, events, secret))
            case messages.RotateWebhookSecret():
                secret = self._ledger.rotate_secret(now, self._policy.secret_overlap)
                settings = messages.WebhookSettings(
                    self._ledger.endpoint, self._record.webhook_events, secret
                )
                yield Answer(reply, settings)
            case _:
                raise TypeError(type(request).__name__)

    def _start(self, request: messages.StartSession, reply: Reply, now: float) -> Iterator[Effect]:
        if self._logout.is_active:
            raise Refusal(Code.SESSION_BUSY, retry_after=5)
        given: dict[str, Any] = {
            "webhook_url": request.webhook_url,
            "description": request.description,
            "webhook_events": request.events,
            "max_messages_per_day": request.max_messages_per_day,
            "pairing_phone": request.pairing_phone,
        }
        created = not self._ledger.is_written
        changes = {name: value for name, value in given.items() if value is not None}
        if changes:
            # First, and the secret with it: the events of the start itself go to this webhook, signed.
            yield from self._ledger.write(now, **changes)
        secret = self._ledger.ensure_secret(now)
        if self._record.state is State.DISCONNECTED:
            yield from self._open(Reason.STARTING, now)
        yield Answer(reply, messages.Started(created, self._status(), secret))

    def _close(self, reply: Reply, now: float) -> Iterator[Effect]:
        if self._logout.is_active:
            # Stopped already, and on its way down.
            yield Answer(reply, self._status())
            return
        yield from self._ledger.move(now, Event.CLOSED, Reason.STOPPED, desired=Desired.STOPPED)
        self._screen.reset()
        yield from self._sending.close(now)
        yield from self._life.close()
        if self._life.phase is Phase.CLOSING:
            self._close_replies.append(reply)
        else:
            yield Answer(reply, self._status())

    def _log_out(self, reply: Reply, now: float, *, forget: bool) -> Iterator[Effect]:
        on_main = self._life.is_live and self._screen.verdict is Verdict.MAIN
        self._screen.reset()
        yield from self._logout.begin(reply, now, forget=forget, on_main=on_main)
        yield from self._sending.close(now)

    def _require_connected(self) -> None:
        """Raises the document's 503 (4.2.2) unless messages can go out."""
        state = self._record.state
        if state is not State.CONNECTED:
            person = state in NEEDS_A_PERSON
            extra = {"status": state.value, "reconnectRequired": person}
            raise Refusal(Code.NOT_CONNECTED, retry_after=None if person else TRY_AGAIN_SECONDS, extra=extra)

    # What Root tells.

    def _begin(self, cause: Reason | None, now: float) -> Iterator[Effect]:
        if cause is None:
            return
        self._ledger.refresh()
        record = self._record
        # What the browser of an earlier actor still says is not meant for this one.
        self._page.generation = record.generation + 1
        if not self._ledger.is_written:
            return
        yield from self._sending.restore(now)
        if record.desired is Desired.STOPPED or self._waits_for_a_person:
            if record.process is not None:
                yield from self._life.end_leftovers()
        elif record.state is State.DISCONNECTED:
            # Someone asked for it, and the daemon died before the first step.
            yield from self._open(Reason.STARTING, now, process=None)
        elif cause is not Reason.DAEMON_RESTARTED:
            yield from self._life.fail(cause, now)
        elif record.has_login and record.process is not None:
            # Nobody is to notice that the daemon was away: no change, no event, unless this fails.
            yield from self._life.adopt(record.process)
        else:
            yield from self._resume(now)

    def _resume(self, now: float) -> Iterator[Effect]:
        """A browser of our own, after the daemon was away."""
        if self._record.has_login:
            yield from self._ledger.move(now, Event.RESUMED, Reason.DAEMON_RESTARTED, process=None)
            yield from self._life.open()
        else:
            yield from self._open(Reason.STARTING, now, process=None)

    def _not_adopted(self, now: float) -> Iterator[Effect]:
        """No failure of this session's: what was left is ended, and it starts as if nothing had been left."""
        yield from self._life.kill()
        yield from self._life.open() if self._logout.is_active else self._resume(now)

    def _restart(self, now: float) -> Iterator[Effect]:
        if self._logout.is_active or self._quiescing:
            return
        login = {"has_login": False} if self._record.reason is Reason.TOKEN_CORRUPT else {}
        yield from self._life.close()
        yield from self._open(Reason.RESTARTED, now, **login)

    def _quiesce(self) -> Iterator[Effect]:
        self._quiescing = True
        self._screen.reset()
        yield from self._life.close()
        if self._life.phase is not Phase.CLOSING:
            yield Tell(ROOT, notices.Quiet(self._record.id))

    def _open(self, reason: Reason, now: float, **changes: Any) -> Iterator[Effect]:
        self._screen.reset()
        fresh: dict[str, Any] = {"desired": Desired.RUNNING, "failures": 0, "quick_retry": True}
        yield from self._ledger.move(now, Event.STARTED, reason, **(fresh | changes))
        yield from self._life.open()

    # What the browser and its page tell.

    def _from_browser(self, message: FromBrowser, now: float) -> Iterator[Effect]:
        match message:
            case notices.BrowserOpened(process=process):
                yield from self._life.opened(process, now)
            case notices.BrowserFailed(failure=failure):
                detail = failure.detail if isinstance(failure, StartFailed) else str(failure)
                yield from self._lost(Reason(failure.code), now, detail=detail)
            case notices.BrowserClosed():
                yield from self._browser_closed(now)
            case notices.Noticed(notice=notice, at=at):
                self._told_at = at
                if isinstance(notice, ChannelClosed):
                    yield from self._lost(Reason.BROWSER_CRASHED, now, detail=notice.detail)
                else:
                    yield from self._from_page(notice, now)

    def _from_page(self, notice: Beat | PageEvent, now: float) -> Iterator[Effect]:
        if isinstance(notice, Beat) and not Facts.of(notice.facts).ready:
            # The page is there, WhatsApp's modules are not found yet: the attach deadline goes on.
            return
        if self._hearing.turns(notice):
            yield from self._screen.turned()
            # What an earlier page was handed is undecided until this one shows the main screen.
            yield from self._mind_the_page(now)
        yield from self._life.heard(now)
        if isinstance(notice, PageEvent):
            yield from self._in_order(notice, now)
        else:
            yield from self._judge(Facts.of(notice.facts), now)
            yield from self._hearing.compare(notice)
            if self._page.is_usable:
                yield from self._backfill.look(self._told_at, now)

    def _in_order(self, event: PageEvent, now: float) -> Iterator[Effect]:
        if self._hearing.is_next(event):
            yield from self._on_event(event, now)
            self._hearing.heard(event)
        else:
            yield from self._hearing.reread(event)

    def _on_event(self, event: PageEvent, now: float) -> Iterator[Effect]:  # noqa: C901 - one case an event
        data = event.data
        match event.name:
            case "ready" | "facts_changed":
                yield from self._judge(Facts.of(data["facts"]), now)
            case "qr_changed" if self._logout.is_active:
                yield from self._logout.on_qr()
            case "qr_changed" if self._life.is_live:
                yield from self._screen.show_qr(str(data["code"]), data.get("ttlMs"), now)
            case "pairing_code_changed" if self._life.is_live:
                yield from self._screen.show_pairing_code(str(data["code"]), now)
            case "logged_out":
                self._logout.told_by_whatsapp()
                yield from self._screen.logged_out(now)
            case "pairing_refused":
                yield from self._screen.pairing_refused(now)
            case "news_dismissed":
                yield Log("info", "news_dismissed", self._record.id)
            case "message_received":
                yield from self._receive(data["message"], now)
            case "ack_changed":
                ack, to = int(data["ack"]), str(data.get("to", ""))
                yield from self._sending.acknowledged(str(data["id"]), ack, to, now)
            case "send_failed":
                yield from self._sending.failed(str(data["id"]), str(data.get("reason", "")), now)
            case _:
                # What else the page tells is in its facts, too.
                pass

    def _receive(self, message: Json, now: float, **marks: Any) -> Iterator[Effect]:
        """Told as its event: media by an address, not by content."""
        if message.get("mimetype"):
            message = {**message, "mediaUrl": self._media_url(self._record.id, message["messageId"])}
        yield from self._ledger.receive(now, str(message["id"]), {"message": message, **marks})

    def _judge(self, facts: Facts, now: float) -> Iterator[Effect]:
        if not self._life.is_live:
            # On its way down: messages and acknowledgements still count, what the screen shows does not.
            return
        if not self._logout.is_active:
            yield from self._screen.judge(facts, now)
        elif verdict(facts) is Verdict.MAIN:
            yield from self._logout.on_main()

    def _page_answered(self, answer: PageAnswered, now: float) -> Iterator[Effect]:  # noqa: C901 - one case a call
        current = answer.generation == self._page.generation
        match answer.call:
            case Called.UPLOAD:
                yield from self._sending.uploaded(answer, now)
            case Called.SEND | Called.FIND:
                yield from self._sending.answered(answer, now)
            case Called.LOGOUT if self._logout.is_active:
                yield from self._logout.answered(answer.outcome)
            case Called.QUERY:
                yield from self._queries.answered(answer)
            case Called.BACKFILL if current:
                for message in self._backfill.found(answer.outcome):
                    yield from self._receive(message, now, backfilled=True)
                yield from self._backfill.go_on(answer.outcome)
            case Called.REREAD:
                for event in self._hearing.missed(answer.outcome) if current else ():
                    yield from self._in_order(event, now)
            case Called.PROBE if current:
                yield from self._probe_answered(answer, now)
            case Called.PAIRING if current:
                yield from self._screen.pairing_answered(answer.outcome, now)

    def _probe_answered(self, answer: PageAnswered, now: float) -> Iterator[Effect]:
        if isinstance(answer.outcome, Exception):
            yield from self._probe_failed(now)
            return
        yield from self._life.heard(now)
        yield from self._life.probe_answered()
        yield from self._judge(Facts.of(answer.outcome), now)
        yield from self._watchdog.probed(now)

    def _probe_failed(self, now: float) -> Iterator[Effect]:
        if self._life.may_probe_again():
            yield self._life.probe()
        else:
            yield from self._lost(Reason.BROWSER_HUNG, now)

    def _lost(
        self, reason: Reason, now: float, *, detail: str = "", gently: bool = False
    ) -> Iterator[Effect]:
        """The one path for whatever ends a browser that should have lived."""
        self._screen.reset()
        if self._life.phase is Phase.CLOSING:
            # On its way down anyway; BrowserClosed comes when nothing is left.
            return
        if self._life.is_adopting:
            yield from self._not_adopted(now)
        elif self._logout.is_active:
            yield from self._logout.give_up()
        else:
            yield from self._life.fail(reason, now, detail=detail, gently=gently)

    def _browser_closed(self, now: float) -> Iterator[Effect]:
        self._screen.reset()
        yield from self._life.closed()
        yield from self._after_closing(now)

    def _after_closing(self, now: float) -> Iterator[Effect]:
        yield from self._ledger.write(now, process=None)
        if self._logout.is_active and self._life.phase is Phase.NONE:
            yield from self._logout.browser_closed()
        for reply in self._close_replies:
            yield Answer(reply, self._status())
        self._close_replies.clear()
        if self._quiescing:
            yield Tell(ROOT, notices.Quiet(self._record.id))

    # Timers.

    def _due(self, timer: str, now: float) -> Iterator[Effect]:  # noqa: C901 - one case a timer
        match timer:
            case "retry":
                yield from self._life.open()
            case "open":
                yield from self._lost(Reason.BROWSER_HUNG, now)
            case "attach":
                yield from self._lost(Reason.INJECT_FAILED, now, gently=True)
            case "screen":
                yield from self._lost(self._screen.overdue(), now, gently=True)
            case "beat":
                yield from self._life.check_beat(now)
            case "close":
                yield from self._life.closing_is_late()
                if self._life.phase is not Phase.CLOSING:
                    yield from self._after_closing(now)
            case "logout":
                yield from self._logout.give_up()
            case "acks" | "trust":
                yield from self._watchdog.due(timer, now)
            case _:
                yield from self._screen.due(timer, now)

    @property
    def _waits_for_a_person(self) -> bool:
        return self._record.state is State.ERROR and self._record.reason is Reason.TOKEN_CORRUPT

    def _mind_the_page(self, now: float) -> Iterator[Effect]:
        """Messages go out while, and only while, the page shows WhatsApp's main screen to a connected session."""
        usable = (
            self._record.state is State.CONNECTED
            and self._life.is_live
            and self._screen.verdict is Verdict.MAIN
        )
        if usable and not self._page.is_usable:
            self._page.is_usable = True
            yield from self._sending.usable(now)
            yield from self._backfill.look(self._told_at, now)
        elif self._page.is_usable and not usable:
            self._page.is_usable = False
            self._sending.lost()

    def _status(self) -> SessionStatus:
        return SessionStatus(
            record=self._record,
            qr=self._screen.qr,
            pairing_code=self._screen.pairing_code,
            memory_mb=self._memory_mb if self._life.is_live else None,
            queue=len(self._sending),
            last_error=self._ledger.last_error,
        )
