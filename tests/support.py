"""What tests of every part use: free ports and waiting on a condition, never on time."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


def free_port() -> int:
    """A TCP port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(predicate: Callable[[], T], limit: float = 5.0) -> T:
    """The first true value of `predicate`, asked again and again for at most `limit` seconds."""
    end = time.monotonic() + limit
    while not (value := predicate()):
        assert time.monotonic() < end, f"not within {limit} s: {predicate}"
        time.sleep(0.005)
    return value


async def eventually(predicate: Callable[[], T], limit: float = 5.0) -> T:
    """`wait_until` for tests that share the event loop with what they wait for."""
    end = time.monotonic() + limit
    while not (value := predicate()):
        assert time.monotonic() < end, f"not within {limit} s: {predicate}"
        await asyncio.sleep(0.005)
    return value


@contextmanager
def meanwhile(run: Callable[[], object], over: threading.Event) -> Iterator[None]:
    """While the block runs, `run` does, on a thread of its own; `over` is what ends it."""
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
