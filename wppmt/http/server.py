"""The listening side: aiohttp's protocol with timeouts against slow clients and refusals in our form."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage

from wppmt.errors import Code, Refusal
from wppmt.http.guard import SESSION_ID
from wppmt.http.middleware import REQUEST_ID, common_headers
from wppmt.http.ports import PORTS, Ports
from wppmt.http.responses import refusal_response

HEADER_SECONDS = 10.0
"""From connecting to the end of the first request's headers (Slowloris)."""
KEEPALIVE_SECONDS = 75.0
SHUTDOWN_SECONDS = 10.0
"""Requests under way get so long to end."""


class Protocol(web.RequestHandler):
    """One connection."""

    __slots__ = ("_header_timer", "_ports")

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
    """Like aiohttp's TCPSite, with our protocol."""

    __slots__ = ("_factory", "_host", "_port")

    def __init__(self, runner: web.AppRunner, factory: Callable[[], Protocol], host: str, port: int) -> None:
        super().__init__(runner, backlog=1024)
        self._factory = factory
        self._host = host
        self._port = port

    @property
    def name(self) -> str:
        return f"http://{self._host}:{self._port}"

    async def start(self) -> None:
        await super().start()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._factory, self._host, self._port, backlog=self._backlog)


async def start(app: web.Application, host: str, port: int) -> web.AppRunner:
    """Listen; `runner.addresses` tells where (port 0 takes a free one), `await runner.cleanup()` ends it.

    Raises OSError when the port is taken.
    """
    runner = web.AppRunner(app, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    server = runner.server
    assert server is not None, "setup() made it"  # noqa: S101
    try:
        await _Site(runner, lambda: Protocol(server, app[PORTS]), host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner
