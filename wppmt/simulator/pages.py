"""The server's end of one page: a websocket with calls from the page, pushes to it, and confirmed deliveries."""

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import segno
from aiohttp import WSMsgType, web

from wppmt.simulator.accounts import Draft, short_id
from wppmt.simulator.errors import Refused
from wppmt.simulator.faults import ON_PAGE, Fault
from wppmt.simulator.qr import FIRST_LIVES_TIMES, Code
from wppmt.simulator.records import Device, Json, Media
from wppmt.simulator.world import World

PAIRING_CODE_LETTERS = "123456789ABCDEFGHJKLMNPQRSTVWXYZ"
PAIRING_CODE_SECONDS = 180


class Page:
    """Lives as long as its websocket. A page whose socket comes back is a new ``Page``."""

    def __init__(self, world: World, socket: web.WebSocketResponse) -> None:
        self.device: Device | None = None
        self._world = world
        self._socket = socket
        self._outbox: asyncio.Queue[Json] = asyncio.Queue()
        self._sent = 0
        self._linking: tuple[Device, asyncio.Future[None]] | None = None
        self._keys: list[str] = []
        self._codes: asyncio.Task[None] | None = None
        self._calls: dict[str, Callable[[Json], Json]] = {
            "hello": self._hello,
            "linked": self._linked,
            "refreshQr": self._refresh_qr,
            "pairingCode": self._pairing_code,
            "exists": self._exists,
            "chatState": self._chat_state,
            "seen": self._seen,
            "logout": self._logout,
        }

    async def run(self) -> None:
        writer = asyncio.create_task(self._write())
        try:
            async for frame in self._socket:
                if frame.type == WSMsgType.TEXT:
                    self._read(json.loads(frame.data))
        finally:
            self._close()
            writer.cancel()

    # --- to the page

    def push(self, type_: str, data: Json) -> None:
        self._outbox.put_nowait({"type": type_, "data": data})

    def flush(self) -> None:
        """Sends what the device has not got on this socket yet."""
        if not self.device:
            return
        for delivery in self._world.switchboard.queued(self.device.id, after=self._sent):
            self._sent = delivery.n
            self._outbox.put_nowait({"type": delivery.type, "data": delivery.data, "n": delivery.n})

    async def link(self, device: Device) -> None:
        """Tells the page that it is linked; ends when it has stored its login."""
        linked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._linking = device, linked
        profile = self._world.switchboard.profile(device.phone)
        self.push("paired", {**profile, "device": device.id, "token": device.token})
        await linked

    def unlink(self, reason: str) -> None:
        self.device = None
        self._log("logout", reason=reason)
        self.push("logout", {"reason": reason})

    def strike(self, fault: Fault) -> None:
        self._log("fault", id=fault.id, kind=fault.kind)
        if fault.kind == "drop_socket":
            asyncio.get_running_loop().create_task(self._socket.close())
        else:
            self.push("fault", {"kind": fault.kind, **fault.options})

    async def _write(self) -> None:
        while True:
            await self._socket.send_str(json.dumps(await self._outbox.get()))

    # --- from the page

    def _read(self, frame: Json) -> None:
        type_, data = frame["type"], frame["data"]
        if type_ == "send":
            self._send(frame["id"], data)
        elif type_ == "confirm":
            self._confirm(data["n"])
        else:
            self._reply(frame["id"], self._answer(lambda: self._calls[type_](data)))

    def _answer(self, call: Callable[[], Json]) -> Json:
        try:
            return call()
        except Refused as refusal:
            return {"error": refusal.code}

    def _reply(self, call_id: int, answer: Json) -> None:
        self._outbox.put_nowait({"re": call_id, "data": answer})

    def _hello(self, data: Json) -> Json:
        self._keys = [data["noise"], data["identity"], data["adv"]]
        self._world.pages.append(self)
        token = data.get("token")
        device = self._world.switchboard.device_of(token) if token else None
        self._log("page_open", phone=device.phone if device else None, reconnected=data["reconnected"])
        if device:
            self._restore(device)
        elif token:
            self.unlink("unknown_companion")
        else:
            self._codes = asyncio.get_running_loop().create_task(self._rotate_codes())
        struck = self._world.faults.take(ON_PAGE, device.phone if device else None)
        self._world.commit()
        if struck:
            self.strike(struck)
        return {}

    def _restore(self, device: Device) -> None:
        self.device = self._world.switchboard.confirm_device(device.id)
        self._log("restored")
        self.push("resumed", self._world.switchboard.profile(device.phone))

    def _linked(self, _: Json) -> Json:
        if not self._linking:
            raise Refused(409, "NOT_LINKING", "a página não está sendo pareada")
        device, linked = self._linking
        self._linking = None
        self.device = self._world.switchboard.confirm_device(device.id)
        self._stop_codes()
        self._log("paired")
        self._world.commit()
        if not linked.done():
            linked.set_result(None)
        return {}

    def _refresh_qr(self, _: Json) -> Json:
        if not self.device:
            self._stop_codes()
            self._codes = asyncio.get_running_loop().create_task(self._rotate_codes())
        return {}

    def _pairing_code(self, data: Json) -> Json:
        text = "".join(secrets.choice(PAIRING_CODE_LETTERS) for _ in range(8))
        phone = "".join(filter(str.isdigit, data["phone"]))
        expires = self._world.clock.now() + PAIRING_CODE_SECONDS
        self._world.codes.issue(text, Code(self, expires, phone))
        return {"code": text}

    def _exists(self, data: Json) -> Json:
        account = self._world.switchboard.find_account(data["wid"])
        if not account:
            return {"exists": False}
        return {"exists": True, "wid": account.wid, "lid": account.lid_wid, "isBusiness": account.is_business}

    def _chat_state(self, data: Json) -> Json:
        self._log(data["state"], chat=data["chat"])
        self._world.commit()
        return {}

    def _seen(self, data: Json) -> Json:
        self._log("seen", chat=data["chat"])
        self._world.commit()
        return {}

    def _logout(self, _: Json) -> Json:
        if self.device:
            device, self.device = self.device, None
            self._log("logout", phone=device.phone, device=device.id, reason="user_initiated")
            self._world.forget(device, "user_initiated")
        return {}

    def _confirm(self, n: int) -> None:
        if not self.device:
            return
        delivery = self._world.switchboard.confirm(self.device.id, n)
        if delivery and delivery.type == "message":
            self._log("deliver", id=short_id(delivery.data["id"]))
        self._world.commit()

    # --- sending

    def _send(self, call_id: int, data: Json) -> None:
        """Accepts the message now, answers after the server's delay."""
        if not self.device:
            self._reply(call_id, {"error": "NOT_LINKED"})
            return
        device, settings = self.device, self._world.settings
        answer = self._answer(lambda: self._accept(device, data))
        fault = self._world.faults.take(["ack_never", "ack_delay"], device.phone)
        self._world.commit()
        if fault:
            self._log("fault", id=fault.id, kind=fault.kind, message=data["id"])
        if fault and fault.kind == "ack_never":
            return
        delay_ms = settings.ack_ms + (fault.options.get("delayMs", 0) if fault else 0)
        asyncio.get_running_loop().call_later(delay_ms / 1000, self._acknowledge, call_id, data["id"], answer)

    def _accept(self, device: Device, data: Json) -> Json:
        message, new = self._world.switchboard.accept(device.phone, _draft(data), device.id)
        self._log("send", id=message.id, to=message.to, type=message.type, via="page", repeated=not new)
        return {"t": message.t}

    def _acknowledge(self, call_id: int, message_id: str, answer: Json) -> None:
        if "error" not in answer:
            self._log("ack", id=message_id, ack=1)
            self._world.commit()
        self._reply(call_id, answer)

    # --- QR codes

    async def _rotate_codes(self) -> None:
        lives = self._world.settings.qr_ttl_seconds * FIRST_LIVES_TIMES
        while True:
            ref = f"2@{secrets.token_urlsafe(66)}"
            text = ",".join([ref, *self._keys])
            self._world.codes.issue(text, Code(self, self._world.clock.now() + lives))
            matrix = ["".join("1" if dark else "0" for dark in row) for row in segno.make(text, error="l").matrix]
            self.push("qr", {"ref": ref, "text": text, "matrix": matrix, "livesMs": int(lives * 1000)})
            self._log("qr", livesMs=int(lives * 1000))
            self._world.commit()
            await asyncio.sleep(lives)
            lives = self._world.settings.qr_ttl_seconds

    def _stop_codes(self) -> None:
        self._world.codes.expire(self)
        if self._codes:
            self._codes.cancel()
            self._codes = None

    # --- end

    def _close(self) -> None:
        self._stop_codes()
        if self in self._world.pages:
            self._world.pages.remove(self)
            self._log("page_close")
            self._world.commit()

    def _log(self, event: str, **details: Any) -> None:
        if self.device:
            details = {"phone": self.device.phone, "device": self.device.id, **details}
        self._world.log.add(event, **details)


def _draft(data: Json) -> Draft:
    media = data.get("media")
    draft = Draft(
        id=data["id"],
        to=data["to"],
        t=data["t"],
        type=data["type"],
        body=data.get("body"),
        caption=data.get("caption"),
        quoted=data.get("quoted"),
        mentions=tuple(data.get("mentions") or ()),
    )
    if not media:
        return draft
    file = Media(media["sha256"], media["size"], media["mimetype"], media.get("fileName"))
    return replace(draft, media=file)
