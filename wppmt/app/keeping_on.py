"""Work that never ends, and that one mistake of ours must not end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from wppmt.domain.log import WriteLog

PAUSE_SECONDS = 1.0


def kept_on(work: Callable[[], Awaitable[None]], log: WriteLog) -> asyncio.Task[None]:
    """Begun anew whenever it breaks; cancel it to end it."""

    async def again_and_again() -> None:
        while True:
            try:
                await work()
            except Exception as failure:  # noqa: BLE001 - without it, this machine would lose its sessions one by one
                log("cluster_work_failed", level="error", error=failure)
            await asyncio.sleep(PAUSE_SECONDS)

    return asyncio.create_task(again_and_again())
