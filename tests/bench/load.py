"""Asks one server as fast as it answers, over a few kept connections; in a process of its own, one request at a time each.

Bare on purpose: what the generator takes of the machine, the server does not get.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

CONNECTIONS = 16
HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"


class Asking(asyncio.Protocol):
    """One connection."""

    def __init__(self, requests: Iterator[bytes], times: list[float], end: float) -> None:
        self._requests = requests
        self._times = times
        self._end = end
        self._seen = b""
        self._began = 0.0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._seen += data
        if not is_whole(self._seen):
            return
        now = time.perf_counter()
        assert self._seen.startswith(b"HTTP/1.1 200"), self._seen[:300]
        self._times.append(now - self._began)
        self._seen = b""
        if now < self._end:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if time.perf_counter() < self._end:
            exc = exc or ConnectionError("closed before the end")
        self.done.set_exception(exc) if exc else self.done.set_result(None)

    def _ask(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(next(self._requests))


def is_whole(answer: bytes) -> bool:
    """Whether all that its head promises is there."""
    at = answer.find(HEAD_END)
    if at < 0:
        return False
    head = answer[:at].lower()
    length = int(head[head.index(LENGTH) + len(LENGTH) :].split(b"\r\n", 1)[0])
    return len(answer) >= at + len(HEAD_END) + length


async def ask(
    port: int, paths: list[str], token: str, seconds: float, connections: int = CONNECTIONS
) -> dict[str, Any]:
    """Rate (requests a second) and latencies (ms)."""
    head = f"Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n"
    requests = itertools.cycle([f"GET {path} HTTP/1.1\r\n{head}".encode() for path in paths])
    times: list[float] = []
    began = time.perf_counter()
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Asking(requests, times, began + seconds), "127.0.0.1", port)
        for _ in range(connections)
    ]
    await asyncio.gather(*(asking.done for _, asking in made))
    return {
        "rate": len(times) / (time.perf_counter() - began),
        "p50": 1000 * statistics.median(times),
        "p99": 1000 * statistics.quantiles(times, n=100)[98],
    }


def asked(plan: Mapping[str, Any]) -> dict[str, float]:
    """What `ask` finds, asked by a process of its own; `plan` by its parameters' names."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(plan).encode(),
        stdout=subprocess.PIPE,
        check=True,
        timeout=plan["seconds"] + 30,
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


if __name__ == "__main__":
    plan = json.load(sys.stdin)
    print(json.dumps(asyncio.run(ask(**plan))))  # noqa: T201 - for the one who started it
