"""Where a session goes, or has gone: the URL of an instance, and its machine's name if it is one of our cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Destination:
    """As text, which a departure keeps: `URL`, or `URL#MACHINE`; no instance's own URL has a `#`."""

    url: str
    machine: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        url, _, machine = text.partition("#")
        return cls(url, machine)

    def __str__(self) -> str:
        return f"{self.url}#{self.machine}" if self.machine else self.url
