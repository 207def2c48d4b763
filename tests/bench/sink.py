"""A webhook receiver in a process of its own: notes when each event came, and tells at the end."""

from __future__ import annotations

import asyncio
import sys
import time

from aiohttp import web


def main() -> None:
    received: list[tuple[str, float]] = []

    async def take(request: web.Request) -> web.Response:
        await request.read()
        if request.path == "/hang":
            await asyncio.sleep(30)
        received.append((request.headers["webhook-id"], time.time()))
        return web.Response()

    async def tell(_: web.Request) -> web.Response:
        return web.json_response(received)

    app = web.Application()
    app.router.add_post("/{tail:.*}", take)
    app.router.add_get("/", tell)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)


if __name__ == "__main__":
    main()
