"""`/metrics`: for administrators on the API's address, and for whoever is on this machine on one of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Sequence

from aiohttp import hdrs, web

from wppmt.http.ports import PORTS
from wppmt.http.security.guard import GRANT
from wppmt.metrics.exposition import CONTENT_TYPE


async def show_metrics(request: web.Request) -> web.Response:
    """Of a token that is bound to some sessions, those alone."""
    return await _answer(lambda: request.app[PORTS].metrics(request[GRANT].may))


@contextlib.asynccontextmanager
async def listening(places: Sequence[socket.socket], text: Callable[[], bytes]) -> AsyncIterator[None]:
    """`/metrics` alone, without a token, on bound sockets of this machine, while the block runs."""

    async def show(_: web.Request) -> web.Response:
        return await _answer(text)

    app = web.Application()
    app.router.add_get("/metrics", show)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        for place in places:
            await web.SockSite(runner, place).start()
        yield
    finally:
        await runner.cleanup()


async def _answer(text: Callable[[], bytes]) -> web.Response:
    return web.Response(body=await asyncio.to_thread(text), headers={hdrs.CONTENT_TYPE: CONTENT_TYPE})
