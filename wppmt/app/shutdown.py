"""What a signal does to the daemon: SIGTERM and SIGINT end its browsers, SIGUSR2 leaves them to the next daemon."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from functools import partial

from actors.runtime.directory import Directory
from actors.runtime.pykka_threads import PykkaThreads
from actors.supervisor.messages import ShutDown
from actors.webhooks.messages import Drain
from wppmt.app import logs
from wppmt.app.browsers import TenantBrowsers
from wppmt.domain.errors import Refusal
from wppmt.domain.messages import ROOT_ACTOR, WEBHOOK_ACTOR

ROOT_SECONDS = 5.0
"""For Root's answer, beyond the time that it gives the browsers."""
DRAIN_SECONDS = 5.0


class StopSignal:
    """Made within the running loop, whose signals it takes."""

    def __init__(self) -> None:
        self.hands_over = False
        """The browsers live on. A SIGTERM after a SIGUSR2 turns this into a stop, never the reverse."""
        self._came = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR2):
            loop.add_signal_handler(number, partial(self._come, hands_over=number == signal.SIGUSR2))

    async def wait(self) -> None:
        await self._came.wait()

    def _come(self, *, hands_over: bool) -> None:
        self.hands_over = hands_over and (self.hands_over or not self._came.is_set())
        self._came.set()


async def stop_actors(
    directory: Directory,
    threads: PykkaThreads,
    chromes: TenantBrowsers,
    seconds: float,
    *,
    hands_over: bool,
    last: Callable[[], Awaitable[object]],
) -> None:
    """Sessions first, all together, in so many seconds; the webhook actor leaves its work to the store.

    `last` is done before the browsers are let go.
    """
    if hands_over:
        logs.log("handed_over", note="Os navegadores continuam conectados até o próximo início do serviço")
    else:
        await _end_browsers(directory, seconds)
    with contextlib.suppress(Refusal):
        await directory.ask(WEBHOOK_ACTOR, Drain(), DRAIN_SECONDS)
    await asyncio.to_thread(threads.stop)
    await last()
    # While the locks are ours: the next daemon finds nobody else at the other end.
    await asyncio.to_thread(chromes.let_go)


async def _end_browsers(directory: Directory, seconds: float) -> None:
    try:
        killed = await directory.ask(ROOT_ACTOR, ShutDown(seconds), seconds + ROOT_SECONDS)
    except Refusal:
        killed = ("?",)
    if killed:
        logs.log("browsers_killed", level="warning", sessions=list(killed))
