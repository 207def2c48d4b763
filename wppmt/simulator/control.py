"""The control API: phones act, tests look. Its routes are stable: programs outside the project call them."""

import base64
import binascii
import json
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from wppmt.simulator.errors import Refused, invalid
from wppmt.simulator.faults import CYCLE_SECONDS
from wppmt.simulator.records import Account, Group, Json, Media
from wppmt.simulator.routing import Draft, short_id
from wppmt.simulator.world import World

MAX_WAIT_SECONDS = 60.0
MAX_BODY_BYTES = 64 * 2**20
TYPES = frozenset({"chat", "image", "video", "audio", "ptt", "document", "sticker"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def answer_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refusal:
        body = {"error": refusal.text, "code": refusal.code}
        return web.json_response(body, status=refusal.status)
    except web.HTTPClientError as error:
        return web.json_response({"error": error.reason, "code": "INVALID_REQUEST"}, status=error.status)


class Control:
    def __init__(self, world: World) -> None:
        self._world = world

    def application(self) -> web.Application:
        app = web.Application(middlewares=[answer_refusals], client_max_size=MAX_BODY_BYTES)
        account = "/sim/accounts/{phone}"
        app.add_routes(
            [
                web.get("/sim/health", self.health),
                web.post("/sim/reset", self.reset),
                web.get("/sim/accounts", self.accounts),
                web.put(account, self.put_account),
                web.post(f"{account}/scan", self.scan),
                web.post(f"{account}/pair-code", self.pair_code),
                web.get(f"{account}/devices", self.devices),
                web.post(f"{account}/offline", self.offline),
                web.post(f"{account}/online", self.online),
                web.post(f"{account}/unlink", self.unlink),
                web.post(f"{account}/messages", self.write),
                web.get(f"{account}/inbox", self.inbox),
                web.post(f"{account}/receipts", self.receipt),
                web.post("/sim/groups", self.add_group),
                web.post("/sim/faults", self.order_fault),
                web.get("/sim/faults", self.faults),
                web.delete("/sim/faults/{id}", self.delete_fault),
                web.get("/sim/log", self.log),
            ]
        )
        return app

    async def health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def reset(self, _: web.Request) -> web.Response:
        self._world.reset()
        return web.json_response({})

    async def accounts(self, _: web.Request) -> web.Response:
        return web.json_response([_account(account) for account in self._world.accounts.all()])

    async def put_account(self, request: web.Request) -> web.Response:
        body, phone = await _body(request), _phone(request)
        self._world.register(
            phone,
            _text(body, "name"),
            is_business=_flag(body, "isBusiness"),
            pushname=_optional(body, "pushname"),
            lid=_optional(body, "lid"),
            saved=self._saved(body.get("saved")),
            number_unknown=_flag(body, "numberUnknown") if "numberUnknown" in body else None,
        )
        return web.json_response(_account(self._world.accounts.account(phone)))

    def _saved(self, saved: Any) -> bool | tuple[str, ...] | None:
        """In everybody's address book, in nobody's, or in those of some phones."""
        if saved is None or isinstance(saved, bool):
            return saved
        if not isinstance(saved, list) or not all(isinstance(one, str) for one in saved):
            raise invalid("saved precisa ser true, false ou uma lista de números")
        return tuple(one.removeprefix("+") for one in saved)

    async def scan(self, request: web.Request) -> web.Response:
        device = await self._world.scan(_phone(request), _text(await _body(request), "qr"))
        return web.json_response({"device": device.id})

    async def pair_code(self, request: web.Request) -> web.Response:
        device = await self._world.type_code(_phone(request), _text(await _body(request), "code"))
        return web.json_response({"device": device.id})

    async def devices(self, request: web.Request) -> web.Response:
        devices = self._world.accounts.devices(_phone(request))
        return web.json_response(
            [
                {"device": device.id, "sockets": self._world.sockets(device.id), "since": device.since}
                for device in devices
            ]
        )

    async def offline(self, request: web.Request) -> web.Response:
        self._world.set_online(_phone(request), online=False)
        return web.json_response({})

    async def online(self, request: web.Request) -> web.Response:
        self._world.set_online(_phone(request), online=True)
        return web.json_response({})

    async def unlink(self, request: web.Request) -> web.Response:
        self._world.unlink(_phone(request))
        return web.json_response({})

    async def write(self, request: web.Request) -> web.Response:
        body, phone = await _body(request), _phone(request)
        message = self._world.write(phone, self._draft(body))
        return web.json_response({"id": message.id})

    async def inbox(self, request: web.Request) -> web.Response:
        phone, after = _phone(request), _number(request, "after")
        found = await self._world.wait_for(
            lambda: self._world.switchboard.inbox(phone, int(after)), _wait(request)
        )
        return web.json_response(found)

    async def receipt(self, request: web.Request) -> web.Response:
        body, phone = await _body(request), _phone(request)
        ack = body.get("ack")
        if not isinstance(ack, int) or isinstance(ack, bool):
            raise invalid("falta ack: 2 (entregue), 3 (lida) ou 4 (ouvida)")
        self._world.receive(phone, _text(body, "id"), ack)
        return web.json_response({})

    async def add_group(self, request: web.Request) -> web.Response:
        body = await _body(request)
        participants = body.get("participants")
        if not isinstance(participants, list) or not all(isinstance(one, str) for one in participants):
            raise invalid("participants precisa ser uma lista de números")
        now = int(self._world.clock.now())
        user = _optional(body, "id") or f"120363{secrets.randbelow(10**12):012}"
        phones = tuple(dict.fromkeys(one.partition("@")[0] for one in participants))
        group = Group(f"{user.removesuffix('@g.us')}@g.us", _text(body, "subject"), phones, now)
        self._world.add_group(group)
        return web.json_response({"id": group.id})

    async def order_fault(self, request: web.Request) -> web.Response:
        body = await _body(request)
        kind, phone, count = _text(body, "kind"), _optional(body, "phone"), body.get("count")
        if count is not None and (not isinstance(count, int) or count < 1):
            raise invalid("count precisa ser um número maior que zero")
        if phone:
            self._world.accounts.account(phone)
        options = {key: value for key, value in body.items() if key not in {"kind", "phone", "count"}}
        if kind == "new_chat_cap":
            now = int(self._world.clock.now())
            options = {"cycleStarts": now, "cycleEnds": now + CYCLE_SECONDS, **options}
        for name in ("until", "cycleEnds", "total", "used"):
            _check_number(options, name)
        fault = self._world.faults.order(kind, phone, count, options)
        self._world.order_fault(fault)
        return web.json_response({"id": fault.id})

    async def faults(self, _: web.Request) -> web.Response:
        return web.json_response([fault.as_json() for fault in self._world.faults.all()])

    async def delete_fault(self, request: web.Request) -> web.Response:
        self._world.delete_fault(request.match_info["id"])
        return web.json_response({})

    async def log(self, request: web.Request) -> web.Response:
        after = _number(request, "after")
        found = await self._world.wait_for(lambda: self._world.log.after(int(after)), _wait(request))
        return web.json_response(found)

    def _draft(self, body: Json) -> Draft:
        """A phone's message; ids of phones begin with 3A, those of WhatsApp Web with 3EB0."""
        media = self._media(body["media"]) if body.get("media") else None
        type_ = _optional(body, "type") or (_type_of(media.mimetype) if media else "chat")
        if type_ not in TYPES:
            raise invalid(f"type precisa ser um destes: {', '.join(sorted(TYPES))}")
        return Draft(
            id=f"3A{secrets.token_hex(9).upper()}",
            to=_text(body, "to"),
            t=int(self._world.clock.now()),
            type=type_,
            body=_optional(body, "body"),
            caption=_optional(body, "caption"),
            quoted=short_id(_optional(body, "quoted") or "") or None,
            media=media,
        )

    def _media(self, media: Any) -> Media:
        if not isinstance(media, dict):
            raise invalid("media precisa ter base64, mimetype e fileName")
        try:
            data = base64.b64decode(_text(media, "base64"), validate=True)
        except binascii.Error:
            raise invalid("media.base64 não é base64") from None
        sha256, size = self._world.storage.put_media([data])
        return Media(sha256, size, _text(media, "mimetype"), _optional(media, "fileName"))


def _account(account: Account) -> Json:
    return {
        "phone": account.phone,
        "name": account.name,
        "pushname": account.pushname,
        "isBusiness": account.is_business,
        "lid": account.lid_wid,
        "online": account.online,
        "saved": account.saved,
        "numberUnknown": account.number_unknown,
    }


def _type_of(mimetype: str) -> str:
    family = mimetype.partition("/")[0]
    return family if family in {"image", "video", "audio"} else "document"


async def _body(request: web.Request) -> Json:
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise invalid("o corpo não é JSON") from None
    if not isinstance(body, dict):
        raise invalid("o corpo precisa ser um objeto JSON")
    return body


def _phone(request: web.Request) -> str:
    return request.match_info["phone"].removeprefix("+")


def _text(body: Json, key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise invalid(f"falta {key}")
    return value


def _optional(body: Json, key: str) -> str | None:
    value = body.get(key)
    if value is not None and not isinstance(value, str):
        raise invalid(f"{key} precisa ser um texto")
    return value or None


def _flag(body: Json, key: str) -> bool:
    value = body.get(key, False)
    if not isinstance(value, bool):
        raise invalid(f"{key} precisa ser true ou false")
    return value


def _number(request: web.Request, key: str) -> float:
    try:
        return float(request.query.get(key, "0"))
    except ValueError:
        raise invalid(f"{key} precisa ser um número") from None


def _check_number(options: Json, name: str) -> None:
    value = options.get(name)
    if value is not None and (not isinstance(value, int | float) or isinstance(value, bool)):
        raise invalid(f"{name} precisa ser um número")


def _wait(request: web.Request) -> float:
    return min(max(_number(request, "wait"), 0.0), MAX_WAIT_SECONDS)
