"""Handlers of server-sent events: a session's, and those of all sessions that the caller reaches (docs/contract.md 17)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress

from aiohttp import web

from wppmt.http.api.body_reader import invalid
from wppmt.http.measuring import STREAM
from wppmt.http.ports import PORTS
from wppmt.http.protocol import Protocol
from wppmt.http.security.grant import Grant
from wppmt.http.security.guard import GRANT, SESSION_ID
from wppmt.http.streaming.bell import Ear
from wppmt.http.streaming.readers import ManySessionsReader, OneSessionReader, Reader
from wppmt.http.streaming.streams import STREAMS, Streams
from wppmt.store.port import StoreUnavailable

LAST_EVENT_ID = "Last-Event-ID"
_HEADERS = {"Content-Type": STREAM, "X-Accel-Buffering": "no"}


async def of_session(request: web.Request) -> web.StreamResponse:
    session_id, store = request[SESSION_ID], request.app[PORTS].store
    reader = await _resumed(request, lambda last: OneSessionReader.resume(store, session_id, last))
    return await _stream(request, reader, frozenset({session_id}), session_id)


async def of_all(request: web.Request) -> web.StreamResponse:
    sessions, store = request[GRANT].sessions, request.app[PORTS].store
    reader = await _resumed(request, lambda last: ManySessionsReader.resume(store, sessions, last))
    return await _stream(request, reader, sessions, sessions)


async def _resumed(request: web.Request, resume: Callable[[str | None], Reader]) -> Reader:
    """Raises Refusal(INVALID_REQUEST)."""
    said = request.headers.getall(LAST_EVENT_ID, [])
    try:
        if len(said) > 1:
            raise ValueError
        return await asyncio.to_thread(resume, said[0].strip() if said else None)
    except ValueError:
        raise invalid(
            LAST_EVENT_ID, "use o id do último evento recebido, ou 0 para o registro inteiro"
        ) from None


async def _stream(
    request: web.Request, reader: Reader, sessions: frozenset[str] | None, owner: Hashable
) -> web.StreamResponse:
    streams, ear = request.app[STREAMS], Ear(sessions)
    if isinstance(request.protocol, Protocol):
        request.protocol.when_lost(ear.wake)
    response = web.StreamResponse(headers=_HEADERS)
    with streams.open(owner, ear), suppress(ConnectionError, StoreUnavailable), _hung_up_on(request):
        await response.prepare(request)
        # Who has had no event yet comes back to where it began, too.
        retry = round(streams.policy.retry * 1000)
        await response.write(f"retry: {retry}\nid: {reader.cursor}\n\n".encode())
        await _tell(request, streams, ear, reader, response)
    return response


@contextmanager
def _hung_up_on(request: web.Request) -> Iterator[None]:
    """A reader that takes nothing would not take the end of its stream, either."""
    try:
        yield
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()


async def _tell(
    request: web.Request, streams: Streams, ear: Ear, reader: Reader, response: web.StreamResponse
) -> None:
    """Until its reader may not read any more, or the daemon goes.

    Raises ConnectionError where the reader is gone, TimeoutError where it takes nothing.
    """
    clock, policy = asyncio.get_running_loop().time, streams.policy
    beat = clock() + policy.heartbeat
    while not streams.are_ending and _may_go_on(request):
        told = await asyncio.to_thread(reader.read) if ear.take() else ()
        said = b"".join(b"id: %b\ndata: %b\n\n" % (one.id.encode(), one.body) for one in told)
        if clock() >= beat:
            said += b":\n\n"
            beat = clock() + policy.heartbeat
        async with asyncio.timeout(policy.unread):
            await response.write(said)
        if told:
            # There may be more.
            ear.wake()
        await ear.wait(min(policy.look, beat - clock()))


def _may_go_on(request: web.Request) -> bool:
    ports = request.app[PORTS]
    session_id = request.get(SESSION_ID)
    is_there = session_id is None or ports.front.status(session_id) is not None
    is_read = request.transport is not None and not request.transport.is_closing()
    return is_read and is_there and _is_good(request[GRANT], request)


def _is_good(grant: Grant, request: web.Request) -> bool:
    ports = request.app[PORTS]
    return ports.now() < grant.expires_at and (not grant.key_id or ports.keyring.holds(grant.key_id))
