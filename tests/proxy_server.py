"""A proxy on loopback that leads every name to one port of this machine, for tests: nothing reaches a network."""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import threading
from typing import Self


class ProxyServer:
    """With `password`, only for who says it. `seen`: what was asked, and whether with a password."""

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
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with contextlib.suppress(OSError):
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
                self._lead(line)
            line.close()

    def _lead(self, line: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self._to_port)) as there:
            self._lines.append(there)
            line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            back = threading.Thread(target=pour, args=(there, line), daemon=True)
            back.start()
            pour(line, there)
            back.join()


def pour(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
