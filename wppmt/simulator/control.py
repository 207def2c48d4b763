"""The control API: phones act, tests look. Its routes are stable: programs outside the project call them."""

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from wppmt.simulator import kinds
from wppmt.simulator.errors import Refused, invalid
from wppmt.simulator.faults import CYCLE_SECONDS
from wppmt.simulator.group_control import GroupControl
from wppmt.simulator.orders import Orders
from wppmt.simulator.phone_control import PhoneControl, account_json
from wppmt.simulator.records import Json, Media
from wppmt.simulator.requests import body_of, flag, optional, phone_id, phone_of, text, texts
from wppmt.simulator.routing import Draft, short_id
from wppmt.simulator.world import World

MAX_WAIT_SECONDS = 60.0
MAX_BODY_BYTES = 64 * 2**20

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
    def __init__(self, world: World, orders: Orders) -> None:
        self._world = world
        self._orders = orders

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
                web.post("/sim/faults", self.order_fault),
                web.get("/sim/faults", self.faults),
                web.delete("/sim/faults/{id}", self.delete_fault),
                web.get("/sim/log", self.log),
                *PhoneControl(self._world).routes(),
                *GroupControl(self._world).routes(),
            ]
        )
        return app

    async def health(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def reset(self, _: web.Request) -> web.Response:
        self._world.reset()
        return web.json_response({})

    async def accounts(self, _: web.Request) -> web.Response:
        return web.json_response([account_json(account) for account in self._world.accounts.all()])

    async def put_account(self, request: web.Request) -> web.Response:
        body, phone = await body_of(request), phone_of(request)
        self._world.register(
            phone,
            text(body, "name"),
            is_business=flag(body, "isBusiness"),
            pushname=optional(body, "pushname"),
            lid=optional(body, "lid"),
            saved=self._saved(body.get("saved")),
            number_unknown=flag(body, "numberUnknown") if "numberUnknown" in body else None,
        )
        return web.json_response(account_json(self._world.accounts.account(phone)))

    def _saved(self, saved: Any) -> bool | tuple[str, ...] | None:
        """In everybody's address book, in nobody's, or in those of some phones."""
        if saved is None or isinstance(saved, bool):
            return saved
        if not isinstance(saved, list) or not all(isinstance(one, str) for one in saved):
            raise invalid("saved precisa ser true, false ou uma lista de números")
        return tuple(one.removeprefix("+") for one in saved)

    async def scan(self, request: web.Request) -> web.Response:
        device = await self._world.scan(phone_of(request), text(await body_of(request), "qr"))
        return web.json_response({"device": device.id})

    async def pair_code(self, request: web.Request) -> web.Response:
        device = await self._world.type_code(phone_of(request), text(await body_of(request), "code"))
        return web.json_response({"device": device.id})

    async def devices(self, request: web.Request) -> web.Response:
        devices = self._world.accounts.devices(phone_of(request))
        return web.json_response(
            [
                {"device": device.id, "sockets": self._world.sockets(device.id), "since": device.since}
                for device in devices
            ]
        )

    async def offline(self, request: web.Request) -> web.Response:
        self._world.set_online(phone_of(request), online=False)
        return web.json_response({})

    async def online(self, request: web.Request) -> web.Response:
        self._world.set_online(phone_of(request), online=True)
        return web.json_response({})

    async def unlink(self, request: web.Request) -> web.Response:
        self._world.unlink(phone_of(request))
        return web.json_response({})

    async def write(self, request: web.Request) -> web.Response:
        body, phone = await body_of(request), phone_of(request)
        message = self._world.write(phone, self._draft(body))
        return web.json_response({"id": message.id})

    async def inbox(self, request: web.Request) -> web.Response:
        phone, after = phone_of(request), _number(request, "after")
        found = await self._world.wait_for(
            lambda: self._world.switchboard.inbox(phone, int(after)), _wait(request)
        )
        return web.json_response(found)

    async def receipt(self, request: web.Request) -> web.Response:
        body, phone = await body_of(request), phone_of(request)
        ack = body.get("ack")
        if not isinstance(ack, int) or isinstance(ack, bool):
            raise invalid("falta ack: 2 (entregue), 3 (lida) ou 4 (ouvida)")
        self._world.receive(phone, text(body, "id"), ack)
        return web.json_response({})

    async def order_fault(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        kind, phone, count = text(body, "kind"), optional(body, "phone"), body.get("count")
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
        self._orders.give(fault)
        return web.json_response({"id": fault.id})

    async def faults(self, _: web.Request) -> web.Response:
        return web.json_response([fault.as_json() for fault in self._world.faults.all()])

    async def delete_fault(self, request: web.Request) -> web.Response:
        self._orders.take_back(request.match_info["id"])
        return web.json_response({})

    async def log(self, request: web.Request) -> web.Response:
        after = _number(request, "after")
        found = await self._world.wait_for(lambda: self._world.log.after(int(after)), _wait(request))
        return web.json_response(found)

    def _draft(self, body: Json) -> Draft:
        """A phone's message; ids of phones begin with 3A, those of WhatsApp Web with 3EB0."""
        media = self._media(body["media"]) if body.get("media") else None
        word = optional(body, "type") or (_type_of(media.mimetype) if media else "chat")
        type_, content = kinds.written(word, body)
        return Draft(
            id=optional(body, "id") or phone_id(),
            to=text(body, "to"),
            t=_moment(body) or int(self._world.clock.now()),
            type=type_,
            body=content.pop("body", None) or optional(body, "body"),
            caption=optional(body, "caption"),
            quoted=short_id(optional(body, "quoted") or "") or None,
            mentions=tuple(texts(body, "mentions")),
            media=media,
            content=content or None,
        )

    def _media(self, media: Any) -> Media:
        if not isinstance(media, dict):
            raise invalid("media precisa ter base64, mimetype e fileName")
        try:
            data = base64.b64decode(text(media, "base64"), validate=True)
        except binascii.Error:
            raise invalid("media.base64 não é base64") from None
        sha256, size = self._world.storage.put_media([data])
        return Media(sha256, size, text(media, "mimetype"), optional(media, "fileName"))


def _moment(body: Json) -> int | None:
    t = body.get("t")
    if t is not None and (isinstance(t, bool) or not isinstance(t, int)):
        raise invalid("t precisa ser um número: segundos desde 1970")
    return t


def _type_of(mimetype: str) -> str:
    family = mimetype.partition("/")[0]
    return family if family in {"image", "video", "audio"} else "document"


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
