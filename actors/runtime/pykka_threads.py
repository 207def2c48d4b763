"""The scheduler in production: each actor is a Pykka actor in a thread of its own; timers run on the event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, cast

import pykka

from actors.runtime.cell import Cell, Mailbox

STOP_SECONDS = 5.0
"""For an actor to end; a stuck one's thread is a daemon thread and dies with the process."""


class CellActor(pykka.ThreadingActor):
    """Gives a Cell its thread."""

    use_daemon_thread = True

    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self._cell = cell

    @staticmethod
    def _create_actor_inbox() -> Any:
        # In C, where Pykka's own costs a lock, a condition and a wake-up in Python for each message.
        return SimpleQueue()

    def on_receive(self, message: Any) -> None:
        self._cell.receive(message)


class PykkaMailbox:
    """A Pykka actor's inbox."""

    def __init__(self, ref: pykka.ActorRef[CellActor]) -> None:
        self._ref = ref

    def put(self, message: object) -> bool:
        try:
            self._ref.tell(message)
        except pykka.ActorDeadError:
            return False
        return True

    @property
    def is_alive(self) -> bool:
        return self._ref.is_alive()

    @property
    def length(self) -> int:
        return cast("SimpleQueue[object]", self._ref.actor_inbox).qsize()

    def close(self) -> None:
        self._ref.stop(block=False)


class PykkaThreads:
    """Started by the composition root, with the daemon's event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def start(self, cell: Cell) -> Mailbox:
        return PykkaMailbox(CellActor.start(cell))

    def later(self, seconds: float, function: Callable[[], object]) -> None:
        self._on_loop(self._loop.call_later, seconds, function)

    def run_blocking(self, function: Callable[[], None]) -> None:
        self._on_loop(self._loop.run_in_executor, None, function)

    def stop(self) -> None:
        """End every actor that still lives; blocks."""
        with contextlib.suppress(pykka.Timeout):
            pykka.ActorRegistry.stop_all(block=True, timeout=STOP_SECONDS)

    def _on_loop(self, function: Callable[..., object], *arguments: object) -> None:
        # A closed loop: the daemon has stopped, and nobody is left to be woken.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, *arguments)
