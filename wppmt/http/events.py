"""Handlers of what has happened: the event log, the send journal, the events that were given up on."""

from __future__ import annotations

import asyncio

from aiohttp import web

from wppmt.errors import Code, Refusal
from wppmt.http import answers, views
from wppmt.http.bodies import read_body
from wppmt.http.guard import SESSION_ID
from wppmt.http.ports import PORTS
from wppmt.http.queries import LARGEST, page_of, whole_number
from wppmt.http.responses import answer, json_bytes
from wppmt.http.schemas import ReplayBody
from wppmt.messages import WEBHOOK, ReplayDeadLetters
from wppmt.store import DeadLetters

REPLAY_SECONDS = 30.0


async def list_events(request: web.Request) -> web.Response:
    """The recorded bodies themselves, byte for byte what the webhook signs and delivers."""
    after = whole_number(request, "after", default=0, between=(0, LARGEST))
    limit = page_of(request)
    store = request.app[PORTS].store
    found = await asyncio.to_thread(store.events_after, request[SESSION_ID], after, limit + 1)
    page = found[:limit]
    newest = page[-1].sequence if page else after
    more = "true" if len(found) > limit else "false"
    bodies = b",".join(event.body for event in page)
    tail = f'],"next":{newest},"more":{more}}}'
    return json_bytes(f'{{"count":{len(page)},"events":['.encode() + bodies + tail.encode())


async def show_message(request: web.Request) -> web.Response:
    store = request.app[PORTS].store
    entry = await asyncio.to_thread(store.message, request[SESSION_ID], request.match_info["messageId"])
    if entry is None:
        raise Refusal(Code.MESSAGE_NOT_FOUND)
    return answer(views.message_of(entry))


async def list_dead_letters(request: web.Request) -> web.Response:
    after = whole_number(request, "after", default=0, between=(0, LARGEST))
    limit = page_of(request)
    store, which = request.app[PORTS].store, DeadLetters(request[SESSION_ID])
    found = await asyncio.to_thread(store.dead_letters, which, after, limit + 1)
    page = found[:limit]
    return answer(
        answers.DeadLetterPage(
            count=await asyncio.to_thread(store.count_dead_letters, which),
            dead_letters=[views.dead_letter_of(delivery) for delivery in page],
            next=page[-1].number if page else after,
            more=len(found) > limit,
        )
    )


async def replay_dead_letters(request: web.Request) -> web.Response:
    """One, some or all; ids and bodies stay, so a receiver can tell that it knows them."""
    body = await read_body(request, ReplayBody)
    ports = request.app[PORTS]
    if body.url is not None:
        await ports.check_target(body.url)
    which = DeadLetters(request[SESSION_ID], event_ids=tuple(body.ids or ()), name=body.event or "")
    replayed: int = await ports.front.ask(WEBHOOK, ReplayDeadLetters(which, body.url or ""), REPLAY_SECONDS)
    return answer(answers.Replayed(replayed=replayed))
