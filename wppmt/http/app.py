"""The aiohttp application: ports in, routes and middlewares around them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from aiohttp import web

from wppmt.http.api.body_reader import BODY_ROOM, PARSER, expect_later
from wppmt.http.api.body_room import BodyRoom
from wppmt.http.api.route import MAX_BODY_BYTES, ROUTE_OF, Route
from wppmt.http.api.routes import ROUTES
from wppmt.http.auditing import RECENT_VIEWS, RecentViews
from wppmt.http.handlers.api_keys import uses_written
from wppmt.http.handlers.docs import OPENAPI
from wppmt.http.handlers.health import STARTED_AT
from wppmt.http.handlers.pairing import GUESSES, GUESSES_PER_MINUTE, VISITS, VISITS_PER_MINUTE
from wppmt.http.handlers.webhook_test import UNDER_WAY
from wppmt.http.middleware import MIDDLEWARES, add_headers
from wppmt.http.ports import PORTS, Ports
from wppmt.http.security.buckets import Buckets
from wppmt.http.streaming.streams import streams_opened


def make_app(ports: Ports, routes: Sequence[Route] = ROUTES) -> web.Application:
    """The whole API, or a part of it. Serve it with `wppmt.http.server.Runner`, whose protocol knows how to refuse malformed HTTP."""
    app = web.Application(middlewares=MIDDLEWARES)
    app[PORTS] = ports
    app[STARTED_AT] = ports.now()
    app[UNDER_WAY] = set()
    app[GUESSES] = Buckets(GUESSES_PER_MINUTE)
    app[VISITS] = Buckets(VISITS_PER_MINUTE)
    app[RECENT_VIEWS] = RecentViews()
    app[BODY_ROOM] = BodyRoom(ports.settings.bodies_bytes, MAX_BODY_BYTES)
    app.cleanup_ctx.append(_parser)
    app.cleanup_ctx.append(uses_written)
    app.cleanup_ctx.append(streams_opened)
    app[ROUTE_OF] = {
        app.router.add_route(route.method, route.path, route.handler, expect_handler=expect_later): route
        for route in routes
    }
    app[OPENAPI] = lambda: _document(ports.version)
    app.on_response_prepare.append(add_headers)
    return app


async def _parser(app: web.Application) -> AsyncIterator[None]:
    with ThreadPoolExecutor(1, "json") as app[PARSER]:
        yield


@lru_cache(maxsize=1)
def _document(version: str) -> bytes:
    # Here, so that the start does not wait for it, nor for the models of all webhooks that it describes.
    from wppmt.http.api.openapi import openapi  # noqa: PLC0415

    return json.dumps(openapi(ROUTES, version), ensure_ascii=False).encode()
