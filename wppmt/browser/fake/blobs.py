"""Files that lie in the fake page, on their way in or out, and how its functions say no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Rejected(Exception):
    """A function of the page says no."""

    def __init__(self, reason: str, until: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.until = until


class Blobs:
    """By number; as long as the page lives, unless they are ended."""

    def __init__(self) -> None:
        self._held: dict[int, bytes] = {}
        self._count = 0

    def keep(self, data: bytes, about: Mapping[str, Any]) -> dict[str, Any]:
        """As the page tells of it."""
        self._count += 1
        self._held[self._count] = data
        return {
            "blob": self._count,
            "size": len(data),
            "mimetype": about.get("mimetype", "application/octet-stream"),
            "fileName": about.get("fileName"),
        }

    def bytes_of(self, number: int) -> bytes:
        """Raises Rejected."""
        try:
            return self._held[number]
        except KeyError:
            raise Rejected("blob_not_found") from None

    def end(self, number: int) -> None:
        self._held.pop(number, None)
