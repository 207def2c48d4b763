"""Name look-ups that cannot wait for each other: a name whose DNS hangs must not take the others' threads."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from aiohttp.abc import AbstractResolver, ResolveResult

Key = tuple[str, int, int]
Find = Callable[[str, int, int], list[ResolveResult]]
"""Host, port and address family to addresses; blocks; raises OSError."""


class Lookups(AbstractResolver):
    """The system's resolver, one daemon thread per name at most.

    getaddrinfo cannot be interrupted, and the event loop's own pool has only a handful of threads: two names that hang
    would stop all others. Here whoever asks for a hanging name joins the look-up that is under way.
    """

    def __init__(self, find: Find | None = None) -> None:
        self._find = find or _addresses
        self._running: dict[Key, asyncio.Future[list[ResolveResult]]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        key = (host, port, family)
        future = self._running.get(key)
        if future is None:
            future = asyncio.get_running_loop().create_future()
            self._running[key] = future
            threading.Thread(
                target=self._look_up, args=(key, future), name=f"dns-{host}", daemon=True
            ).start()
        # Shielded: one caller's deadline does not end it for the others.
        return await asyncio.shield(future)

    async def close(self) -> None:
        """Nothing to do: the threads end by themselves."""

    def _look_up(self, key: Key, future: asyncio.Future[list[ResolveResult]]) -> None:
        host, port, family = key
        try:
            found: list[ResolveResult] | OSError = self._find(host, port, family)
        except OSError as failure:
            found = failure
        except UnicodeError as failure:
            found = OSError(str(failure))
        with suppress(RuntimeError):  # the loop has been closed: nobody waits any more
            future.get_loop().call_soon_threadsafe(self._finish, key, future, found)

    def _finish(
        self, key: Key, future: asyncio.Future[list[ResolveResult]], found: list[ResolveResult] | OSError
    ) -> None:
        del self._running[key]
        if isinstance(found, OSError):
            future.set_exception(found)
            future.exception()  # all who asked may have given up; asyncio would complain at nobody's having looked
        else:
            future.set_result(found)


def _addresses(host: str, port: int, family: int) -> list[ResolveResult]:
    found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [
        ResolveResult(
            hostname=host,
            host=str(place[0]),
            port=port,
            family=kind,
            proto=protocol,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for kind, _, protocol, _, place in found
    ]
