"""The simulated WhatsApp at run time: the pure parts, their storage, and the pages that are open."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from wppmt.simulator.accounts import Accounts
from wppmt.simulator.app_state import AppState, status_readers
from wppmt.simulator.calls import Calls
from wppmt.simulator.errors import Refused
from wppmt.simulator.faults import Fault, Faults
from wppmt.simulator.groups import GroupEvent, Groups
from wppmt.simulator.log import Log
from wppmt.simulator.qr import Codes
from wppmt.simulator.records import Device, Json, Message, is_group
from wppmt.simulator.routing import Draft, Switchboard, short_id
from wppmt.simulator.settings import SimulatorSettings
from wppmt.simulator.storage import Changes, Storage

LINKING_SECONDS = 10


class OpenPage(Protocol):
    """What the world needs of a page that is open; see ``pages.Page``."""

    device: Device | None

    def push(self, type_: str, data: Json) -> None: ...
    def flush(self) -> None: ...
    def check_linking(self, phone: str) -> None: ...
    async def link(self, device: Device) -> None: ...
    def strike(self, fault: Fault) -> None: ...
    def tell_limits(self) -> None: ...
    def note(self, fault: Fault) -> None: ...
    def unlink(self, reason: str) -> None: ...


@dataclass(frozen=True)
class Clock:
    """``now`` in epoch seconds, ``monotonic`` in seconds of the machine's steady clock."""

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


class World:
    """Every change goes: pure part, ``commit`` (to disk), and only then to pages and long polls."""

    def __init__(self, settings: SimulatorSettings, storage: Storage, clock: Clock) -> None:
        self.settings = settings
        self.storage = storage
        self.clock = clock
        self.codes: Codes[OpenPage] = Codes()
        self.pages: list[OpenPage] = []
        self._changed = asyncio.Event()
        self._regrouped: set[str] = set()
        """Phones whose groups have changed: they know other people now."""
        self._empty()
        parts = (
            self.accounts,
            self.groups,
            self.app_state,
            self.calls,
            self.switchboard,
            self.faults,
            self.log,
        )
        for part in parts:
            part.restore(storage.load)

    def _empty(self) -> None:
        self._changes = Changes()
        self.accounts = Accounts(self._changes, secrets.token_urlsafe)
        self.groups = Groups(self._changes, self.accounts, lambda: secrets.token_urlsafe(16))
        self.groups.tell = self._group_changed
        self.app_state = AppState(self._changes)
        self.calls = Calls(self._changes)
        self.switchboard = Switchboard(self._changes, self.accounts, self.groups)
        self.switchboard.status_readers = partial(status_readers, self.app_state, self.accounts)
        self.faults = Faults(self._changes)
        self.log = Log(self._changes, self.clock.monotonic)

    def commit(self) -> None:
        self.storage.save(self._changes.drain())
        for page in list(self.pages):
            page.flush()
        for phone in self._regrouped:
            self.tell(phone, "profile", self.profile(phone))
        self._regrouped.clear()
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, look: Callable[[], list[Json]], seconds: float) -> list[Json]:
        """What ``look`` finds, as soon as it finds something or the time is over."""
        deadline = self.clock.monotonic() + seconds
        while not (found := look()):
            remaining = deadline - self.clock.monotonic()
            if remaining <= 0:
                break
            try:
                await asyncio.wait_for(self._changed.wait(), remaining)
            except TimeoutError:
                break
        return found

    def pages_of(self, phone: str) -> list[OpenPage]:
        return [page for page in self.pages if page.device and page.device.phone == phone]

    def sockets(self, device_id: str) -> int:
        return sum(1 for page in self.pages if page.device and page.device.id == device_id)

    # --- what phones do

    def register(self, phone: str, name: str, **details: Any) -> None:
        self.accounts.register(phone, name, **details)
        self.commit()
        self._tell_profiles()

    async def scan(self, phone: str, text: str) -> Device:
        """The phone reads a QR text; ends when the page is linked."""
        self.accounts.account(phone)
        return await self._link(phone, self.codes.scan(text, self.clock.now()).page)

    async def type_code(self, phone: str, text: str) -> Device:
        """The phone types a pairing code (dashes and case do not matter); ends when the page is linked."""
        self.accounts.account(phone)
        code = self.codes.lookup(text.replace("-", "").strip().upper(), self.clock.now())
        if code.phone != phone:
            raise Refused(409, "OTHER_PHONE", "esse código de pareamento foi pedido para outro número")
        return await self._link(phone, code.page)

    async def _link(self, phone: str, page: OpenPage) -> Device:
        if page not in self.pages:
            raise Refused(410, "CODE_EXPIRED", "a página que mostrou esse código já fechou")
        page.check_linking(phone)
        device = self.accounts.add_device(phone, self.clock.now())
        self.codes.expire(page)
        self.commit()
        try:
            await asyncio.wait_for(page.link(device), LINKING_SECONDS)
        except TimeoutError:
            raise Refused(504, "LINKING_TIMEOUT", "a página não confirmou o pareamento") from None
        return device

    def write(self, phone: str, draft: Draft) -> Message:
        """The account writes from its phone."""
        self.accounts.account(phone)
        message, _ = self.switchboard.accept(phone, draft)
        self.log.add("send", phone=phone, id=message.id, to=message.to, type=message.type, via="phone")
        self.commit()
        return message

    def receive(self, phone: str, message_id: str, ack: int) -> None:
        if self.accounts.account(phone).online:
            self._receive(phone, message_id, ack)
        else:
            self.switchboard.keep_receipt(phone, message_id, ack)
        self.commit()

    def _receive(self, phone: str, message_id: str, ack: int) -> None:
        self.switchboard.receive(phone, message_id, ack)
        self.log.add("receipt", phone=phone, id=short_id(message_id), ack=ack)

    def set_online(self, phone: str, online: bool) -> None:
        """The phone's pages are told nothing; its receipts wait while it has no internet."""
        if self.accounts.set_online(phone, online):
            self.log.add("online" if online else "offline", phone=phone)
        for message_id, ack in self.switchboard.waiting_receipts(phone) if online else ():
            self._receive(phone, message_id, ack)
        self.commit()

    def unlink(self, phone: str) -> None:
        """The phone unlinks all its devices."""
        devices = self.accounts.devices(phone)
        for device in devices:
            self.log.add("unlink", phone=phone, device=device.id)
            self.forget(device, "unknown_companion")

    def forget(self, device: Device, reason: str) -> None:
        """Removes a device and logs its open pages out."""
        self.accounts.remove_device(device.id)
        self.switchboard.drop_queue(device.id)
        self.commit()
        for page in [page for page in self.pages if page.device == device]:
            page.unlink(reason)

    def _group_changed(self, event: GroupEvent) -> None:
        """Told to the devices of all members, in the order of their messages."""
        event_id, t = secrets.token_hex(8).upper(), int(self.clock.now())
        for phone in dict.fromkeys([*event.group.participants, *event.told]):
            view = partial(self.switchboard.views.group_event, event, t=t, event_id=event_id)
            self.switchboard.queue(phone, "group", view)
            self._regrouped.add(phone)

    def profile(self, phone: str) -> Json:
        """All that a linked page of ``phone`` needs to know."""
        return {**self.switchboard.views.profile(phone), "appState": self.app_state.of(phone)}

    def tell(self, phone: str, type_: str, data: Json, but: OpenPage | None = None) -> None:
        """What only an open page wants to know: it is not kept for one that is away."""
        for page in self.pages_of(phone):
            if page is not but:
                page.push(type_, data)

    def put_app_state(
        self, phone: str, collection: str, key: str, value: Any, but: OpenPage | None = None
    ) -> None:
        self.app_state.put(phone, collection, key, value)
        self.commit()
        self.tell(phone, "appState", {"collection": collection, "key": key, "value": value}, but)

    def admins_of(self, wid: str) -> tuple[str, ...]:
        return self.groups.get(wid).admins if is_group(wid) else ()

    def profiles_changed(self) -> None:
        """After a change to what others see of an account."""
        self.commit()
        self._tell_profiles()

    def tell_limits(self, phone: str) -> None:
        for page in self.pages_of(phone):
            page.tell_limits()

    def reset(self) -> None:
        """Forgets everything; open pages clear themselves and reload."""
        pages = list(self.pages)
        self.storage.clear()
        self.codes.clear()
        self._empty()
        for page in pages:
            page.device = None
            page.push("reset", {})
        self.commit()

    def _tell_profiles(self) -> None:
        for page in self.pages:
            if page.device:
                page.push("profile", self.profile(page.device.phone))
