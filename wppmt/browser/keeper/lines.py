"""Copies of the lines to the browsers, by name, and the port of whoever keeps them while no daemon runs."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator, Mapping
from threading import Lock
from typing import Protocol

_PREFIX = "chrome-"


class Keeper(Protocol):
    """Its methods may be called by any thread, and don't block for long."""

    def keep(self, name: str, end: socket.socket) -> None:
        """Takes a copy, which outlives the daemon. Raises OSError."""

    def take(self, name: str) -> socket.socket | None:
        """A copy of what is kept; once more, where the first could not be used."""

    def forget(self, name: str) -> None:
        """Its browser has ended."""

    def close(self) -> None:
        """The daemon goes; what is kept stays."""


class Copies:
    """Descriptors of our own, by name. Thread-safe."""

    def __init__(self, found: Mapping[str, socket.socket] | None = None) -> None:
        """Takes `found` over, but for the lines whose Chrome is gone."""
        self._ends = {name: end for name, end in (found or {}).items() if not _is_dead(end)}
        self._guard = Lock()

    def __iter__(self) -> Iterator[tuple[str, socket.socket]]:
        with self._guard:
            return iter(list(self._ends.items()))

    def __len__(self) -> int:
        return len(self._ends)

    def add(self, name: str, end: socket.socket) -> socket.socket:
        """A copy of `end`; it."""
        copy = end.dup()
        with self._guard:
            former, self._ends[name] = self._ends.get(name), copy
        if former:
            former.close()
        return copy

    def take(self, name: str) -> socket.socket | None:
        """A copy of the copy."""
        with self._guard:
            end = self._ends.get(name)
            return end.dup() if end else None

    def close(self) -> None:
        for name, _ in self:
            self.drop(name)

    def drop(self, name: str) -> None:
        with self._guard:
            end = self._ends.pop(name, None)
        if end:
            end.close()


class InMemory:
    """Keeps for as long as this process lives: every Chrome ends with it."""

    def __init__(self) -> None:
        self._copies = Copies()

    def keep(self, name: str, end: socket.socket) -> None:
        self._copies.add(name, end)

    def take(self, name: str) -> socket.socket | None:
        return self._copies.take(name)

    def forget(self, name: str) -> None:
        self._copies.drop(name)

    def close(self) -> None:
        self._copies.close()


def line_name(session_id: str, pid: int) -> str:
    """Of one Chrome's life: what the keeper has not yet forgotten is never taken for the next one's."""
    return f"{_PREFIX}{session_id}-{pid}"


def session_of(name: str) -> str:
    """Of a line's name."""
    return name.removeprefix(_PREFIX).rpartition("-")[0]


def is_line_name(name: str) -> bool:
    """Whether we have named it."""
    return name.startswith(_PREFIX)


def _is_dead(end: socket.socket) -> bool:
    poll = select.poll()
    poll.register(end, 0)
    if not poll.poll(0):
        return False
    end.close()
    return True
