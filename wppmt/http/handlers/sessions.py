"""Handlers of a session's life: start, list, QR, status, close, restart, log out (docs/contract.md 3)."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import hdrs, web

from wppmt.domain import messages
from wppmt.domain.actions import Action
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import ROOT_ACTOR, session_address
from wppmt.domain.states import State
from wppmt.domain.times import iso
from wppmt.http.api import qr, responses, views
from wppmt.http.api.body_reader import invalid, read_body
from wppmt.http.api.json_responses import answer
from wppmt.http.api.phones import parse_phone
from wppmt.http.api.route import Access
from wppmt.http.api.session_schemas import ChangeBody, CreateBody, StartBody
from wppmt.http.auditing import tell
from wppmt.http.ports import PORTS, Ports
from wppmt.http.security.guard import GRANT, SESSION_ID, admit
from wppmt.store.records import SessionStatus

START_SECONDS = 15.0
LOGOUT_SECONDS = 90.0
"""A stopped session's browser is started for it, at most 60 s."""

_CLOSED = "Sessão encerrada. Tokens preservados para reconexão futura."
_LOGGED_OUT = "Logout realizado. QR Code será necessário na próxima conexão."
_RESTARTING = "Reinício em andamento. Um reinício não apaga o login."
_RESTORING = "Restauração em andamento, com a última cópia boa do login."
_RESETTING = "Recomeço em andamento. O login que não foi aceito ficou guardado à parte; leia o novo QR Code."
_PURGED = "Sessão removida. Nenhum dado foi preservado."


async def start(request: web.Request) -> web.Response:
    return await _start(request, await read_body(request, StartBody))


async def create(request: web.Request) -> web.Response:
    body = await read_body(request, CreateBody)
    await admit(request, body.session_id, Access.NEW_SESSION)
    return await _start(request, body)


async def _start(request: web.Request, body: StartBody) -> web.Response:
    ports = request.app[PORTS]
    if body.webhook_url is not None:
        await ports.check_target(body.webhook_url)
    await _check_engine(ports, request[SESSION_ID], body.engine)
    async with ports.cluster.claimed(request[SESSION_ID]):
        started: messages.Started = await ports.front.ask(
            ROOT_ACTOR, _start_message(request[SESSION_ID], body), START_SECONDS
        )
    record = started.status.record
    return answer(
        responses.StartedBody(
            session_id=record.id,
            status=record.state,
            created_at=iso(record.created_at),
            webhook_url=views.shown_webhook(record.webhook_url, ports.settings.default_webhook_url),
            webhook_secret=started.webhook_secret,
        ),
        201 if started.created else 200,
    )


def _start_message(session_id: str, body: StartBody) -> messages.StartSession:
    return messages.StartSession(
        session_id=session_id,
        webhook_url=body.webhook_url,
        events=None if body.events is None else tuple(dict.fromkeys(body.events)),
        max_messages_per_day=body.max_messages_per_day,
        pairing_phone=None if body.phone is None else parse_phone(body.phone),
        **_settings_of(body),
    )


async def _check_engine(ports: Ports, session_id: str, engine: str | None) -> None:
    """Raises Refusal for one by which its browser could not be opened."""
    if engine and (flaw := await asyncio.to_thread(ports.engine_flaw, session_id, engine)):
        raise invalid("engine", flaw)


async def list_sessions(request: web.Request) -> web.Response:
    ports, grant = request.app[PORTS], request[GRANT]
    seen = [
        views.status_of(status, ports.settings.default_webhook_url, ports.limits(status.record))
        for status in ports.front.statuses()
        if grant.may(status.record.id)
    ]
    return answer(responses.SessionList(count=len(seen), sessions=seen))


async def show_qr_code(request: web.Request) -> web.Response:
    status = _status(request)
    if "image/png" not in request.headers.get(hdrs.ACCEPT, ""):
        return answer(views.qr_code_of(status))
    if status.qr is None or status.record.state is not State.WAITING_SCAN:
        raise Refusal(Code.QR_NOT_AVAILABLE)
    return web.Response(body=qr.png(status.qr.text), content_type="image/png")


async def show_status(request: web.Request) -> web.Response:
    ports: Ports = request.app[PORTS]
    status = _status(request)
    return answer(views.status_of(status, ports.settings.default_webhook_url, ports.limits(status.record)))


def _settings_of(body: ChangeBody | StartBody) -> dict[str, Any]:
    return {
        "description": body.description,
        "proxy": body.proxy,
        "engine": body.engine,
        "ignore": None if body.ignore is None else tuple(dict.fromkeys(body.ignore)),
        "policy": body.policy_change,
        "hibernate": body.hibernation_plan,
    }


async def show_limits(request: web.Request) -> web.Response:
    ports: Ports = request.app[PORTS]
    return answer(responses.AccountLimits.model_validate(ports.limits(_status(request).record)))


async def show_settings(request: web.Request) -> web.Response:
    default = request.app[PORTS].settings.contact_policy
    return answer(views.settings_of(_status(request).record, default))


async def change(request: web.Request) -> web.Response:
    """A proxy or an engine counts from the next start of the browser on."""
    body = await read_body(request, ChangeBody)
    ports, asked = request.app[PORTS], messages.ConfigureSession(**_settings_of(body))
    await _check_engine(ports, request[SESSION_ID], body.engine)
    status: SessionStatus = await ports.front.ask(session_address(request[SESSION_ID]), asked, START_SECONDS)
    return answer(views.settings_of(status.record, ports.settings.contact_policy))


async def close(request: web.Request) -> web.Response:
    """DELETE and `/disconnect`: the browser is closed, the login kept; `?purge=true` keeps nothing."""
    session_id = request[SESSION_ID]
    front, deadline = request.app[PORTS].front, request.app[PORTS].settings.close_deadline
    if _wants_purge(request):
        tell(request, Action.PURGE_SESSION)
        purged: messages.LoggedOut = await front.ask(
            ROOT_ACTOR, messages.PurgeSession(session_id), LOGOUT_SECONDS
        )
        await asyncio.to_thread(request.app[PORTS].received.forget, session_id)
        return _logged_out(purged, _PURGED)
    await front.ask(session_address(session_id), messages.CloseSession(), deadline)
    return answer(responses.Confirmation(message=_CLOSED))


def _wants_purge(request: web.Request) -> bool:
    match request.query.getall("purge", ["false"]):
        case ["true"] if request.method == hdrs.METH_DELETE:
            return True
        case ["false"]:
            return False
        case _:
            # A typo here must not quietly keep what someone wanted gone, nor the reverse.
            raise invalid("purge", "use true ou false, uma só vez, e só com DELETE")


async def log_out(request: web.Request) -> web.Response:
    address = session_address(request[SESSION_ID])
    logged_out: messages.LoggedOut = await request.app[PORTS].front.ask(
        address, messages.LogOut(), LOGOUT_SECONDS
    )
    return _logged_out(logged_out, _LOGGED_OUT)


def _logged_out(outcome: messages.LoggedOut, message: str) -> web.Response:
    return answer(responses.Confirmation(message=message, unlinked=None if outcome.unlinked else False))


async def restart(request: web.Request) -> web.Response:
    """A new browser with the same login; an administrator's route is the same."""
    status: SessionStatus = await request.app[PORTS].front.ask(
        ROOT_ACTOR, messages.RestartSession(request[SESSION_ID]), START_SECONDS
    )
    return _restarting(status, _RESTARTING)


async def reset(request: web.Request) -> web.Response:
    """After TOKEN_CORRUPT: without the login, to a new QR code."""
    address = session_address(request[SESSION_ID])
    status: SessionStatus = await request.app[PORTS].front.ask(address, messages.ResetLogin(), START_SECONDS)
    return _restarting(status, _RESETTING)


async def restore(request: web.Request) -> web.Response:
    """Where no login is in use, as after TOKEN_CORRUPT: with the last good copy of one."""
    ports, session_id = request.app[PORTS], request[SESSION_ID]
    if _status(request).record.is_login_in_use:
        raise Refusal(Code.LOGIN_NOT_CORRUPT)
    if not await asyncio.to_thread(ports.has_login_copy, session_id):
        raise Refusal(Code.NO_LOGIN_COPY)
    status: SessionStatus = await ports.front.ask(
        ROOT_ACTOR, messages.RestoreLogin(session_id), START_SECONDS
    )
    return _restarting(status, _RESTORING)


def _restarting(status: SessionStatus, said: str) -> web.Response:
    record = status.record
    return answer(responses.Restarting(session_id=record.id, status=record.state, message=said), 202)


def _status(request: web.Request) -> SessionStatus:
    status = request.app[PORTS].front.status(request[SESSION_ID])
    if status is None:  # forgotten since the guard looked
        raise Refusal(Code.SESSION_NOT_FOUND)
    return status
