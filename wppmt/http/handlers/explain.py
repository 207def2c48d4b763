"""The handler that tells what happened to a session or a message, and what to do (docs/contract.md 15)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from aiohttp import web

from wppmt.domain.errors import Code, Refusal
from wppmt.domain.times import iso
from wppmt.explain import gather
from wppmt.explain.material import Explanation
from wppmt.explain.message import explain_message
from wppmt.explain.session import explain_session
from wppmt.http.api import record_responses as responses
from wppmt.http.api.body_reader import invalid
from wppmt.http.api.json_responses import answer
from wppmt.http.ports import PORTS, Ports
from wppmt.http.security.guard import SESSION_ID
from wppmt.store.records import SessionRecord

USUAL_SECONDS = 86_400.0
LONGEST_ID = 256


async def explain(request: web.Request) -> web.Response:
    ports = request.app[PORTS]
    status = ports.front.status(request[SESSION_ID])
    if status is None:  # forgotten since the guard looked
        raise Refusal(Code.SESSION_NOT_FOUND)
    now, message_id = ports.now(), _message_id(request)
    since = _since(request, now - USUAL_SECONDS)
    if message_id is None:
        found = await asyncio.to_thread(_of_session, ports, status.record, since, now)
    else:
        found = await asyncio.to_thread(_of_message, ports, status.record, message_id, now)
    timeline = [responses.ExplainedMoment(at=iso(line.at), text=line.text) for line in found.timeline]
    return answer(responses.Explained(message_id=message_id, timeline=timeline, advice=found.advice))


def _of_session(ports: Ports, record: SessionRecord, since: float, now: float) -> Explanation:
    return explain_session(gather.of_session(ports.store, ports.logged, record, since, now))


def _of_message(ports: Ports, record: SessionRecord, message_id: str, now: float) -> Explanation:
    """Raises Refusal(MESSAGE_NOT_FOUND)."""
    material = gather.of_message(ports.store, ports.logged, record, message_id, now)
    if material is None:
        raise Refusal(Code.MESSAGE_NOT_FOUND)
    return explain_message(material)


def _message_id(request: web.Request) -> str | None:
    said = request.query.get("message")
    if said is not None and not 0 < len(said) <= LONGEST_ID:
        raise invalid("message", f"deve ter de 1 a {LONGEST_ID} caracteres")
    return said


def _since(request: web.Request, usual: float) -> float:
    """`?since=`, which a message does without. Raises Refusal(INVALID_REQUEST)."""
    said = request.query.get("since")
    if said is None:
        return usual
    try:
        # In a query a plus sign is a space, unless it was escaped.
        moment = datetime.fromisoformat(said.replace(" ", "+"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise invalid("since", "deve ser um momento em ISO 8601, como 2026-02-10T14:30:00Z") from None
