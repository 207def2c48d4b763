"""Handlers of what has happened: the event log, the send journal, the events that were given up on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from aiohttp import web

from wppmt.domain.actions import Action
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import WEBHOOK_ACTOR, ReplayDeadLetters
from wppmt.http.api import event_responses, views
from wppmt.http.api.body_reader import read_body
from wppmt.http.api.json_responses import answer, json_bytes
from wppmt.http.api.query_parameters import LARGEST, page_of, whole_number
from wppmt.http.api.schemas import ReplayBody
from wppmt.http.auditing import tell
from wppmt.http.ports import PORTS
from wppmt.http.security.guard import SESSION_ID
from wppmt.store.outbox_records import DeadLetterFilter, Delivery
from wppmt.store.port import Store
from wppmt.store.records import EventRecord

REPLAY_SECONDS = 30.0
PAGE_BYTES = 2_000_000
"""Of events, beyond the first: a thousand events of a few hundred kilobytes each would be a burden to everyone."""
STEP = 25
"""Rows of one read: the store has one reader, for which all wait."""

Row = TypeVar("Row", EventRecord, Delivery)


async def list_events(request: web.Request) -> web.Response:
    """The recorded bodies themselves, byte for byte what the webhook signs and delivers."""
    after = whole_number(request, "after", default=0, between=(0, LARGEST))
    limit = page_of(request)
    store = request.app[PORTS].store
    return json_bytes(await asyncio.to_thread(_event_page, store, request[SESSION_ID], after, limit))


def _event_page(store: Store, session_id: str, after: int, limit: int) -> bytes:
    page: list[EventRecord] = []
    size, more = 0, "false"
    for event in _in_steps(
        lambda behind: store.events_after(session_id, behind, STEP), lambda event: event.sequence, after
    ):
        size += len(event.body)
        if len(page) == limit or (page and size > PAGE_BYTES):
            more = "true"
            break
        page.append(event)
    newest = page[-1].sequence if page else after
    head = f'{{"count":{len(page)},"events":['
    # Read last: not smaller than `next`, unless the numbers have begun anew.
    tail = f'],"next":{newest},"more":{more},"lastSequence":{store.last_sequence(session_id)}}}'
    return b"".join((head.encode(), b",".join(event.body for event in page), tail.encode()))


def _in_steps(
    read: Callable[[int], Sequence[Row]], number: Callable[[Row], int], after: int
) -> Iterator[Row]:
    """All rows behind `after`; others are served between two reads."""
    while rows := read(after):
        yield from rows
        if len(rows) < STEP:
            return
        after = number(rows[-1])


async def show_message(request: web.Request) -> web.Response:
    store = request.app[PORTS].store
    entry = await asyncio.to_thread(store.message, request[SESSION_ID], request.match_info["messageId"])
    if entry is None:
        raise Refusal(Code.MESSAGE_NOT_FOUND)
    return answer(views.message_of(entry))


async def list_dead_letters(request: web.Request) -> web.Response:
    after = whole_number(request, "after", default=0, between=(0, LARGEST))
    limit = page_of(request)
    ports, which = request.app[PORTS], DeadLetterFilter(request[SESSION_ID])
    status = ports.front.status(which.session_id)
    own_url = status.record.webhook_url if status else ""
    return answer(await asyncio.to_thread(_dead_letter_page, ports.store, which, own_url, after, limit))


def _dead_letter_page(
    store: Store, which: DeadLetterFilter, own_url: str, after: int, limit: int
) -> event_responses.DeadLetterPage:
    dead = _in_steps(
        lambda behind: store.dead_letters(which, behind, STEP), lambda delivery: delivery.number, after
    )
    # Not kept themselves: their bodies, which are not shown, may be large.
    shown = [(delivery.number, views.dead_letter_of(delivery, own_url)) for delivery in islice(dead, limit)]
    return event_responses.DeadLetterPage(
        count=store.count_dead_letters(which),
        dead_letters=[letter for _, letter in shown],
        next=shown[-1][0] if shown else after,
        more=next(dead, None) is not None,
    )


async def replay_dead_letters(request: web.Request) -> web.Response:
    """One, some or all; ids and bodies stay, so a receiver can tell that it knows them."""
    body = await read_body(request, ReplayBody)
    ports = request.app[PORTS]
    if body.url is not None:
        await ports.check_target(body.url)
    which = DeadLetterFilter(request[SESSION_ID], event_ids=tuple(body.ids or ()), name=body.event or "")
    replayed: int = await ports.front.ask(
        WEBHOOK_ACTOR, ReplayDeadLetters(which, body.url or ""), REPLAY_SECONDS
    )
    tell(request, Action.REPLAY, target=str(replayed))
    return answer(event_responses.Replayed(replayed=replayed))
