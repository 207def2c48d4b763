"""Starts and stops the simulator: the page over HTTPS, the control API over HTTP."""

from types import TracebackType
from typing import Self

from aiohttp import web

from wppmt.simulator.control import Control
from wppmt.simulator.orders import Orders
from wppmt.simulator.settings import SimulatorSettings
from wppmt.simulator.storage import Storage
from wppmt.simulator.tls import server_context
from wppmt.simulator.web_page import WebPage
from wppmt.simulator.world import Clock, World


class SimulatorServer:
    """Use with ``async with``; ``control_port`` and ``page_port`` are then the ports really taken."""

    def __init__(self, settings: SimulatorSettings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or Clock()
        self._runners: list[web.AppRunner] = []
        self._orders: Orders | None = None
        self.control_port = settings.control_port
        self.page_port = settings.page_port

    @property
    def control_url(self) -> str:
        return f"http://{self._settings.host}:{self.control_port}"

    async def start(self) -> None:
        """Raises OSError where the folder cannot be written or a port is taken, UnusableFacts."""
        settings = self._settings
        settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._storage = Storage(settings.state_dir)
        world = World(settings, self._storage, self._clock)
        tls = server_context(settings.state_dir)
        try:
            self.page_port = await self._listen(WebPage(world).application(), settings.page_port, tls)
            self._orders = Orders(world)
            control = Control(world, self._orders).application()
            self.control_port = await self._listen(control, settings.control_port, None)
        except OSError:
            await self.stop()
            raise

    async def stop(self) -> None:
        for runner in reversed(self._runners):
            await runner.cleanup()
        self._runners.clear()
        if self._orders:
            self._orders.stop()
        self._storage.close()

    async def _listen(self, app: web.Application, port: int, tls: object) -> int:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        self._runners.append(runner)
        site = web.TCPSite(runner, self._settings.host, port, ssl_context=tls)  # type: ignore[arg-type]
        await site.start()
        return int(runner.addresses[0][1])

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
