"""The aiohttp application: ports in, routes and middlewares around them."""

from __future__ import annotations

import json
from functools import lru_cache

from aiohttp import web

from wppmt.http.api.body_reader import MAX_BODY_BYTES, expect_later
from wppmt.http.api.openapi import openapi
from wppmt.http.api.route import ROUTE_OF
from wppmt.http.api.routes import ROUTES
from wppmt.http.handlers.docs import OPENAPI
from wppmt.http.handlers.health import STARTED_AT
from wppmt.http.handlers.webhook_test import UNDER_WAY
from wppmt.http.merged_log import MERGED_LOG, MergedLog
from wppmt.http.middleware import MIDDLEWARES, add_headers
from wppmt.http.ports import PORTS, Ports


def make_app(ports: Ports) -> web.Application:
    """The whole API. Serve it with `wppmt.http.server.Runner`, whose protocol knows how to refuse malformed HTTP."""
    app = web.Application(middlewares=MIDDLEWARES, client_max_size=MAX_BODY_BYTES)
    app[PORTS] = ports
    app[STARTED_AT] = ports.now()
    app[UNDER_WAY] = set()
    app[MERGED_LOG] = MergedLog(ports.log)
    app[ROUTE_OF] = {
        app.router.add_route(route.method, route.path, route.handler, expect_handler=expect_later): route
        for route in ROUTES
    }
    app[OPENAPI] = _document(ports.version)
    app.on_response_prepare.append(add_headers)
    return app


@lru_cache(maxsize=1)
def _document(version: str) -> bytes:
    return json.dumps(openapi(ROUTES, version), ensure_ascii=False).encode()
