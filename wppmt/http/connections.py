"""PURE: which connections there are, and which one goes when there are too many."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Generic, TypeVar

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections may be open at once."""

    total: int = 1000
    per_address: int = 600
    """A proxy has one address, too; a number below `total` leaves room for the others."""


class Connections(Generic[C]):
    """Connections that are idle (nothing is being answered) make room for new ones, the longest idle one first."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        self._address: dict[C, str] = {}
        self._idle: dict[C, None] = {}
        """In the order in which they became idle."""
        self._of_address: dict[str, dict[C, None]] = {}

    def __len__(self) -> int:
        return len(self._address)

    def arrive(self, connection: C, address: str) -> C | None:
        """A new one: who has to be closed for it, if anybody; itself, where all others are busy."""
        self._address[connection] = address
        self._idle[connection] = None
        siblings = self._of_address.setdefault(address, {})
        siblings[connection] = None
        if len(siblings) > self._limits.per_address:
            leaving = next(one for one in self._idle if one in siblings)
        elif len(self._address) > self._limits.total:
            leaving = next(iter(self._idle))
        else:
            return None
        self.leave(leaving)
        return leaving

    def work(self, connection: C) -> None:
        """A request is here."""
        self._idle.pop(connection, None)

    def rest(self, connection: C) -> None:
        """It has been answered."""
        if connection in self._address:
            self._idle[connection] = None

    def leave(self, connection: C) -> None:
        """It is closed, or is being closed. Asked twice: nothing."""
        self._idle.pop(connection, None)
        address = self._address.pop(connection, None)
        if address is None:
            return
        siblings = self._of_address[address]
        del siblings[connection]
        if not siblings:
            del self._of_address[address]


def whose(address: str) -> str:
    """Whom an address counts for: of IPv6 its /64, all of which one customer of a provider holds."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))
    return str(found)
