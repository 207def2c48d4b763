"""What tests of every part use: free ports and waiting on a condition, never on time."""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

LIMIT_SECONDS = 9.0
"""No measure of anything: what a busy machine needs, and less than the limit of a test, which would not say what was waited for."""
PORTS = range(20_000, 32_000)
"""Below those that Linux gives to whoever asks for any: nobody comes upon one of them by chance."""


def free_port() -> int:
    """A TCP port of loopback that nothing listens on, and that no other test is given, in this process or beside it."""
    while True:
        port = _untried().pop()
        with suppress(OSError), socket.socket() as probe:
            # One byte of the file stands for each port; whose it is ends with the process.
            fcntl.lockf(_claims(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
            probe.bind(("127.0.0.1", port))
            return port


@cache
def _untried() -> list[int]:
    return random.sample(PORTS, len(PORTS))


@cache
def _claims() -> int:
    """The descriptor of a file that all test processes of this user share."""
    file = Path(tempfile.gettempdir()) / f"wppmt-test-ports-{os.getuid()}"
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def wait_until(predicate: Callable[[], T], limit: float = LIMIT_SECONDS) -> T:
    """The first true value of `predicate`, asked again and again for at most `limit` seconds."""
    end = time.monotonic() + limit
    while not (value := predicate()):
        assert time.monotonic() < end, f"not within {limit} s: {predicate}"
        time.sleep(0.005)
    return value


async def eventually(predicate: Callable[[], T], limit: float = LIMIT_SECONDS) -> T:
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
