"""What a linked page asks of WhatsApp's server beside sending: profiles, presence, calls, app state."""

import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from wppmt.simulator import calls
from wppmt.simulator.errors import Refused
from wppmt.simulator.faults import PREVIEWS
from wppmt.simulator.group_calls import GroupCalls
from wppmt.simulator.notices import tell_call
from wppmt.simulator.records import Call, Device, Json, is_group
from wppmt.simulator.views import READ
from wppmt.simulator.world import OpenPage, World

SLOW_PREVIEW_MS = 10_000


class PageCalls:
    """The calls of one page. ``page`` is not told again what it has just said itself."""

    def __init__(self, world: World, page: OpenPage) -> None:
        self._world = world
        self._page = page
        self.table: dict[str, Callable[[Json], Json]] = {
            "exists": self._exists,
            "chatState": lambda data: self._note(data["state"], chat=data["chat"]),
            "seen": self._seen,
            "receipt": self._receipt,
            "presence": lambda data: self._note("presence", state=data["state"]),
            "appState": self._app_state,
            "nextLabel": lambda _: {"id": self._world.app_state.next_label(self._phone)},
            "group": GroupCalls(world, page).answer,
            "setProfile": self._set_profile,
            "setPicture": self._set_picture,
            "picture": self._picture,
            "about": self._about,
            "preview": self._preview,
            "block": self._block,
            "report": self._report,
            "presenceOf": self._presence,
            "devices": self._devices,
            "call": self._call,
            "history": self._history,
        }

    @property
    def _device(self) -> Device:
        if not self._page.device:
            raise Refused(401, "NOT_LINKED", "a página não está pareada")
        return self._page.device

    @property
    def _phone(self) -> str:
        return self._device.phone

    def _find(self, wid: str) -> str:
        account = self._world.accounts.find(wid)
        if not account:
            raise Refused(404, "NOT_ON_WHATSAPP", f"O número {wid} não existe no WhatsApp simulado")
        return account.phone

    def _note(self, event: str, **details: str) -> Json:
        """What others could see of the page: only the log tells it."""
        self._world.log.add(event, phone=self._phone, device=self._device.id, **details)
        self._world.commit()
        return {}

    def _seen(self, data: Json) -> Json:
        """A linked device reads for its phone: who wrote is told."""
        self._note("seen", chat=data["chat"])
        for message in self._world.switchboard.unread(self._phone, data["chat"]):
            self._world.receive(self._phone, message.id, READ)
        return {}

    def _receipt(self, data: Json) -> Json:
        self._world.receive(self._phone, data["id"], data["ack"])
        return {}

    def _exists(self, data: Json) -> Json:
        account = self._world.accounts.find(data["wid"])
        if not account:
            return {"exists": False}
        ids = {"pn": account.wid, "lid": account.lid_wid, "id": account.address}
        return {"exists": True, **ids, "isBusiness": account.is_business}

    # --- app state

    def _app_state(self, data: Json) -> Json:
        self._world.put_app_state(self._phone, data["collection"], data["key"], data["value"], but=self._page)
        return {}

    # --- profiles

    def _set_profile(self, data: Json) -> Json:
        changes = {name: data[name] for name in ("pushname", "about") if name in data}
        self._world.accounts.set_profile(self._phone, **changes)
        self._world.profiles_changed()
        return {}

    def _set_picture(self, data: Json) -> Json:
        if is_group(data["wid"]):
            self._world.groups.set_picture(self._phone, data["wid"], data["sha256"])
            self._world.commit()
        else:
            if self._find(data["wid"]) != self._phone:
                raise Refused(401, "NOT_ALLOWED", "só o dono troca a foto")
            self._world.accounts.set_profile(self._phone, picture=data["sha256"])
            self._world.profiles_changed()
        return {"status": 200}

    def _picture(self, data: Json) -> Json:
        wid = data["wid"]
        if is_group(wid):
            return {"sha256": self._world.groups.get(wid).picture}
        return {"sha256": self._world.accounts.account(self._find(wid)).picture}

    def _preview(self, data: Json) -> Json:
        """``delayMs``: how long the page waits for it."""
        fault = self._world.faults.take(PREVIEWS, self._phone)
        self._world.commit()
        host = urlsplit(data["url"]).hostname or ""
        delay_ms = fault.option("delayMs", SLOW_PREVIEW_MS) if fault else 0
        return {"title": f"Página de {host}", "description": data["url"], "delayMs": delay_ms}

    def _about(self, data: Json) -> Json:
        return {"about": self._world.accounts.account(self._find(data["wid"])).about}

    def _block(self, data: Json) -> Json:
        self._world.accounts.block(self._phone, self._find(data["wid"]), data["blocked"])
        self._world.commit()
        self._world.tell(self._phone, "profile", self._world.profile(self._phone))
        return {}

    def _report(self, data: Json) -> Json:
        self._find(data["wid"])
        return {"id": secrets.token_hex(8)}

    def _presence(self, data: Json) -> Json:
        """Who has a page open is available; of others nothing is known."""
        account = self._world.accounts.find(data["wid"])
        return {"available": bool(account and self._world.pages_of(account.phone))}

    def _devices(self, data: Json) -> Json:
        """A phone is device 0, its linked pages are numbered from 1."""
        devices = self._world.accounts.devices(self._find(data["wid"]))
        return {"devices": [0, *(device.number for device in devices)]}

    def _history(self, data: Json) -> Json:
        return {"messages": self._world.switchboard.history(self._phone, data["chat"])}

    # --- calls

    def _call(self, data: Json) -> Json:
        world, act = self._world, data["act"]
        if act == "offer":
            call_id = secrets.token_hex(16).upper()
            to = self._find(data["to"])
            call = Call(call_id, self._phone, to, bool(data["video"]), int(world.clock.now()))
            world.calls.ring(call)
        else:
            state = {"accept": calls.ACCEPTED, "reject": calls.REJECTED, "end": calls.ENDED}[act]
            call = world.calls.move(data["id"], state, self._phone)
        world.commit()
        tell_call(world, call, but=self._page)
        return {"id": call.id}
