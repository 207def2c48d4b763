"""`python -m tests.security.floods NAME PORT SECONDS [PATH TOKEN PORT]`: one attacker, in a process of its own.

Loopback only, a bounded number of connections, and an end that it brings about itself.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

CONNECTIONS = 1200
"""Beyond the usual soft limit of descriptors, 1,024."""
HEADS = 1000
HEAD_BYTES = 1_000_000
REQUESTERS = 8
TEN_MEGABYTES = 10_000_000
PAUSE = 0.01
"""Between two tries of one connection that is refused: a client, too, has only so much CPU."""


@dataclass
class Target:
    port: int
    path: str = ""
    token: str = ""
    serves: int = 0
    """A port of loopback that the gateway may fetch files from."""
    told: Counter[str] = field(default_factory=Counter)
    """Statuses that were answered."""

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    def head(self, method: str, path: str, length: int = 0, token: str | None = None) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", "Host: gateway", f"Content-Length: {length}"]
        if token:
            lines.append(f"Authorization: Bearer {token}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def answer(self, reader: asyncio.StreamReader) -> str:
        """The status of the next answer, whose body is read, too."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length or 0))
        status = head[9:12].decode()
        self.told[status] += 1
        return status


Attack = Callable[[Target], Awaitable[None]]


async def _again_and_again(attack: Attack, target: Target, times: int) -> None:
    """`times` at once, each anew as soon as it is over, until cancelled."""

    async def one() -> None:
        while True:
            with contextlib.suppress(OSError, EOFError, ValueError):
                await attack(target)
            await asyncio.sleep(PAUSE)

    await asyncio.gather(*(one() for _ in range(times)))


async def idle(target: Target) -> None:
    """Connect, say nothing, wait to be closed."""

    async def attack(target: Target) -> None:
        reader, writer = await target.connect()
        with contextlib.closing(writer):
            await reader.read()

    await _again_and_again(attack, target, CONNECTIONS)


async def heads(target: Target) -> None:
    """A head that grows to 1 MB and never ends."""

    async def attack(target: Target) -> None:
        reader, writer = await target.connect()
        with contextlib.closing(writer):
            writer.write(b"GET /healthz HTTP/1.1\r\n")
            for number in range(HEAD_BYTES // 8000):
                writer.write(b"X-%d: " % number + b"x" * 7900 + b"\r\n")
                await writer.drain()
            await reader.read()

    await _again_and_again(attack, target, HEADS)


def _asking(method: str, *paths: str, token: bool = False) -> Attack:
    async def attack(target: Target) -> None:
        reader, writer = await target.connect()
        with contextlib.closing(writer):
            while True:
                for path in paths:
                    writer.write(target.head(method, path, token=target.token if token else None))
                    await target.answer(reader)

    return attack


async def strangers(target: Target) -> None:
    """Refused for want of a token, as fast as one connection can."""
    await _again_and_again(_asking("GET", "/api/sessions"), target, 1)


async def public(target: Target) -> None:
    """What needs no token, as fast as eight connections can."""
    paths = ("/healthz", "/api/health", "/readyz", "/api-docs")
    await _again_and_again(_asking("GET", *paths), target, REQUESTERS)


async def uncounted(target: Target) -> None:
    """With a token, what is counted against no session."""
    await _again_and_again(_asking("GET", "/api/sessions", token=True), target, REQUESTERS)


def _sending(body: bytes) -> Attack:
    async def attack(target: Target) -> None:
        reader, writer = await target.connect()
        with contextlib.closing(writer):
            while True:
                writer.write(target.head("POST", f"{target.path}/send-file", len(body), target.token))
                writer.write(body)
                await target.answer(reader)

    return attack


async def structures(target: Target) -> None:
    """Ten megabytes of JSON that is nothing but structure."""
    body = b"[" + b"[]," * (TEN_MEGABYTES // 3) + b"[]]"
    await _again_and_again(_sending(body), target, 20)


async def bodies(target: Target) -> None:
    """Thirty files of 7 MB at once, in base64, to a number that is nobody's."""
    content = base64.b64encode(b"%PDF-1.4\n" + bytes(7_400_000)).decode()
    body = json.dumps({"phone": "5511900000000", "base64": content, "fileName": "a.pdf"}).encode()
    await _again_and_again(_sending(body), target, 30)


async def fetches(target: Target) -> None:
    """Files from an address whose answer is one chunk extension without end."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError, EOFError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;")
            while True:
                writer.write(b"x" * 60_000)
                await writer.drain()

    async with await asyncio.start_server(serve, "127.0.0.1", target.serves):
        where = f"http://127.0.0.1:{target.serves}/a.pdf"
        body = json.dumps({"phone": "5511900000000", "fileUrl": where}).encode()
        await _again_and_again(_sending(body), target, REQUESTERS)


ATTACKS: dict[str, Attack] = {
    attack.__name__: attack
    for attack in (idle, heads, strangers, public, uncounted, structures, bodies, fetches)
}


async def _main(name: str, seconds: float, target: Target) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await ATTACKS[name](target)
    sys.stdout.write(json.dumps(target.told) + "\n")


if __name__ == "__main__":
    name, port, seconds, *more = sys.argv[1:]
    path, token, serves = more or ("", "", "0")
    asyncio.run(_main(name, float(seconds), Target(int(port), path, token, int(serves))))
