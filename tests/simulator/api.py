"""The control API over real HTTP, with pages that speak the page's protocol: what tests of both ends share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.simulator.fake_page import FakePage
from wppmt.simulator import SimulatorServer, SimulatorSettings
from wppmt.simulator.world import Clock

ANA, BRUNO = "5511911111111", "5511922222222"
BRUNO_ID = f"{BRUNO}@c.us"


class SlowClock:
    """Moves only when told."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def now(self) -> float:
        return self.seconds


class Api:
    def __init__(self, session: aiohttp.ClientSession, server: SimulatorServer, clock: SlowClock) -> None:
        self.session = session
        self.server = server
        self.clock = clock

    async def __call__(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        async with self.session.request(
            method, f"{self.server.control_url}/sim{path}", json=body
        ) as response:
            return response.status, await response.json()

    async def ok(self, method: str, path: str, body: object = None) -> Any:
        status, answer = await self(method, path, body)
        assert status == 200, answer
        return answer

    def page(self, token: str | None = None, *, confirms: bool = True) -> FakePage:
        return FakePage(self.session, self.server.page_port, token, confirms=confirms)

    async def log(self) -> list[str]:
        return [entry["event"] for entry in await self.ok("GET", "/log")]


@asynccontextmanager
async def serving(state_dir: Path) -> AsyncIterator[Api]:
    """A simulator with two accounts."""
    clock = SlowClock()
    settings = SimulatorSettings(state_dir, control_port=0, page_port=0, ack_ms=1)
    server = SimulatorServer(settings, Clock(now=clock.now))
    async with server, aiohttp.ClientSession() as session:
        api = Api(session, server, clock)
        await api.ok("PUT", f"/accounts/{ANA}", {"name": "Ana"})
        await api.ok("PUT", f"/accounts/{BRUNO}", {"name": "Bruno", "isBusiness": True, "lid": "77777"})
        yield api


async def scan(api: Api, page: FakePage, phone: str = ANA) -> str:
    """Links the page to the phone; answers the device."""
    answer = await api.ok("POST", f"/accounts/{phone}/scan", {"qr": await page.code()})
    return str(answer["device"])
