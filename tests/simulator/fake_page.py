"""The page's side of the websocket, without a browser: what page/*.js does, as far as the server can see it."""

import asyncio
import itertools
from typing import Any, Self

import aiohttp

Frame = dict[str, Any]

NOISE, IDENTITY, ADV = "bm9pc2U=", "aWRlbnRpdHk=", "YWR2"


class FakePage:
    """Stores what it is sent and confirms it, unless it is told not to."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        page_port: int,
        token: str | None = None,
        *,
        confirms: bool = True,
    ) -> None:
        self._session = session
        self._url = f"wss://127.0.0.1:{page_port}/ws"
        self._calls = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Frame]] = {}
        self._news = asyncio.Event()
        self.token = token
        self.faults: list[Frame] | None = None
        self._confirms = confirms
        self.pushes: list[Frame] = []

    async def __aenter__(self) -> Self:
        self._socket = await self._session.ws_connect(self._url, ssl=False)
        self._reader = asyncio.create_task(self._read())
        keys = {"noise": NOISE, "identity": IDENTITY}
        answer = await self.call("hello", {**keys, "token": self.token, "pageFaults": self.faults})
        self.faults = answer["pageFaults"]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reader.cancel()
        await self._socket.close()

    async def call(self, type_: str, data: Frame | None = None, limit: float = 5) -> Frame:
        number = next(self._calls)
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "type": type_, "data": data or {}})
        async with asyncio.timeout(limit):
            return await self._answers[number]

    async def send(self, message_id: str, to: str, body: str = "olá") -> Frame:
        return await self.call("send", {"id": message_id, "to": to, "t": 0, "type": "chat", "body": body})

    async def code(self, shown: int = 1) -> str:
        """The text of a code of the first batch, which this shows: the ``shown``-th one."""
        batch = await self.pushed("refs")
        ref, lives = batch["refs"][shown - 1], batch["firstMs"] if shown == 1 else batch["laterMs"]
        await self.call("shown", {"ref": ref, "livesMs": lives, "adv": ADV})
        return f"{ref},{NOISE},{IDENTITY},{ADV},1"

    async def pushed(self, type_: str, count: int = 1) -> Frame:
        """The newest push of that type, as soon as there are ``count`` of them."""
        async with asyncio.timeout(5):
            while len(found := [push["data"] for push in self.pushes if push["type"] == type_]) < count:
                self._news.clear()
                await self._news.wait()
        data: Frame = found[count - 1]
        return data

    async def closed(self) -> None:
        async with asyncio.timeout(5):
            await self._reader

    def received(self) -> list[str]:
        return [push["data"]["body"] for push in self.pushes if push["type"] == "message"]

    async def _read(self) -> None:
        async for message in self._socket:
            frame = message.json()
            if "re" in frame:
                self._answers.pop(frame["re"]).set_result(frame["data"])
                continue
            self.pushes.append(frame)
            self._news.set()
            if frame["type"] == "paired":
                self.token = frame["data"]["token"]
                self._answers[0] = asyncio.get_running_loop().create_future()
                await self._socket.send_json({"id": 0, "type": "linked", "data": {}})
            if "n" in frame and self._confirms:
                await self._socket.send_json({"type": "confirm", "data": {"n": frame["n"]}})
