"""How late the loop is: what holds it up is seen, and a loop that is free has no lag."""

from __future__ import annotations

import asyncio
import time

from wppmt.metrics.loop_lag import LOOK_SECONDS, LoopLag

HELD_UP = 0.3


async def test_who_holds_the_loop_up_is_seen():
    lag = LoopLag()
    assert lag.worst() == 0.0
    async with lag.watched():
        await asyncio.sleep(0)
        time.sleep(LOOK_SECONDS + HELD_UP)  # noqa: ASYNC251 - what must never be done on a loop
        await asyncio.sleep(0.01)
    assert lag.worst() >= HELD_UP - 0.05
