"""PURE: the codes by which a page is linked: references of QR texts, and pairing codes."""

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from wppmt.simulator.errors import Refused

Page = TypeVar("Page")

BATCH = 6
"""WhatsApp gives references six at a time; no further one comes by itself."""

FIRST_LIVES_TIMES = 3
"""WhatsApp's first code of a batch lives 60 s, each later one 20 s."""

PREFIX = "https://wa.me/settings/linked_devices#"
SUFFIX = ",https://faq.whatsapp.com/r/ld"

EXPIRED_KEPT = 1000


def scanned(text: str) -> tuple[str, tuple[str, ...]]:
    """What a phone reads out of a QR text, wrapped or not: the reference and the three keys behind it.

    wa-js leaves the last of the five parts out, the platform.
    """
    ref, *rest = text.strip().removeprefix(PREFIX).removesuffix(SUFFIX).split(",")
    return ref, tuple(rest[:3])


@dataclass(frozen=True)
class Code(Generic[Page]):
    """``phone`` is set for pairing codes, which belong to the number they were asked for; ``keys`` for QR codes."""

    page: Page
    expires: float
    phone: str | None = None
    keys: tuple[str, ...] = ()


class Codes(Generic[Page]):
    def __init__(self) -> None:
        self._codes: dict[str, Code[Page]] = {}

    def issue(self, text: str, code: Code[Page]) -> None:
        """Remembers a code. The oldest are forgotten: to the phone they are unknown then, not expired."""
        self._codes[text] = code
        while len(self._codes) > EXPIRED_KEPT:
            del self._codes[next(iter(self._codes))]

    def lookup(self, text: str, now: float) -> Code[Page]:
        """The code's page. Refuses with 404 what was never shown and with 410 what is no longer."""
        code = self._codes.get(text)
        if code is None:
            raise Refused(404, "UNKNOWN_CODE", "esse código não foi mostrado por nenhuma página")
        if now >= code.expires:
            raise Refused(410, "CODE_EXPIRED", "esse código expirou; leia o código novo")
        return code

    def scan(self, text: str, now: float) -> Code[Page]:
        """As ``lookup``, by a QR text: it is known by its reference and its keys."""
        ref, keys = scanned(text)
        code = self.lookup(ref, now)
        if code.keys != keys:
            raise Refused(404, "UNKNOWN_CODE", "esse código não é o de nenhuma página: as chaves são outras")
        return code

    def expire(self, page: Page) -> None:
        """The page has been linked, shows the next code or is gone: its codes are worth nothing now."""
        for text, code in self._codes.items():
            if code.page == page:
                self._codes[text] = replace(code, expires=0.0)

    def clear(self) -> None:
        self._codes.clear()
