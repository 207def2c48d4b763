"""The peer of the status reads: aiohttp alone, one fixed answer; no token, no limits, no session."""

from __future__ import annotations

import sys

from aiohttp import web


def main() -> None:
    answer = sys.stdin.buffer.read()

    async def tell(_: web.Request) -> web.Response:
        return web.Response(body=answer, content_type="application/json")

    app = web.Application()
    app.router.add_get("/api/sessions/{session}/status", tell)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)


if __name__ == "__main__":
    main()
