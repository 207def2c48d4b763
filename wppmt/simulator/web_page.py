"""What the page's browser fetches: the page itself in one request, its websocket, and media."""

import asyncio
import base64
import json
import re
import secrets
from collections.abc import Collection
from pathlib import Path

from aiohttp import web

from wppmt.simulator import facts
from wppmt.simulator.faults import CONNECTING, LOADING, Fault, hidden_modules
from wppmt.simulator.pages import Page
from wppmt.simulator.records import Json
from wppmt.simulator.world import World

PARTS = (
    "database",
    "registry",
    "events",
    "model",
    "constants",
    "time",
    "ids",
    "prefs",
    "link",
    "table",
    "bus",
    "connection",
    "login",
    "pairing",
    "comms",
    "contacts",
    "groups",
    "chats",
    "messages",
    "history",
    "sending",
    "receiving",
    "media",
    "presence",
    "stubs",
    "screen",
    "faults",
)
"""The page's files in the order in which they are joined: what runs while it loads is there by then.

After them come ``modules/*.js``, in which only functions may use what another one of them holds, and ``boot``.
"""

DEFINED = re.compile(r"(?<![.\w])define\(\s*'(\w+)'")

HOSTS = ("web.whatsapp.com", "127.0.0.1", "localhost")

SLOW_MS = 5000
LATE_MS = 6000
ERROR = "Service Unavailable"

MAX_MEDIA_BYTES = 256 * 2**20

PAGE = """<!doctype html>
<html lang="pt-BR"><head><meta charset="utf-8"><title>WhatsApp</title><link rel="icon" href="data:,"></head>
<body><div id="app"></div><script nonce="{nonce}">{script}</script></body></html>
"""

POLICY = (
    "default-src 'none'",
    "script-src 'nonce-{nonce}'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "connect-src 'self' data: blob: wss://{host}",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)


class WebPage:
    def __init__(self, world: World) -> None:
        self._world = world
        self._script = joined_script()

    def application(self) -> web.Application:
        app = web.Application(client_max_size=MAX_MEDIA_BYTES)
        app.add_routes(
            [
                web.get("/", self.page),
                web.get("/table", self.table),
                web.get("/ws", self.socket),
                web.post("/media", self.upload),
                web.get("/media/{sha256}", self.download),
            ]
        )
        return app

    async def page(self, request: web.Request) -> web.Response:
        """Chrome's own start page comes here as well, since every host leads here: it must not be WhatsApp.

        Whose page is being fetched is known by a cookie, which Chrome writes to disk within 30 s only.
        """
        if (request.url.host or "") not in HOSTS:
            raise web.HTTPNotFound
        phone = request.cookies.get("phone")
        fault = self._take(LOADING, phone) or self._take(LOADING, None)
        if fault and fault.kind == "page_load_error":
            return web.Response(status=int(fault.option("status", 503)), text=fault.option("body", ERROR))
        if fault and fault.kind == "page_slow":
            await asyncio.sleep(fault.option("delayMs", SLOW_MS) / 1000)
        options = {**self._table(None), "syncMs": self._world.settings.sync_ms}
        return self._page(options, request.host)

    def _page(self, options: Json, host: str) -> web.Response:
        nonce = base64.b64encode(secrets.token_bytes(16)).decode()
        headers = {
            "Content-Security-Policy": "; ".join(POLICY).format(nonce=nonce, host=host),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }
        script = self._script.replace("__OPTIONS__", json.dumps(options))
        return web.Response(
            text=PAGE.format(nonce=nonce, script=script), content_type="text/html", headers=headers
        )

    async def table(self, request: web.Request) -> web.Response:
        """What a page that is linked asks before it shows its modules: its phone's faults."""
        return web.json_response(self._table(request.query.get("phone")))

    def _table(self, phone: str | None) -> Json:
        missing, late = self._take({"missing_module"}, phone), self._take({"modules_late"}, phone)
        return {
            "missing": dict.fromkeys(hidden_modules(missing.options), missing.option("how", "hidden"))
            if missing
            else {},
            "modulesLateMs": late.option("delayMs", LATE_MS) if late else 0,
        }

    def _take(self, kinds: Collection[str], phone: str | None) -> Fault | None:
        fault = self._world.faults.take(kinds, phone)
        if fault:
            self._world.log.add("fault", id=fault.id, kind=fault.kind, phone=phone)
            self._world.commit()
        return fault

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        phone = request.query.get("phone")
        if self._take(CONNECTING, phone) or (phone and self._take(CONNECTING, None)):
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse(heartbeat=30, compress=False)
        await socket.prepare(request)
        await Page(self._world, socket).run()
        return socket

    async def upload(self, request: web.Request) -> web.Response:
        sha256, size = self._world.storage.put_media([await request.read()])
        return web.json_response({"sha256": sha256, "size": size})

    async def download(self, request: web.Request) -> web.StreamResponse:
        path = self._world.storage.media_path(Path(request.match_info["sha256"]).name)
        if not path:
            raise web.HTTPNotFound
        return web.FileResponse(path, headers={"Content-Type": "application/octet-stream"})


def joined_script(names: Json | None = None) -> str:
    """The page's files as one script, in a function of its own: one request, and no names left behind.

    `names` are the build's, unless others are given. Raises UnusableFacts where the page does not fit them.
    """
    names = names or facts.load()
    folder = Path(__file__).with_name("page")
    modules = [path.relative_to(folder).with_suffix("").as_posix() for path in folder.glob("modules/*.js")]
    parts = [(folder / f"{part}.js").read_text() for part in (*PARTS, *sorted(modules), "boot")]
    facts.require(names, (name for part in parts for name in DEFINED.findall(part)))
    head = f"const options = __OPTIONS__;\nconst FACTS = {facts.for_page(names)};\n"
    return "(() => {\n'use strict';\n" + head + "\n".join(parts) + "\n})();"
