"""By how much the event loop is late: everything that it serves waits at least as long."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator

LOOK_SECONDS = 0.5
KEPT_SECONDS = 60.0


class LoopLag:
    def __init__(self) -> None:
        self._late: deque[float] = deque(maxlen=int(KEPT_SECONDS / LOOK_SECONDS))

    def worst(self) -> float:
        """Seconds, of the last minute; from any thread."""
        return max(self._late.copy(), default=0.0)

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """While the block runs."""
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()

    async def _watch(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            due = clock() + LOOK_SECONDS
            await asyncio.sleep(LOOK_SECONDS)
            self._late.append(clock() - due)
