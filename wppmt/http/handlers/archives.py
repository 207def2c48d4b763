"""Handlers for sessions as files: backup, restore, and the jobs that these are (docs/contract.md 18)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiohttp import hdrs, web

from wppmt.domain.actions import Action
from wppmt.domain.errors import Code, Refusal
from wppmt.http.api import operator_responses
from wppmt.http.api.body_reader import invalid
from wppmt.http.api.json_responses import answer
from wppmt.http.auditing import tell
from wppmt.http.ports import PORTS
from wppmt.http.security.guard import GRANT, SESSION_ID

SILENCE_SECONDS = 30.0
"""An archive may come for as long as it comes."""


async def back_up(request: web.Request) -> web.Response:
    job = request.app[PORTS].archives.back_up(request[SESSION_ID])
    return answer(operator_responses.JobBegun(job=job.id, session_id=job.session_id), 202)


async def restore(request: web.Request) -> web.Response:
    """For who may act for all sessions: whose it is, an archive says only when it is read."""
    if not request[GRANT].covers(None):
        problem = "só com um token ou uma chave que alcança todas as sessões"
        raise Refusal(Code.FORBIDDEN, details=[{"field": "sessions", "problem": problem}])
    if not request.body_exists:
        raise invalid("body", "envie o arquivo no corpo")
    job = await request.app[PORTS].archives.restore(content_of(request))
    tell(request, Action.TAKE_IN, job.session_id)
    return answer(operator_responses.JobBegun(job=job.id, session_id=job.session_id), 202)


async def show_job(request: web.Request) -> web.Response:
    job = request.app[PORTS].archives.job(request.match_info["job"])
    if job is None or not request[GRANT].may(job.session_id):
        raise Refusal(Code.NOT_FOUND)
    return answer(
        operator_responses.JobShown(
            job=job.id, session_id=job.session_id, status=job.status, file=job.file, error=job.error
        )
    )


async def content_of(request: web.Request) -> AsyncIterator[bytes]:
    if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # no part of the answer, as aiohttp counts it
    chunks = request.content.iter_any()
    while True:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                yield await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise invalid("body", "o corpo não chegou a tempo") from None
