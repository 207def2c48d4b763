"""Handlers of the API's own description: the OpenAPI document and a small viewer, served from here alone."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from aiohttp import web

from wppmt.domain.errors import Code, Refusal
from wppmt.http.api.json_responses import json_bytes

OPENAPI = web.AppKey("openapi", bytes)
_FOLDER = Path(__file__).parents[1] / "viewer"
_TYPES = {"index.html": "text/html", "viewer.js": "text/javascript", "viewer.css": "text/css"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


async def show_openapi(request: web.Request) -> web.Response:
    return json_bytes(request.app[OPENAPI])


async def show_viewer(request: web.Request) -> web.Response:
    """A static page that knows nothing: it asks for a token and reads /openapi.json with it."""
    name = request.match_info.get("file", "index.html")
    if name not in _TYPES:
        raise Refusal(Code.NOT_FOUND)
    headers = {"Content-Security-Policy": _POLICY}
    return web.Response(body=_file(name), content_type=_TYPES[name], charset="utf-8", headers=headers)


@lru_cache(maxsize=len(_TYPES))
def _file(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()
