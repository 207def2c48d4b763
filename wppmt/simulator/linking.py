"""How one page gets linked: batches of references, a pairing code, and the page's word that it has stored its login."""

import asyncio
import secrets
from collections.abc import Callable

import segno

from wppmt.simulator.errors import Refused
from wppmt.simulator.faults import Fault
from wppmt.simulator.qr import BATCH, FIRST_LIVES_TIMES, Code
from wppmt.simulator.records import Device, Json
from wppmt.simulator.world import OpenPage, World

PAIRING_CODE_LETTERS = "123456789ABCDEFGHJKLMNPQRSTVWXYZ"
PAIRING_CODE_SECONDS = 180
FAST_EXPIRY_MS = 1000


class Linking:
    """``keys`` are the page's own parts of the QR text: noise key and identity key, in base64."""

    def __init__(self, world: World, page: OpenPage, keys: list[str]) -> None:
        self._world = world
        self._page = page
        self._keys = keys
        self._faults: dict[str, Fault] = {}
        self._waiting: tuple[Device, asyncio.Future[None]] | None = None

    def start(self, faults: list[Fault]) -> None:
        """Gives the page a batch of references, unless a fault forbids it."""
        self._faults = {fault.kind: fault for fault in faults}
        if "qr_never" not in self._faults:
            self._give_batch()

    def stop(self) -> None:
        """The codes shown so far are worth nothing from now on."""
        self._world.codes.expire(self._page)

    def shown(self, ref: str, lives_ms: int, adv: str) -> None:
        """The page shows the code of a reference, and not the one before any more."""
        self.stop()
        expires = self._world.clock.now() + lives_ms / 1000
        self._world.codes.issue(ref, Code(self._page, expires, keys=(*self._keys, adv)))
        self._world.log.add("qr", livesMs=lives_ms)
        self._world.commit()

    def pairing_code(self, phone: str) -> str:
        text = "".join(secrets.choice(PAIRING_CODE_LETTERS) for _ in range(8))
        expires = self._world.clock.now() + PAIRING_CODE_SECONDS
        self._world.codes.issue(text, Code(self._page, expires, "".join(filter(str.isdigit, phone))))
        return text

    def check(self, phone: str) -> Fault | None:
        """WhatsApp may ask for a passkey before this phone links this page. Answers a refusal that comes later."""
        passkey = self._take("passkey_required", phone)
        if passkey:
            self._page.note(passkey)
            self._page.push("passkey", {})
            raise Refused(409, "PASSKEY_REQUIRED", "o WhatsApp pede a chave de acesso para parear")
        return self._take("pairing_refused", phone)

    def _take(self, kind: str, phone: str) -> Fault | None:
        return self._faults.pop(kind, None) or self._world.faults.take([kind], phone)

    async def link(self, device: Device) -> None:
        """Tells the page that it is linked; ends when it has stored its login."""
        linked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting = device, linked
        profile = self._world.profile(device.phone)
        self._page.push("paired", {**profile, "device": device.id, "token": device.token})
        await linked

    def refuse(self, phone: str, fault: Fault) -> None:
        """The phone has paired, and WhatsApp's server refuses the new device when it connects."""
        self._page.note(fault)
        self.stop()
        profile = self._world.switchboard.views.profile(phone)
        self._page.push("paired", {**profile, "token": secrets.token_urlsafe(), "refused": True})
        raise Refused(409, "PAIRING_REFUSED", "o WhatsApp não deixou parear")

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

    def _give_batch(self) -> None:
        fast, wrapped = self._faults.get("qr_expire_fast"), self._faults.get("qr_wrapped")
        later_ms = (
            fast.option("ttlMs", FAST_EXPIRY_MS) if fast else self._world.settings.qr_ttl_seconds * 1000
        )
        self._page.push(
            "refs",
            {
                "refs": [f"2@{secrets.token_urlsafe(66)}" for _ in range(BATCH)],
                "firstMs": int(later_ms if fast else later_ms * FIRST_LIVES_TIMES),
                "laterMs": int(later_ms),
                "wrapped": wrapped.option("form", "prefix") if wrapped else None,
            },
        )


def drawing(text: str) -> Json:
    """The QR code of a text, row by row."""
    matrix = segno.make(text, error="l").matrix
    return {"matrix": ["".join("1" if dark else "0" for dark in row) for row in matrix]}
