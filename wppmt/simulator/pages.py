"""The server's end of one page: a websocket with calls from the page, pushes to it, and confirmed deliveries."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from aiohttp import WSMsgType, web

from wppmt.simulator.errors import Refused
from wppmt.simulator.faults import LINKED, OPEN, PAIRING, RECEIVING, SENDING, Fault
from wppmt.simulator.limits import Limits
from wppmt.simulator.linking import Linking, drawing
from wppmt.simulator.page_calls import PageCalls
from wppmt.simulator.records import Device, Json
from wppmt.simulator.routing import short_id
from wppmt.simulator.sending import Sending
from wppmt.simulator.world import World

UNLINK_AFTER_MS = 300_000
"""A new device whose "What's new" dialog nobody dismisses is unlinked after about five minutes."""


class Page:
    """Lives as long as its websocket. A page whose socket comes back is a new ``Page``."""

    def __init__(self, world: World, socket: web.WebSocketResponse) -> None:
        self.device: Device | None = None
        self._world = world
        self._socket = socket
        self._outbox: asyncio.Queue[Json] = asyncio.Queue()
        self._sent = 0
        self._faults: list[Fault] = []
        self._linking: Linking | None = None
        self._sending: Sending | None = None
        self._unlinking: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[bool] | None = None
        self._silent = False
        self._calls: dict[str, Callable[[Json], Json]] = {
            "hello": self._hello,
            "linked": self._linked,
            "shown": self._shown,
            "draw": lambda data: drawing(data["text"]),
            "ping": lambda _: {},
            "reachoutTimelock": lambda _: self._limits().timelock(),
            "newChatCap": lambda _: {"cap": self._limits().cap()},
            "pairingCode": self._pairing_code,
            "dismissed": self._dismissed,
            "logout": self._logout,
            **PageCalls(world, self).table,
        }

    async def run(self) -> None:
        writer = asyncio.create_task(self._write())
        try:
            async for frame in self._socket:
                if frame.type == WSMsgType.TEXT and not self._silent:
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
            data = delivery.data
            if delivery.type == "message" and self._world.faults.find(RECEIVING, self.device.phone):
                data = {**data, "unheard": self._unheard(data)}
            self._outbox.put_nowait({"type": delivery.type, "data": data, "n": delivery.n})

    def _unheard(self, message: Json) -> bool:
        """One from somebody else, that a fault wants nobody to hear of."""
        fault = None
        if self.device and not message["id"].startswith("true_"):
            fault = self._world.faults.take(RECEIVING, self.device.phone)
        if fault:
            self.note(fault)
        return fault is not None

    async def link(self, device: Device) -> None:
        if not self._linking:
            raise Refused(410, "CODE_EXPIRED", "a página que mostrou esse código já foi pareada")
        await self._linking.link(device)

    def check_linking(self, phone: str) -> None:
        """Refuses where WhatsApp does not let that phone link this page."""
        refusal = self._linking.check(phone) if self._linking else None
        if self._linking and refusal:
            self._linking.refuse(phone, refusal)

    def unlink(self, reason: str, **details: Any) -> None:
        self._log("logout", reason=reason)
        self.device = self._sending = None
        self.push("logout", {"reason": reason, **details})

    def note(self, fault: Fault) -> None:
        self._log("fault", id=fault.id, kind=fault.kind)

    def strike(self, fault: Fault) -> None:
        self.note(fault)
        if fault.kind == "tos_block":
            self._refuse_login(fault)
            return
        if fault.kind == "drop_socket" and fault.option("silent", False):
            self._silent = True
            return
        if fault.kind in {"drop_socket", "refuse_socket"}:
            self._closing = asyncio.get_running_loop().create_task(self._socket.close())
            return
        if fault.kind == "whats_new_dialog":
            delay = fault.option("unlinkAfterMs", UNLINK_AFTER_MS) / 1000
            self._unlinking = asyncio.get_running_loop().call_later(delay, self._unlink_undismissed)
        self.push("fault", {"kind": fault.kind, **fault.options})

    async def _write(self) -> None:
        with suppress(ConnectionError):  # a page that is gone is noticed by the reader
            while True:
                frame = json.dumps(await self._outbox.get())
                if not self._silent:
                    await self._socket.send_str(frame)

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
            return {"error": refusal.code, "errorCode": refusal.status, "text": refusal.text}

    def _reply(self, call_id: int, answer: Json) -> None:
        self._outbox.put_nowait({"re": call_id, "data": answer})

    def _hello(self, data: Json) -> Json:
        token = data.get("token")
        device = self._world.accounts.device_of(token) if token else None
        self._world.pages.append(self)
        kept = data.get("pageFaults")
        self._log("page_open", phone=device.phone if device else None, reconnected=kept is not None)
        self._faults = (
            self._world.faults.take_all(OPEN | LINKED | PAIRING | SENDING, None)
            if kept is None
            else [Fault(**fault) for fault in kept]
        )
        self._strike_all(OPEN, device.phone if device else None)
        if device:
            self._enter(device, "restored")
            self.push("resumed", self._world.profile(device.phone))
            self._strike_all(LINKED, device.phone)
        elif token:
            self.unlink("unknown_companion")
        else:
            self._linking = Linking(self._world, self, [data["noise"], data["identity"]])
            self._linking.start([fault for fault in self._faults if fault.kind in PAIRING])
        self._world.commit()
        if self.device:
            self.push("caughtUp", {})
        lasting = [asdict(fault) for fault in self._faults if fault.kind in PAIRING | SENDING]
        return {"pageFaults": lasting}

    def _strike_all(self, kinds: frozenset[str], phone: str | None) -> None:
        """Strikes with what this page brought, and with what was ordered for its phone."""
        ordered = self._world.faults.take_all(kinds, phone) if phone else []
        for fault in [*(one for one in self._faults if one.kind in kinds), *ordered]:
            self.strike(fault)

    def _enter(self, device: Device, event: str) -> None:
        self.device = self._world.accounts.confirm_device(device.id)
        self._sending = Sending(
            self._world, self.device, [one for one in self._faults if one.kind in SENDING]
        )
        self._log(event)

    def _linked(self, _: Json) -> Json:
        if not self._linking:
            raise Refused(409, "NOT_LINKING", "a página não está sendo pareada")
        answer = self._linking.confirm(lambda device: self._enter(device, "paired"))
        self._linking = None
        if self.device:
            self._strike_all(LINKED, self.device.phone)
        self._world.commit()
        return answer

    def _shown(self, data: Json) -> Json:
        if self._linking:
            self._linking.shown(data["ref"], data["livesMs"], data["adv"])
        return {}

    def _pairing_code(self, data: Json) -> Json:
        if not self._linking:
            raise Refused(409, "ALREADY_LINKED", "a página já está pareada")
        return {"code": self._linking.pairing_code(data["phone"])}

    def tell_limits(self) -> None:
        if self._sending:
            self.push("limits", self._sending.limits.both())

    def _limits(self) -> Limits:
        if not self._sending:
            raise Refused(409, "NOT_LINKED", "a página não está pareada")
        return self._sending.limits

    def _dismissed(self, _: Json) -> Json:
        if self._unlinking:
            self._unlinking.cancel()
        return {}

    def _unlink_undismissed(self) -> None:
        if self.device:
            self._world.forget(self.device, "unknown_companion")

    def _refuse_login(self, fault: Fault) -> None:
        """For good, with a reason and a text of its own; or for a while, which the page only tells."""
        seconds = fault.option("banSeconds", None)
        if seconds:
            ban = {"banned": True, "code": fault.option("code", 101), "expire": seconds}
            self.push("banned", {**ban, "message": fault.option("message", None), "url": None})
            return
        reason = fault.option("reason", "account_locked")
        message = {"header": fault.option("header", None), "subtext": fault.option("subtext", None)}
        if self.device:
            device, self.device, self._sending = self.device, None, None
            self._world.forget(device, reason)
        self._log("logout", reason=reason)
        self.push("logout", {"reason": reason, "message": message, "refused": True})

    def _logout(self, _: Json) -> Json:
        if self.device:
            device = self.device
            self._log("logout", reason="user_initiated")
            self.device = self._sending = None
            self._world.forget(device, "user_initiated")
        return {}

    def _send(self, call_id: int, data: Json) -> None:
        if self._sending:
            self._sending.send(data, lambda answer: self._reply(call_id, answer))
        else:
            self._reply(call_id, {"error": "NOT_LINKED"})

    def _confirm(self, n: int) -> None:
        if not self.device:
            return
        delivery = self._world.switchboard.confirm(self.device.id, n)
        if delivery and delivery.type == "message":
            self._log("deliver", id=short_id(delivery.data["id"]))
        self._world.commit()

    def _close(self) -> None:
        if self._linking:
            self._linking.stop()
        if self._unlinking:
            self._unlinking.cancel()
        if self in self._world.pages:
            self._world.pages.remove(self)
            self._log("page_close")
            self._world.commit()

    def _log(self, event: str, **details: Any) -> None:
        if self.device:
            details = {"phone": self.device.phone, "device": self.device.id, **details}
        self._world.log.add(event, **details)
