"""What the HTTP front asks of a session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from actors.runtime.effects import Answer, Effect, ProfileAction, Reply
from actors.session.parts import Parts
from actors.session.sending.refusals import require_connected
from wppmt.domain import messages
from wppmt.domain.contact_policy import ContactPolicy
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.page_condition import PageCondition
from wppmt.domain.reasons import Reason
from wppmt.domain.states import Event, State
from wppmt.store.records import NO_LOGIN, Desired


class Requests:
    """Each request is answered, now or later, or refused."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

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
                self._require_corrupt()
                # The profile was set aside when its login was distrusted; if that failed, it is now.
                yield from self._parts.open(Reason.STARTING, now, action=ProfileAction.SET_ASIDE, **NO_LOGIN)
                yield Answer(reply, self._parts.status())
            case messages.RestoreLogin():
                yield from self._restore(reply, now)
            case messages.SendText() | messages.SendMedia() | messages.SendContent():
                yield from self._parts.acceptance.send(request, reply, now)
            case messages.AnnounceMedia():
                yield from self._parts.acceptance.announce(request, reply, now)
            case messages.ListContacts() | messages.CheckNumber() | messages.FetchMedia():
                require_connected(self._parts.record)
                yield from self._parts.queries.ask(request, reply)
            case messages.ConfigureSession():
                yield from self._configure(request, reply, now)
            case messages.SetWebhook():
                yield from self._set_webhook(request, reply, now)
            case messages.RotateWebhookSecret():
                yield from self._rotate_secret(reply, now)
            case _:
                raise TypeError(type(request).__name__)

    def _start(self, request: messages.StartSession, reply: Reply, now: float) -> Iterator[Effect]:
        if self._parts.logout.is_active:
            raise Refusal(Code.SESSION_BUSY, retry_after=5)
        given: dict[str, Any] = {
            "description": request.description,
            "webhook_events": request.events,
            "max_messages_per_day": request.max_messages_per_day,
            "pairing_phone": request.pairing_phone,
            "ignore": request.ignore,
            "contact_policy": self._policy(request.policy),
        }
        work = self._parts.work
        created = not work.is_written
        # First the webhook and its secret: the events of this very start already go there, signed.
        if changes := {name: value for name, value in given.items() if value is not None}:
            yield from work.write(now, **changes)
        if request.webhook_url is not None:
            yield from work.set_webhook(now, request.webhook_url, work.record.webhook_events)
        secret = work.ensure_secret()
        if self._parts.record.state is State.DISCONNECTED:
            yield from self._parts.open(Reason.STARTING, now)
        yield Answer(reply, messages.Started(created, self._parts.status(), secret))

    def _configure(self, request: messages.ConfigureSession, reply: Reply, now: float) -> Iterator[Effect]:
        given: dict[str, Any] = {
            "description": request.description,
            "ignore": request.ignore,
            "contact_policy": self._policy(request.policy),
        }
        changes = {name: value for name, value in given.items() if value is not None}
        yield from self._parts.work.write(now, **changes)
        yield from self._parts.reception.filter_page()
        yield Answer(reply, self._parts.status())

    def _policy(self, changes: Mapping[str, Any] | None) -> ContactPolicy | None:
        return replace(self._parts.strangers.policy, **changes) if changes else None

    def _restore(self, reply: Reply, now: float) -> Iterator[Effect]:
        """Also after a restart that went on without the login: the copy is as good as it was."""
        if self._parts.record.is_login_in_use or self._parts.logout.is_active:
            raise Refusal(Code.LOGIN_NOT_CORRUPT)
        yield from self._parts.lifecycle.close()
        yield from self._parts.open(Reason.RESTARTED, now, action=ProfileAction.RESTORE, has_login=True)
        yield Answer(reply, self._parts.status())

    def _close(self, reply: Reply, now: float) -> Iterator[Effect]:
        if self._parts.logout.is_active:
            # Stopped already, and on its way down.
            yield from self._parts.logout.stay_stopped(now)
            yield Answer(reply, self._parts.status())
            return
        yield from self._parts.work.move(now, Event.CLOSED, Reason.STOPPED, desired=Desired.STOPPED)
        self._parts.page_state.reset()
        yield from self._parts.sending.close(now)
        yield from self._parts.lifecycle.close()
        self._parts.close_replies.append(reply)

    def _log_out(self, reply: Reply, now: float, *, forget: bool) -> Iterator[Effect]:
        on_main = self._parts.lifecycle.is_live and self._parts.page_state.condition is PageCondition.MAIN
        self._parts.page_state.reset()
        yield from self._parts.logout.begin(reply, now, forget=forget, on_main=on_main)
        yield from self._parts.sending.close(now)

    def _set_webhook(self, request: messages.SetWebhook, reply: Reply, now: float) -> Iterator[Effect]:
        work = self._parts.work
        yield from work.set_webhook(now, request.url, request.events)
        secret = work.ensure_secret()
        yield Answer(reply, messages.SessionWebhook(request.url, request.events, secret))

    def _rotate_secret(self, reply: Reply, now: float) -> Iterator[Effect]:
        work = self._parts.work
        secret = work.rotate_secret(now, self._parts.policy.secret_overlap)
        yield Answer(reply, messages.SessionWebhook(work.endpoint, work.record.webhook_events, secret))

    def _require_corrupt(self) -> None:
        """Raises Refusal(LOGIN_NOT_CORRUPT): a login that may be good is not replaced."""
        if self._parts.record.reason is not Reason.TOKEN_CORRUPT or self._parts.logout.is_active:
            raise Refusal(Code.LOGIN_NOT_CORRUPT)
