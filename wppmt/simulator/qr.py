"""PURE: the codes by which a page is linked: QR texts that rotate, and pairing codes."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from wppmt.simulator.errors import Refused

Page = TypeVar("Page")

FIRST_LIVES_TIMES = 3
"""WhatsApp's first code lives 60 s, each later one 20 s."""

EXPIRED_KEPT = 1000


@dataclass(frozen=True)
class Code(Generic[Page]):
    """``phone`` is set for pairing codes, which belong to the number they were asked for."""

    page: Page
    expires: float
    phone: str | None = None


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

    def expire(self, page: Page) -> None:
        """The page has been linked or is gone: its codes are worth nothing now."""
        for text, code in self._codes.items():
            if code.page == page:
                self._codes[text] = Code(code.page, 0.0, code.phone)

    def clear(self) -> None:
        self._codes.clear()
