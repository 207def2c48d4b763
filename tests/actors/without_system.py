"""The operating system, taken away for the length of a turn: whoever reaches for it is refused, and noted."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from actors.runtime.effects import Effect, Mind
from tests.actors.gateway import Gateway

EVENTS = (
    "_thread.",
    "ctypes.",
    "glob.",
    "mmap.",
    "open",
    "os.",
    "pathlib.",
    "shutil.",
    "signal.",
    "socket.",
    "subprocess.",
    "tempfile.",
)
"""What Python reports before it is done (sys.audit): files, sockets, processes. Not SQLite: the store is a mind's to use."""
UNREPORTED: tuple[tuple[Any, str], ...] = (
    *((time, name) for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "sleep")),
    (threading.Thread, "start"),
)
"""What it does not: clocks, and in Python 3.11 threads."""


class SystemAway:
    """One for the process: an audit hook stays for good."""

    def __init__(self) -> None:
        self.attempts: list[str] = []
        self._is_away = False
        sys.addaudithook(self._audit)

    @contextmanager
    def taken(self) -> Iterator[None]:
        there = [(owner, name, getattr(owner, name)) for owner, name in UNREPORTED]
        for owner, name in UNREPORTED:
            setattr(owner, name, self._refusing(f"{owner.__name__}.{name}"))
        self._is_away = True
        try:
            yield
        finally:
            self._is_away = False
            for owner, name, value in there:
                setattr(owner, name, value)

    def _refusing(self, name: str) -> Callable[..., Any]:
        def refuse(*_: object) -> None:
            self._refuse(name)

        return refuse

    def _audit(self, event: str, _: tuple[object, ...]) -> None:
        if self._is_away and event.startswith(EVENTS):
            self._refuse(event)

    def _refuse(self, what: str) -> None:
        self.attempts.append(what)
        raise PermissionError(f"a mind reached for {what}")


class WithoutSystem:
    """A mind in whose turns there is no operating system."""

    def __init__(self, mind: Mind, away: SystemAway) -> None:
        self._mind = mind
        self._away = away

    def handle(self, message: object, now: float) -> Iterable[Effect]:
        with self._away.taken():
            return tuple(self._mind.handle(message, now))


class GatewayWithoutSystem(Gateway):
    """All its minds are; the store, the workers and the world around them are not."""

    def __init__(self, away: SystemAway, *arguments: Any, **more: Any) -> None:
        self.minds: set[str] = set()
        self._away = away
        super().__init__(*arguments, **more)

    def watched(self, mind: Mind) -> Mind:
        self.minds.add(type(mind).__name__)
        return WithoutSystem(mind, self._away)
