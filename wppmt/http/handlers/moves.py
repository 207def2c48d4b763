"""Handlers of a session's move: asked for at its source, and what the source asks of the target (docs/contract.md 18)."""

from __future__ import annotations

import re

from aiohttp import web

from wppmt.domain.actions import Action
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.moves import Arrived, Offer, Sender
from wppmt.domain.session_ids import is_session_id
from wppmt.http.api import archive_responses, archive_schemas, operator_responses
from wppmt.http.api.body_reader import invalid, read_body
from wppmt.http.api.json_responses import answer
from wppmt.http.api.query_parameters import whole_number
from wppmt.http.auditing import tell
from wppmt.http.handlers.archives import content_of
from wppmt.http.ports import PORTS
from wppmt.http.security.guard import GRANT, SESSION_ID, client_of

KEY_HEADER = "X-Move-Key"
MOST_BYTES = 8 * 1024**3
_KEY = re.compile(r"[0-9a-f]{64}")
_CHROME = re.compile(r"(\d{1,6}(\.\d{1,6}){0,3})?")


async def move(request: web.Request) -> web.Response:
    """POST /api/admin/sessions/{sessionId}/move."""
    body, ports = await read_body(request, archive_schemas.MoveBody), request.app[PORTS]
    match body.machine, body.to, body.token:
        case str(machine), None, None:
            job = await ports.cluster.move(request[SESSION_ID], machine)
        case None, str(to), str(token):
            job = ports.moves.begin(request[SESSION_ID], to, token)
        case None, None, _:
            raise invalid("to", "diga machine, ou to e token")
        case None, _, None:
            raise invalid("token", "to precisa de token")
        case _:
            raise invalid("machine", "com machine, nem to nem token")
    return answer(operator_responses.JobBegun(job=job.id, session_id=job.session_id), 202)


async def may_come(request: web.Request) -> web.Response:
    """GET /api/admin/arrivals/{sessionId}: before anything of the session is touched at its source."""
    session_id = _session(request)
    chrome = request.query.get("chrome", "")
    if not _CHROME.fullmatch(chrome):
        raise invalid("chrome", "use uma versão como 156.0.8078.79, ou nada")
    version = whole_number(request, "schemaVersion", default=1, between=(1, 100_000))
    size = whole_number(request, "size", default=0, between=(0, MOST_BYTES))
    await request.app[PORTS].moves.check(session_id, Offer(version, chrome, size))
    return answer(archive_responses.MayCome(session_id=session_id))


async def receive(request: web.Request) -> web.Response:
    """PUT: the archive, sealed with the key that the source shows."""
    session_id, ports = _session(request), request.app[PORTS]
    sender = Sender(client_of(request), request[GRANT].who)
    await ports.moves.accept(session_id, _key(request), content_of(request), sender)
    tell(request, Action.RECEIVE, session_id)
    return answer(_shown(session_id, Arrived(is_taken=False, state=None)), 201)


async def take(request: web.Request) -> web.Response:
    session_id = _session(request)
    return answer(_shown(session_id, await request.app[PORTS].moves.take(session_id, _key(request))))


async def show(request: web.Request) -> web.Response:
    session_id = _session(request)
    return answer(_shown(session_id, request.app[PORTS].moves.state(session_id, _key(request))))


async def drop(request: web.Request) -> web.Response:
    session_id = _session(request)
    await request.app[PORTS].moves.drop(session_id, _key(request))
    return answer(archive_responses.Dropped(session_id=session_id))


def _shown(session_id: str, arrived: Arrived) -> archive_responses.ArrivalShown:
    return archive_responses.ArrivalShown(session_id=session_id, taken=arrived.is_taken, status=arrived.state)


def _session(request: web.Request) -> str:
    """It need not exist; a token that is bound to some may speak of no other. Raises Refusal."""
    session_id = request.match_info["sessionId"]
    if not is_session_id(session_id):
        raise Refusal(Code.INVALID_SESSION_ID)
    if GRANT in request and not request[GRANT].may(session_id):
        raise Refusal(Code.SESSION_NOT_FOUND)
    return session_id


def _key(request: web.Request) -> str:
    """Raises Refusal(NOT_FOUND), as for one that nobody knows."""
    key = request.headers.get(KEY_HEADER, "")
    if not _KEY.fullmatch(key):
        raise Refusal(Code.NOT_FOUND)
    return key
