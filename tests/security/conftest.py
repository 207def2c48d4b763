"""The front with fake actors, as the tests of HTTP run it, and raw connections to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.http.conftest import Api, serve

ANSWER_SECONDS = 5.0
running = asynccontextmanager(serve)
"""The front of an Api whose levers were set beforehand."""
Connect = Callable[..., Awaitable["Connection"]]


@dataclass
class Connection:
    """One of a client's, byte by byte."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[int, bytes]:
        """Status and body of the next answer."""
        async with asyncio.timeout(ANSWER_SECONDS):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            return int(head[9:12]), await self.reader.readexactly(int(length))

    async def ends(self, limit: float = ANSWER_SECONDS) -> bytes:
        """What comes until the front closes it, which it does within `limit` seconds."""
        async with asyncio.timeout(limit):
            try:
                return await self.reader.read()
            except ConnectionResetError:
                return b""

    @property
    def is_open(self) -> bool:
        return not self.reader.at_eof()


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    instance = Api()
    instance.folder = tmp_path
    async for running in serve(instance):
        yield running


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Opens connections to a front, from any address of loopback."""
    async with AsyncExitStack() as stack:

        async def open_one(api: Api, source: str = "127.0.0.1") -> Connection:
            reader, writer = await asyncio.open_connection("127.0.0.1", api.port, local_addr=(source, 0))
            stack.callback(writer.close)
            return Connection(reader, writer)

        yield open_one
