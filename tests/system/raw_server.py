"""A receiver that speaks whatever bytes a test likes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

Speak = Callable[[socket.socket], None]


class RawServer:
    """Listens on loopback while used with `with`. What follows is said by the path that was asked for."""

    def __init__(self, speakers: dict[str, Speak]) -> None:
        self.asked: list[str] = []
        self._speakers = speakers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.place = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.place}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(65536)
            path = head.split()[1].decode()
            self.asked.append(path)
            self._speakers[path](client)
