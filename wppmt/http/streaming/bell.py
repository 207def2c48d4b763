"""Wakes streams when there is something new for them: no stream looks into the store by itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection
from contextlib import suppress


class Ear:
    """One stream's. `sessions` None: it listens to all."""

    def __init__(self, sessions: frozenset[str] | None) -> None:
        self.sessions = sessions
        self._rung = asyncio.Event()
        # There may be something already.
        self._rung.set()

    def wake(self) -> None:
        """On the loop."""
        self._rung.set()

    def take(self) -> bool:
        """Whether it has rung since it was last asked. What is there is to be looked at from here on."""
        has_rung = self._rung.is_set()
        self._rung.clear()
        return has_rung

    async def wait(self, seconds: float) -> None:
        """Until it rings, at most so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()

    def hears(self, sessions: Collection[str]) -> bool:
        return self.sessions is None or not self.sessions.isdisjoint(sessions)


class Bell:
    """Rung from any thread, with the sessions that have new events; heard on the loop that made it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._ears: set[Ear] = set()
        self._sessions: set[str] = set()
        """Rung, and not yet told."""

    def listen(self, ear: Ear) -> None:
        self._ears.add(ear)

    def leave(self, ear: Ear) -> None:
        self._ears.discard(ear)

    def ring(self, sessions: Collection[str]) -> None:
        with self._lock:
            is_first = not self._sessions
            self._sessions.update(sessions)
        if is_first:
            # A closed loop: the application has ended, and nobody listens any more.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._tell)

    def wake_all(self) -> None:
        """On the loop."""
        for ear in self._ears:
            ear.wake()

    def _tell(self) -> None:
        with self._lock:
            sessions, self._sessions = self._sessions, set()
        for ear in self._ears:
            if ear.hears(sessions):
                ear.wake()
