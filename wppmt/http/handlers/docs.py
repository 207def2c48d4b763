"""Handlers of the API's own description: the OpenAPI document, and Swagger UI to read it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from aiohttp import web

from wppmt.domain.errors import Code, Refusal
from wppmt.http.api.json_responses import json_bytes

OPENAPI: web.AppKey[Callable[[], bytes]] = web.AppKey("openapi")
"""Makes it the first time, which takes some tenths of a second."""
_OWN = Path(__file__).parents[1] / "viewer"
SWAGGER_UI = _OWN / "node_modules" / "swagger-ui-dist"
_FILES = {
    "viewer.js": (_OWN, "text/javascript"),
    "page.css": (_OWN, "text/css"),
    "swagger-ui-bundle.js": (SWAGGER_UI, "text/javascript"),
    "swagger-ui.css": (SWAGGER_UI, "text/css"),
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""Swagger UI's icons are `data:` pictures; it needs neither inline scripts nor inline styles."""


async def show_openapi(request: web.Request) -> web.Response:
    return json_bytes(await asyncio.to_thread(request.app[OPENAPI]))


async def show_viewer(_: web.Request) -> web.Response:
    """A static page that reads /openapi.json; trying a route out takes a token, which stays in the page."""
    return _answer(_OWN / "index.html", "text/html")


async def show_viewer_file(request: web.Request) -> web.Response:
    name = request.match_info["file"]
    if name not in _FILES:
        raise Refusal(Code.NOT_FOUND)
    folder, content_type = _FILES[name]
    return _answer(folder / name, content_type)


def _answer(file: Path, content_type: str) -> web.Response:
    headers = {"Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}
    return web.Response(body=_read(file), content_type=content_type, charset="utf-8", headers=headers)


@lru_cache(maxsize=len(_FILES) + 1)
def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        # Installed without `make setup`: the API itself serves all the same.
        raise Refusal(Code.NOT_FOUND) from None
