"""How one page gets linked: QR codes that rotate, a pairing code, and the page's word that it has stored its login."""

import asyncio
import secrets
from collections.abc import Callable

import segno

from wppmt.simulator.errors import Refused
from wppmt.simulator.faults import Fault
from wppmt.simulator.qr import FIRST_LIVES_TIMES, Code
from wppmt.simulator.records import Device, Json
from wppmt.simulator.world import OpenPage, World

PAIRING_CODE_LETTERS = "123456789ABCDEFGHJKLMNPQRSTVWXYZ"
PAIRING_CODE_SECONDS = 180
FAST_EXPIRY_MS = 1000


class Linking:
    """``keys`` are the page's own parts of the QR text: noise key, identity key, secret, in base64."""

    def __init__(self, world: World, page: OpenPage, keys: list[str]) -> None:
        self._world = world
        self._page = page
        self._keys = keys
        self._faults: dict[str, Fault] = {}
        self._waiting: tuple[Device, asyncio.Future[None]] | None = None
        self._rotation: asyncio.Task[None] | None = None

    def start(self, faults: list[Fault]) -> None:
        """Shows codes, unless a fault forbids it."""
        self._faults = {fault.kind: fault for fault in faults}
        self.refresh()

    def refresh(self) -> None:
        self.stop()
        if "qr_never" not in self._faults:
            self._rotation = asyncio.get_running_loop().create_task(self._rotate())

    def stop(self) -> None:
        """The codes shown so far are worth nothing from now on."""
        self._world.codes.expire(self._page)
        if self._rotation:
            self._rotation.cancel()
            self._rotation = None

    def pairing_code(self, phone: str) -> str:
        text = "".join(secrets.choice(PAIRING_CODE_LETTERS) for _ in range(8))
        expires = self._world.clock.now() + PAIRING_CODE_SECONDS
        self._world.codes.issue(text, Code(self._page, expires, "".join(filter(str.isdigit, phone))))
        return text

    def check(self, phone: str) -> None:
        """WhatsApp may not let this phone link this page."""
        for kind, status in (("pairing_refused", 409), ("passkey_required", 409)):
            fault = self._faults.pop(kind, None) or self._world.faults.take([kind], phone)
            if fault:
                self._page.strike(fault)
                self.refresh()
                raise Refused(status, kind.upper(), f"o WhatsApp não deixou parear: {kind}")

    async def link(self, device: Device) -> None:
        """Tells the page that it is linked; ends when it has stored its login."""
        linked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting = device, linked
        profile = self._world.profile(device.phone)
        self._page.push("paired", {**profile, "device": device.id, "token": device.token})
        await linked

    def confirm(self, confirmed: Callable[[Device], None]) -> Json:
        if not self._waiting:
            raise Refused(409, "NOT_LINKING", "a página não está sendo pareada")
        device, linked = self._waiting
        self._waiting = None
        self.stop()
        confirmed(self._world.accounts.confirm_device(device.id))
        if not linked.done():
            linked.set_result(None)
        return {}

    async def _rotate(self) -> None:
        fast = self._faults.get("qr_expire_fast")
        later = fast.option("ttlMs", FAST_EXPIRY_MS) / 1000 if fast else self._world.settings.qr_ttl_seconds
        lives = later if fast else later * FIRST_LIVES_TIMES
        while True:
            self._show(lives)
            await asyncio.sleep(lives)
            lives = later

    def _show(self, lives: float) -> None:
        ref = f"2@{secrets.token_urlsafe(66)}"
        text = ",".join([ref, *self._keys])
        self._world.codes.issue(text, Code(self._page, self._world.clock.now() + lives))
        matrix = ["".join("1" if dark else "0" for dark in row) for row in segno.make(text, error="l").matrix]
        self._page.push("qr", {"ref": ref, "text": text, "matrix": matrix, "livesMs": int(lives * 1000)})
        self._world.log.add("qr", livesMs=int(lives * 1000))
        self._world.commit()
