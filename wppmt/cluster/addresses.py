"""Where HAProxy reaches the machines: it connects to an IP, and their URLs may name a host."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping

from wppmt.cluster.routing import host_and_port
from wppmt.domain.system_errors import explain

SECONDS = 5.0


async def resolved(host: str, port: int) -> str:
    """An IP of that host. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return str(found[0][4][0])


class Addresses:
    """What was found holds until a later look finds another address: a name server that is away breaks nothing that works."""

    def __init__(
        self, say: Callable[[str, str], None], resolve: Callable[[str, int], Awaitable[str]] = resolved
    ) -> None:
        """`say` is told of a URL what is wrong with it, and an empty text when nothing is any more."""
        self._say = say
        self._resolve = resolve
        self._found: dict[str, str] = {}
        self._looked: dict[str, int] = {}
        """Each URL, and since when its machine had been there."""
        self._failed: set[str] = set()

    def of(self, url: str) -> str:
        """`IP/PORT`; empty where that is not known."""
        return self._found.get(url, "")

    def forget_failures(self) -> bool:
        """They are looked up again. Whether there were any."""
        lost = [url for url in self._looked if url in self._failed]
        for url in lost:
            del self._looked[url]
        return bool(lost)

    def forget_all(self) -> None:
        """Each is looked up again."""
        self._looked.clear()

    async def look_up(self, urls: Mapping[str, int]) -> None:
        """Those that were not yet, and those whose machine has come anew: `urls` says of each since which revision it is there."""
        due = {url: since for url, since in urls.items() if self._looked.get(url) != since}
        self._looked |= due
        await asyncio.gather(*(self._look_up(url) for url in due))

    async def _look_up(self, url: str) -> None:
        self._failed.add(url)
        try:
            host, port = host_and_port(url)
            async with asyncio.timeout(SECONDS):
                address = await self._resolve(host, port)
        except ValueError:
            self._say(url, f"{url}, dita por uma máquina, não serve de WPP_CLUSTER_URL")
        except OSError as failure:
            self._say(url, f"o endereço de {url} não foi achado: {explain(failure)}")
        else:
            self._found[url] = f"{address}/{port}"
            self._failed.discard(url)
            self._say(url, "")
