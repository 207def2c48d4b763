"""Run beside a Chrome: takes its CONNECTs on loopback and hands them to the proxy with user and password.

Started with `python -I -S`: standard library alone. Descriptor 3 listens, 4 tells the proxy as JSON. Only processes of the own
user are served, though a port of loopback is open to everyone.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import re
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LISTENER, TOLD = 3, 4
HEAD_BYTES = 32 * 1024
HEAD_SECONDS = 10.0
CONNECT_SECONDS = 20.0
CHUNK = 64 * 1024
LISTS = (Path("/proc/self/net/tcp"), Path("/proc/self/net/tcp6"))


class Refused(Exception):
    """The proxy did not open the way; the text is for Chrome's answer."""


def is_ours(peer: tuple[str, int], lists: tuple[Path, ...] = LISTS, user: int | None = None) -> bool:
    """Whether the other end of a loopback connection belongs to a process of our user, as the kernel lists it."""
    mine = os.getuid() if user is None else user
    wanted = f":{peer[1]:04X}"
    for file in lists:
        with contextlib.suppress(OSError):
            for line in file.read_text().splitlines()[1:]:
                fields = line.split()
                if fields[1].endswith(wanted) and _is_loopback_row(fields[1]) and _is_loopback_row(fields[2]):
                    return int(fields[7]) == mine
    return False


def _is_loopback_row(address: str) -> bool:
    """127.0.0.1 as the kernel writes it, alone or in IPv6's disguise."""
    return address.partition(":")[0].endswith("0100007F")


class Forwarder:
    """`proxy`: scheme, host, port, user, password."""

    def __init__(self, proxy: Mapping[str, Any]) -> None:
        self._host, self._port = str(proxy["host"]), int(proxy["port"])
        self._tls = ssl.create_default_context() if proxy["scheme"] == "https" else None
        pair = f"{proxy['user']}:{proxy['password']}".encode()
        self._word = base64.b64encode(pair).decode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of Chrome's, to its end."""
        with contextlib.suppress(
            OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError
        ):
            if is_ours(writer.get_extra_info("peername")):
                await self._serve(reader, writer)
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_SECONDS)
        asked = re.match(rb"CONNECT (\S+) HTTP/1\.[01]\r\n", head)
        if not asked:
            writer.write(b"HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n")
            return
        try:
            there = await asyncio.wait_for(self._open(asked[1].decode()), CONNECT_SECONDS)
        except (Refused, OSError) as trouble:
            said = trouble.args[0] if isinstance(trouble, Refused) else "502 Bad Gateway"
            writer.write(f"HTTP/1.1 {said}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_pour(reader, there[1]), _pour(there[0], writer))

    async def _open(self, target: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A way through the proxy. Raises Refused, OSError."""
        reader, writer = await asyncio.open_connection(
            self._host, self._port, ssl=self._tls, limit=HEAD_BYTES
        )
        writer.write(
            f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nProxy-Authorization: Basic {self._word}\r\n\r\n".encode()
        )
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = b""
        status = re.match(rb"HTTP/1\.\d (\d{3})", head)
        if status is None or not status[1].startswith(b"2"):
            writer.close()
            # Never 407: Chrome would ask a person for the password.
            code = status[1].decode() if status else "502"
            raise Refused(f"{502 if code == '407' else code} Refused")
        return reader, writer


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while chunk := await source.read(CHUNK):
            target.write(chunk)
            await target.drain()
        if target.can_write_eof():
            target.write_eof()
    except OSError:
        target.close()


async def run() -> None:
    """Until the leader of the own process group, Chrome, is gone."""
    with os.fdopen(TOLD, "rb") as told:
        forwarder = Forwarder(json.loads(told.read()))
    listener = socket.socket(fileno=LISTENER)
    chrome, over = os.pidfd_open(os.getpgrp()), asyncio.Event()
    asyncio.get_running_loop().add_reader(chrome, over.set)
    async with await asyncio.start_server(forwarder.serve, sock=listener, limit=HEAD_BYTES):
        await over.wait()
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(run())
