"""A profile that `wppmt import` has put in its place becomes a session (docs/contract.md 18)."""

from __future__ import annotations

import asyncio

from aiohttp import web

from wppmt.domain import move_messages
from wppmt.domain.actions import Action
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import ROOT_ACTOR
from wppmt.http.api import archive_responses, archive_schemas
from wppmt.http.api.body_reader import invalid, read_body
from wppmt.http.api.json_responses import answer
from wppmt.http.auditing import tell
from wppmt.http.ports import PORTS, Ports
from wppmt.store.records import SessionStatus, imported

ASK_SECONDS = 15.0


async def register(request: web.Request) -> web.Response:
    """Stopped, with its login: whoever starts it decides from when on it works here."""
    body = await read_body(request, archive_schemas.ImportBody)
    ports, session_id = request.app[PORTS], body.session_id
    if ports.front.status(session_id) is not None:
        raise Refusal(Code.SESSION_EXISTS)
    if not await asyncio.to_thread(ports.waits_for_import, session_id):
        raise invalid("sessionId", "wppmt import não trouxe um perfil para esta sessão")
    async with ports.cluster.claimed(session_id, restores=True):
        await asyncio.to_thread(_save, ports, session_id)
        made: SessionStatus = await ports.front.ask(ROOT_ACTOR, move_messages.TakeUp(session_id), ASK_SECONDS)
    tell(request, Action.IMPORT_SESSION, session_id)
    return answer(archive_responses.Imported(session_id=session_id, status=made.record.state), status=201)


def _save(ports: Ports, session_id: str) -> None:
    """Nobody else writes while the transaction is open. Raises Refusal(SESSION_EXISTS)."""
    with ports.store.transaction() as transaction:
        if ports.store.session(session_id):
            raise Refusal(Code.SESSION_EXISTS)
        transaction.save(imported(session_id, ports.now()))
