"""The listening side: aiohttp's protocol with timeouts against slow clients, refusals in our form, an end without loss."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage

from wppmt.domain.errors import Code, Refusal
from wppmt.http.api.json_responses import refusal_response
from wppmt.http.middleware import REQUEST_ID, common_headers
from wppmt.http.ports import PORTS, Ports
from wppmt.http.security.guard import SESSION_ID

HEADER_SECONDS = 10.0
"""From connecting to the end of the first request's headers (Slowloris)."""
KEEPALIVE_SECONDS = 75.0
BACKLOG = 1024
KEPT_SECONDS = 1.0
"""From draining on, a kept connection may so long be used once more, and is told that it was the last time."""
LAST_SECONDS = 2.0
"""For what was accepted before the end: a request on its way, an answer that is still being read."""
CANCELLED_SECONDS = 0.5
_TURNS = 5
"""Of the loop, from accepting a connection to reading what its client has sent already."""


class Protocol(web.RequestHandler):
    """One connection."""

    __slots__ = ("_header_timer", "_is_amid_head", "_ports")

    def __init__(self, server: web.Server, ports: Ports) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # ours is the middleware `observe`
            auto_decompress=False,  # a few small gzip bodies would cost gigabytes
            keepalive_timeout=KEEPALIVE_SECONDS,
            lingering_time=2.0,
        )
        self._ports = ports
        self._header_timer: asyncio.TimerHandle | None = None
        self._is_amid_head = False

    @property
    def is_answering(self) -> bool:
        """A request is here, and its answer has not left us whole."""
        return self._request_count > 0 and not self._is_waiting

    @property
    def is_resting(self) -> bool:
        """Kept after an answer, and nothing of a next request is here: nobody loses anything when it is closed."""
        return self._request_count > 0 and self._is_waiting and not self._is_amid_head

    @property
    def _is_waiting(self) -> bool:
        return self._waiter is not None and not self._waiter.done()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._is_amid_head = self._is_waiting

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._header_timer = self._loop.call_later(HEADER_SECONDS, self._close_if_silent)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._header_timer:
            self._header_timer.cancel()
        super().connection_lost(exc)

    def _close_if_silent(self) -> None:
        if self._request_count == 0:
            self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  aiohttp's text may repeat what was sent
    ) -> web.StreamResponse:
        """Malformed HTTP, and what no handler expected: the contract's form, never a trace; closes the connection."""
        request_id = request.get(REQUEST_ID) or self._ports.new_id()
        if isinstance(exc, BadHttpMessage):
            response = refusal_response(Refusal(Code.INVALID_REQUEST), request_id, http_status=status)
        else:
            self._ports.log(
                "http_failed", request.get(SESSION_ID), level="error", request_id=request_id, error=exc
            )
            response = refusal_response(Refusal(Code.INTERNAL), request_id)
        response.headers.update(common_headers(request_id))
        response.force_close()
        return response


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
            self._server = await create(self._factory, sock=self._where, backlog=BACKLOG)
        else:
            self._server = await create(self._factory, *self._where, backlog=BACKLOG)

    async def stop_accepting(self) -> None:
        """What was accepted is served. What was not waits for whoever else holds the socket, or is refused."""
        loop = asyncio.get_running_loop()
        if isinstance(self._server, asyncio.Server):
            # One more look at who has come.
            await _turns(2)
            for listening in self._server.sockets:
                loop.remove_reader(listening)
            # asyncio drops a connection that it has accepted, but not yet attached, when its server closes.
            await _turns(_TURNS)
            self._server.close()


class Runner(web.AppRunner):
    """The application on its sockets: `await start(…)`, and on the way down `drain()`, `settle()`, `cleanup()`.

    `addresses` tells where it listens.
    """

    def __init__(self, app: web.Application) -> None:
        super().__init__(app, shutdown_timeout=CANCELLED_SECONDS)
        self._ports = app[PORTS]
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
                await _Site(self, lambda: Protocol(server, self._ports), where).start()
        except OSError:
            await self.cleanup()
            raise

    def drain(self) -> None:
        """The phase has changed: from now on every answer is the last one of its connection."""
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
