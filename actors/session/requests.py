"""What the HTTP front asks of a session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from actors.runtime.browser_effects import ProfileAction
from actors.runtime.effects import Answer, Effect, Reply
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.chat_filter import ChatFilter
from actors.session.closing import Closing
from actors.session.copying import Copying
from actors.session.hibernation import Hibernation
from actors.session.leaving import Leaving
from actors.session.link_requests import LinkRequests
from actors.session.logout import Logout
from actors.session.policy import SessionPolicy
from actors.session.queries import Queries, Query
from actors.session.screen import Screen
from actors.session.sending.acceptance import Acceptance, require_connected
from actors.session.sending.examination import Examination
from actors.session.sending.queue import SendQueue
from actors.session.sending.strangers import Strangers
from actors.session.starts import Starts
from actors.session.status import Status
from actors.session.unit_of_work import UnitOfWork
from actors.session.waiting_room import WaitingRoom
from wppmt.domain import messages, move_messages, sends
from wppmt.domain.contact_policy import PolicyChange
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.hibernation import NEVER, Cause, HibernationPlan
from wppmt.domain.page_condition import PageCondition
from wppmt.domain.page_queries import PageQuery
from wppmt.domain.reasons import Reason
from wppmt.domain.states import Event, State
from wppmt.store.records import NO_LOGIN, Desired


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """Each request is answered, now or later, or refused."""

    work: UnitOfWork
    screen: Screen
    browser: BrowserLifecycle
    starts: Starts
    logout: Logout
    closing: Closing
    copying: Copying
    leaving: Leaving
    status: Status
    sending: SendQueue
    acceptance: Acceptance
    examination: Examination
    queries: Queries
    hibernation: Hibernation
    waiting_room: WaitingRoom
    strangers: Strangers
    link_requests: LinkRequests
    chat_filter: ChatFilter
    policy: SessionPolicy

    def asked(self, request: object, reply: Reply, now: float) -> Iterator[Effect]:  # noqa: C901, PLR0912 - one case a request
        match request:
            case messages.StartSession():
                yield from self._start(request, reply, now)
            case messages.CloseSession():
                yield from self._close(reply, now)
            case messages.LogOut():
                yield from self._log_out(reply, now, forget=False)
            case messages.PurgeSession():
                yield from self._log_out(reply, now, forget=True)
            case messages.ResetLogin():
                yield from self._reset(reply, now)
            case messages.RestoreLogin():
                yield from self._restore(reply, now)
            case move_messages.PrepareToLeave() | move_messages.GiveAway() | move_messages.Stay():
                yield from self.leaving.asked(request, reply, now)
            case messages.CopyLogin():
                self.copying.ask(reply)
            case sends.SendText() | sends.SendMedia() | sends.SendContent():
                yield from self._send(request, reply, now)
            case sends.AnnounceMedia():
                yield from self.acceptance.announce(request, reply, now)
                # It comes back while the file is fetched.
                yield from self.hibernation.wake(Cause.REQUEST, now)
            case PageQuery() | messages.CheckNumber() | messages.FetchMedia():
                yield from self._query(request, reply, now)
            case messages.TakeScreenshot():
                if not self.browser.is_live:
                    raise Refusal(Code.NOT_RUNNING)
                yield from self.queries.ask(request, reply)
            case (
                messages.MakeLink() | messages.OpenLink() | messages.AskPairingCode() | messages.RevokeLink()
            ):
                yield from self.link_requests.asked(request, reply, now)
            case messages.ConfigureSession():
                yield from self._configure(request, reply, now)
            case messages.SetWebhook():
                yield from self._set_webhook(request, reply, now)
            case messages.RotateWebhookSecret():
                yield from self._rotate_secret(reply, now)
            case _:
                raise TypeError(type(request).__name__)

    def resume(self, now: float) -> Iterator[Effect]:
        """At the end of every turn: whoever waited for a hibernating session's page, once it is there or did not come."""
        if self.work.record.is_hibernating:
            return
        for request, reply in self.waiting_room.leave():
            try:
                yield from [*self.asked(request, reply, now)]
            except Refusal as refusal:
                yield Answer(reply, refusal)

    def _start(self, request: messages.StartSession, reply: Reply, now: float) -> Iterator[Effect]:
        if self.logout.is_active:
            raise Refusal(Code.SESSION_BUSY, retry_after=5)
        work = self.work
        created = not work.is_written
        # First the webhook and its secret: the events of this very start already go there, signed.
        yield from self._write_given(
            now,
            description=request.description,
            webhook_events=request.events,
            max_messages_per_day=request.max_messages_per_day,
            pairing_phone=request.pairing_phone,
            proxy=request.proxy,
            engine=request.engine,
            ignore=request.ignore,
        )
        yield from self._set_policy(request.policy, now)
        yield from self._set_hibernation(request.hibernate, now)
        if request.webhook_url is not None:
            yield from work.set_webhook(now, request.webhook_url, work.record.webhook_events)
        secret = work.ensure_secret()
        if self.work.record.state is State.DISCONNECTED:
            yield from self.starts.start(Reason.STARTING, now)
        yield from self.hibernation.wake(Cause.OPERATOR, now)
        yield Answer(reply, messages.Started(created, self.status.now(), secret))

    def _configure(self, request: messages.ConfigureSession, reply: Reply, now: float) -> Iterator[Effect]:
        yield from self._write_given(
            now,
            description=request.description,
            ignore=request.ignore,
            proxy=request.proxy,
            engine=request.engine,
        )
        yield from self._set_policy(request.policy, now)
        yield from self._set_hibernation(request.hibernate, now)
        yield from self.chat_filter.tell_page()
        yield Answer(reply, self.status.now())

    def _set_policy(self, change: PolicyChange | None, now: float) -> Iterator[Effect]:
        if change is not None:
            yield from self.work.write(now, contact_policy=change.of(self.strangers.policy))

    def _set_hibernation(self, plan: HibernationPlan | None, now: float) -> Iterator[Effect]:
        if plan is not None:
            yield from self.hibernation.plan_changed(None if plan == NEVER else plan, now)

    def _write_given(self, now: float, **settings: Any) -> Iterator[Effect]:
        """None leaves a setting as it is."""
        if changes := {name: value for name, value in settings.items() if value is not None}:
            yield from self.work.write(now, **changes)

    def _send(self, request: sends.Send, reply: Reply, now: float) -> Iterator[Effect]:
        self.hibernation.used(now)
        if self.work.record.is_hibernating and self.examination.is_needed(request, now):
            self.waiting_room.enter(request, reply)
        else:
            yield from self.acceptance.send(request, reply, now)

    def _query(self, request: Query, reply: Reply, now: float) -> Iterator[Effect]:
        require_connected(self.work.record)
        self.hibernation.used(now)
        if self.work.record.is_hibernating:
            self.waiting_room.enter(request, reply)
        else:
            yield from self.queries.ask(request, reply)

    def _reset(self, reply: Reply, now: float) -> Iterator[Effect]:
        self._require_corrupt()
        # The profile was set aside when its login was distrusted; if that failed, it is now.
        yield from self.starts.start(Reason.STARTING, now, action=ProfileAction.SET_ASIDE, **NO_LOGIN)
        yield Answer(reply, self.status.now())

    def _restore(self, reply: Reply, now: float) -> Iterator[Effect]:
        """Also after a restart that went on without the login: the copy is as good as it was."""
        if self.work.record.is_login_in_use or self.logout.is_active:
            raise Refusal(Code.LOGIN_NOT_CORRUPT)
        yield from self.browser.close()
        yield from self.starts.start(Reason.RESTARTED, now, action=ProfileAction.RESTORE, has_login=True)
        yield Answer(reply, self.status.now())

    def _close(self, reply: Reply, now: float) -> Iterator[Effect]:
        if self.logout.is_active:
            # Stopped already, and on its way down.
            yield from self.logout.stay_stopped(now)
            yield Answer(reply, self.status.now())
            return
        yield from self.work.transition(now, Event.CLOSED, Reason.STOPPED, desired=Desired.STOPPED)
        yield from self.sending.close(now)
        yield from self.closing.close(reply)

    def _log_out(self, reply: Reply, now: float, *, forget: bool) -> Iterator[Effect]:
        on_main = self.browser.is_live and self.screen.condition is PageCondition.MAIN
        self.screen.forget()
        yield from self.logout.begin(reply, now, forget=forget, on_main=on_main)
        yield from self.sending.close(now)

    def _set_webhook(self, request: messages.SetWebhook, reply: Reply, now: float) -> Iterator[Effect]:
        work = self.work
        yield from work.set_webhook(now, request.url, request.events)
        secret = work.ensure_secret()
        yield Answer(reply, messages.SessionWebhook(request.url, request.events, secret))

    def _rotate_secret(self, reply: Reply, now: float) -> Iterator[Effect]:
        work = self.work
        secret = work.rotate_secret(now, self.policy.secret_overlap)
        yield Answer(reply, messages.SessionWebhook(work.endpoint, work.record.webhook_events, secret))

    def _require_corrupt(self) -> None:
        """Raises Refusal(LOGIN_NOT_CORRUPT): a login that may be good is not replaced."""
        if self.work.record.reason is not Reason.TOKEN_CORRUPT or self.logout.is_active:
            raise Refusal(Code.LOGIN_NOT_CORRUPT)
