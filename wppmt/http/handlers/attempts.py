"""The handler that tells what came of each try to deliver an event (docs/contract.md 17)."""

from __future__ import annotations

import asyncio

from aiohttp import web

from wppmt.domain.errors import Code, Refusal
from wppmt.domain.times import iso
from wppmt.http.api import record_responses as responses
from wppmt.http.api.json_responses import answer
from wppmt.http.ports import PORTS
from wppmt.http.security.guard import SESSION_ID
from wppmt.store.operator_records import Attempt


async def list_attempts(request: web.Request) -> web.Response:
    store, event_id = request.app[PORTS].store, request.match_info["eventId"]
    found = await asyncio.to_thread(store.attempts, request[SESSION_ID], event_id)
    if found is None:
        raise Refusal(Code.NOT_FOUND)
    return answer(responses.Attempts(attempts=[_shown(attempt) for attempt in found]))


def _shown(attempt: Attempt) -> responses.Attempt:
    return responses.Attempt(
        at=iso(attempt.at), status=attempt.status, duration_ms=attempt.duration_ms, answer=attempt.answer
    )
