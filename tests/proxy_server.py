"""Proxies on loopback that lead every name to one port of this machine, for tests: nothing reaches a network."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import queue
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Self


class ProxyServer:
    """With `password`, only for who says it. `seen`: what was asked, and whether it was welcome."""

    def __init__(self, to_port: int, user: str = "", password: str = "") -> None:
        self._to_port = to_port
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._word = f"Basic {pair}" if user else ""
        self.refusal = ""
        """Such as "403 Forbidden", instead of any tunnel."""
        self.seen: list[tuple[str, bool]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lines: list[socket.socket] = []

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def tunnels(self) -> int:
        return sum(authorized for _, authorized in self.seen)

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for line in (self._listener, *self._lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                self._lines.append(line)
                threading.Thread(target=self._greet, args=(line,), daemon=True).start()

    def _greet(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError):
            self._serve(line)
            line.close()

    def _serve(self, line: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (more := line.recv(4096)):
            head += more
        asked = re.match(r"CONNECT (\S+) ", head.decode())
        said = re.search(r"(?mi)^proxy-authorization: (.*)\r$", head.decode())
        is_welcome = not self._word or (said is not None and said[1] == self._word)
        self.seen.append((asked[1] if asked else head.decode().split("\r\n", 1)[0], is_welcome))
        if self.refusal or not asked:
            line.sendall(f"HTTP/1.1 {self.refusal or '400 No'}\r\nContent-Length: 0\r\n\r\n".encode())
        elif not is_welcome:
            line.sendall(
                b"HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n"
            )
        else:
            self._lead(line, b"HTTP/1.1 200 OK\r\n\r\n")

    def _lead(self, line: socket.socket, welcome: bytes) -> None:
        with socket.create_connection(("127.0.0.1", self._to_port)) as there:
            self._lines.append(there)
            line.sendall(welcome)
            back = threading.Thread(target=pour, args=(there, line), daemon=True)
            back.start()
            pour(line, there)
            back.join()


class SocksServer(ProxyServer):
    """SOCKS5, for names. `refusal`: the number of a reply, such as "2"; "255": it wants a password."""

    def _serve(self, line: socket.socket) -> None:
        reader = line.makefile("rb")
        _, count = reader.read(2)
        reader.read(count)
        if self.refusal == "255":
            self.seen.append(("", False))
            line.sendall(b"\x05\xff")
            return
        line.sendall(b"\x05\x00")
        _, _, _, kind = reader.read(4)
        length = {1: 4, 4: 16}.get(kind) or reader.read(1)[0]
        host, port = reader.read(length), int.from_bytes(reader.read(2))
        name = host.decode() if kind == 3 else host.hex()
        self.seen.append((f"{name}:{port}", not self.refusal))
        reply = b"\x05" + bytes([int(self.refusal or 0)]) + b"\x00\x01\x00\x00\x00\x00\x00\x00"
        if self.refusal:
            line.sendall(reply)
        else:
            self._lead(line, reply)


@contextlib.contextmanager
def behind_tls(port: int, context: ssl.SSLContext) -> Iterator[int]:
    """Its own port: what is said to it in TLS reaches `port` in the clear. So an http proxy becomes an https one."""
    told: queue.SimpleQueue[tuple[int, Callable[[], object]]] = queue.SimpleQueue()

    # asyncio itself holds them weakly: one that waits for ever would be collected in the middle.
    connections: set[asyncio.Task[None] | None] = set()

    async def main() -> None:
        over, loop = asyncio.Event(), asyncio.get_running_loop()
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        told.put((server.sockets[0].getsockname()[1], partial(loop.call_soon_threadsafe, over.set)))
        await over.wait()
        server.close()
        left = [connection for connection in connections if connection and connection.cancel()]
        await asyncio.gather(*left, return_exceptions=True)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(asyncio.current_task())
        there = await asyncio.open_connection("127.0.0.1", port)
        try:
            await asyncio.gather(pass_on(reader, there[1]), pass_on(there[0], writer))
        finally:
            for end in (writer, there[1]):
                # asyncio's TLS transport forgets its own protocol once it is closed.
                with contextlib.suppress(AttributeError):
                    end.transport.abort()
            connections.discard(asyncio.current_task())

    thread = threading.Thread(target=asyncio.run, args=(main(),), daemon=True)
    thread.start()
    own, stop = told.get(timeout=5)
    try:
        yield own
    finally:
        stop()
        thread.join()


async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await source.read(65536):
            target.write(chunk)
            await target.drain()
        target.close()


def pour(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
