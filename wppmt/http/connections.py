"""PURE: which connections there are, and which one goes when there are too many."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from itertools import chain
from typing import Generic, TypeVar

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections may be open at once."""

    total: int = 1000
    per_address: int = 600
    """A proxy has one address, too; a number below `total` leaves room for the others."""


class Connections(Generic[C]):
    """Connections that are idle (nothing is being answered) make room for new ones, the longest idle one first.

    Those that have not shown a token go before those that have: a caller's kept connection outlives a flood of others.
    """

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        self._address: dict[C, str] = {}
        self._strange: dict[C, None] = {}
        """Idle ones that have shown no token, in the order in which they became idle."""
        self._known: dict[C, None] = {}
        """The other idle ones, in the same order."""
        self._of_address: dict[str, dict[C, None]] = {}

    def __len__(self) -> int:
        return len(self._address)

    def arrive(self, connection: C, address: str) -> C | None:
        """A new one: who has to be closed for it, if anybody; itself, where all others are busy."""
        self._address[connection] = address
        self._strange[connection] = None
        siblings = self._of_address.setdefault(address, {})
        siblings[connection] = None
        if len(siblings) > self._limits.per_address:
            leaving = next(one for one in chain(self._strange, self._known) if one in siblings)
        elif len(self._address) > self._limits.total:
            leaving = next(chain(self._strange, self._known))
        else:
            return None
        self.leave(leaving)
        return leaving

    def work(self, connection: C) -> None:
        """A request is here."""
        self._strange.pop(connection, None)
        self._known.pop(connection, None)

    def rest(self, connection: C, *, has_token: bool) -> None:
        """It has been answered; `has_token`: the request had a valid one."""
        if connection in self._address:
            (self._known if has_token else self._strange)[connection] = None

    def leave(self, connection: C) -> None:
        """It is closed, or is being closed. Asked twice: nothing."""
        self.work(connection)
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
