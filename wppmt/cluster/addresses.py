"""Where HAProxy reaches the machines: it connects to an IP, and their URLs may name a host."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable

from wppmt.cluster.routing import host_and_port
from wppmt.domain.system_errors import explain

SECONDS = 5.0


class Addresses:
    """Each URL is looked up once; one that was not found again after `forget_failures`."""

    def __init__(self, say: Callable[[str, str], None]) -> None:
        """`say` is told of a URL what is wrong with it, and an empty text when nothing is any more."""
        self._say = say
        self._found: dict[str, str] = {}

    def of(self, url: str) -> str:
        """`IP/PORT`; empty where that is not known."""
        return self._found.get(url, "")

    def forget_failures(self) -> bool:
        """Whether there were any."""
        lost = [url for url, address in self._found.items() if not address]
        for url in lost:
            del self._found[url]
        return bool(lost)

    async def look_up(self, urls: Iterable[str]) -> None:
        await asyncio.gather(*(self._look_up(url) for url in set(urls) - self._found.keys()))

    async def _look_up(self, url: str) -> None:
        self._found[url] = ""
        try:
            host, port = host_and_port(url)
            async with asyncio.timeout(SECONDS):
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except ValueError:
            self._say(url, f"{url}, dita por uma máquina, não serve de WPP_CLUSTER_URL")
        except OSError as failure:
            self._say(url, f"o endereço de {url} não foi achado: {explain(failure)}")
        else:
            self._found[url] = f"{found[0][4][0]}/{port}"
            self._say(url, "")
