"""The listening side: sockets, and an end without loss. What one connection may do: `wppmt.http.protocol`."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

from aiohttp import web

from wppmt.http.connections import ConnectionLimits, Connections
from wppmt.http.ports import PORTS
from wppmt.http.protocol import Protocol
from wppmt.http.streaming.streams import STREAMS

BACKLOG = 1024
ACCEPTED_AT_ONCE = 64
"""In one turn of the loop: each takes a descriptor before anybody can count it."""
KEPT_SECONDS = 1.0
"""From draining on, a kept connection may so long be used once more, and is told that it was the last time."""
LAST_SECONDS = 2.0
"""For what was accepted before the end: a request on its way, an answer that is still being read."""
CANCELLED_SECONDS = 0.5
_TURNS = 5
"""Of the loop, from accepting a connection to reading what its client has sent already."""


class _Site(web.BaseSite):
    """Like aiohttp's TCPSite and SockSite, with our protocol."""

    __slots__ = ("_factory", "_where")

    def __init__(
        self, runner: Runner, factory: Callable[[], Protocol], where: tuple[str, int] | socket.socket
    ) -> None:
        super().__init__(runner, backlog=BACKLOG)
        self._factory = factory
        self._where = where

    @property
    def name(self) -> str:
        host, port = self._where.getsockname()[:2] if isinstance(self._where, socket.socket) else self._where
        return f"http://{host}:{port}"

    async def start(self) -> None:
        await super().start()
        create = asyncio.get_running_loop().create_server
        if isinstance(self._where, socket.socket):
            self._server = await create(self._factory, sock=self._where, backlog=ACCEPTED_AT_ONCE)
        else:
            self._server = await create(self._factory, *self._where, backlog=ACCEPTED_AT_ONCE)
        # asyncio has one word for the kernel's queue and for what is taken from it at once.
        for listening in self._server.sockets:
            with listening.dup() as the_same:
                the_same.listen(BACKLOG)

    async def stop_accepting(self) -> None:
        """What was accepted is served. What was not waits for whoever else holds the socket, or is refused."""
        loop = asyncio.get_running_loop()
        if isinstance(self._server, asyncio.Server):
            # One more look at all who have come.
            await _turns(BACKLOG // ACCEPTED_AT_ONCE + 1)
            for listening in self._server.sockets:
                loop.remove_reader(listening)
            # asyncio drops a connection that it has accepted, but not yet attached, when its server closes.
            await _turns(_TURNS)
            self._server.close()


class Runner(web.AppRunner):
    """The application on its sockets: `await start(…)`, and on the way down `drain()`, `settle()`, `cleanup()`.

    `addresses` tells where it listens.
    """

    def __init__(self, app: web.Application, limits: ConnectionLimits | None = None) -> None:
        super().__init__(app, shutdown_timeout=CANCELLED_SECONDS)
        self._ports = app[PORTS]
        self._open: Connections[Protocol] = Connections(limits or ConnectionLimits())
        self._present: list[Protocol] = []
        """Who was connected when draining began."""
        self._told_all_at = 0.0

    async def start(self, *places: tuple[str, int] | socket.socket) -> None:
        """Listen at hosts and ports (0: a free one), or on bound sockets. Raises OSError: port taken."""
        await self.setup()
        server = self.server
        assert server is not None, "setup() made it"  # noqa: S101
        try:
            for where in places:
                await _Site(self, lambda: Protocol(server, self._ports, self._open), where).start()
        except OSError:
            await self.cleanup()
            raise

    def drain(self) -> None:
        """The phase has changed: from now on every answer is the last one of its connection."""
        self.app[STREAMS].end_all()
        self._present = self._connections
        self._told_all_at = asyncio.get_running_loop().time() + KEPT_SECONDS

    async def settle(self, seconds: float) -> None:
        """Until the requests that came before draining are answered, at most so long."""
        early = {connection for connection in self._present if connection.is_answering}
        await _until(lambda: not any(one.is_answering for one in early & set(self._connections)), seconds)

    async def cleanup(self) -> None:
        """Accept nothing more, answer what was accepted, close."""
        left = self._told_all_at - asyncio.get_running_loop().time()
        await _until(lambda: not set(self._present) & set(self._connections), left)
        for site in self.sites:
            if isinstance(site, _Site):
                await site.stop_accepting()
        await _until(lambda: all(connection.is_resting for connection in self._connections), LAST_SECONDS)
        await super().cleanup()

    @property
    def _connections(self) -> list[Protocol]:
        found = self.server.connections if self.server else []
        return [one for one in found if isinstance(one, Protocol) and one.transport is not None]


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def _until(condition: Callable[[], bool], seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - aiohttp's connections tell nobody how they stand
                await asyncio.sleep(0.01)
