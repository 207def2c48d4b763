"""The dashboard at `/` (docs/contract.md 15): static files, which ask the API for everything; for programs, what this is."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from aiohttp import hdrs, web

from wppmt.domain.errors import Code, Refusal
from wppmt.domain.reasons import Reason
from wppmt.domain.remedies import remedy
from wppmt.http.api.json_responses import answer, json_bytes
from wppmt.http.api.operator_responses import Home
from wppmt.http.ports import PORTS

OWN = Path(__file__).parents[1] / "dashboard"
LIT_HTML = OWN / "node_modules" / "lit-html"
_TYPES = {".js": "text/javascript", ".css": "text/css"}
_FILES = {file.name: file for file in OWN.iterdir() if file.suffix in _TYPES} | {
    "lit-html.js": LIT_HTML / "lit-html.js"
}
_REMEDIES = json.dumps({reason: remedy(reason) for reason in Reason}, ensure_ascii=False).encode()
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data: blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
"""A QR code is a `data:` picture; a screenshot, which needs the token, a `blob:` one."""


async def show_home(request: web.Request) -> web.Response:
    """People get the dashboard; who asks for JSON alone is told where everything is."""
    accepted = request.headers.get(hdrs.ACCEPT, "")
    if "application/json" in accepted and "text/html" not in accepted:
        return answer(Home(version=request.app[PORTS].version))
    return _answer(OWN / "index.html", "text/html")


async def show_file(request: web.Request) -> web.Response:
    name = request.match_info["file"]
    if name == "remedies.json":
        return json_bytes(_REMEDIES)
    if name not in _FILES:
        raise Refusal(Code.NOT_FOUND)
    return _answer(_FILES[name], _TYPES[Path(name).suffix])


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
