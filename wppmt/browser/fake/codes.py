"""What the fake page shows to a phone that would be linked: QR codes that rotate, and codes to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wppmt.browser.fake import connection

if TYPE_CHECKING:
    from wppmt.browser.fake.page import FakePage, PageHost

IN_A_BATCH = 6


class Codes:
    """Of one page; it says so itself when they are spent."""

    def __init__(self, page: FakePage, browser: PageHost) -> None:
        self._page = page
        self._browser = browser
        self._times = browser.browsers.times
        self._shown: set[str] = set()
        self._left = IN_A_BATCH

    def shows(self, code: str) -> bool:
        return code in self._shown

    def show(self, code: str | None = None, seconds: float | None = None) -> str:
        """A new QR text instead of the old one, for so many seconds."""
        text = code or f"2@{self._page.name}-{self._page.last}"
        self._shown = {text}
        ttl, at = 1000 * (seconds or self._times.qr), 1000 * self._browser.browsers.now()
        self._page.emit("qr_changed", {"code": text, "ttlMs": int(ttl), "at": at})
        return text

    def show_to_type(self, number: str) -> str:
        """Eight characters, for the phone to type; the same as long as they are shown."""
        code = f"{number[::-1]:0>8}"[:8]
        if code not in self._shown:
            self._shown.add(code)
            self._page.emit("pairing_code_changed", {"code": code})
        return code

    def refresh(self) -> None:
        """A new batch, for a page whose codes are spent."""
        if self._page.facts.socket == connection.NO_MORE_CODES.state:
            self._left = IN_A_BATCH
            self._page.connect(connection.CODES)
            self.rotate(self._times.first_qr)

    def rotate(self, seconds: float) -> None:
        if not self._page.is_current or self._page.facts.authenticated:
            return
        if not self._left:
            self._shown.clear()
            self._page.connect(connection.NO_MORE_CODES)
            return
        self._left -= 1
        self.show(seconds=seconds)
        self._browser.later(seconds, lambda: self.rotate(self._times.qr))

    def clear(self) -> None:
        """Nothing is shown any more."""
        self._shown.clear()
