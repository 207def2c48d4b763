"""A mail server at loopback that keeps what it is given, as far as one client of a program needs it (RFC 5321)."""

from __future__ import annotations

import socketserver
import threading
from types import TracebackType
from typing import Self


class MailServer:
    """Refuses letters for now while `refuses`."""

    def __init__(self) -> None:
        self.letters: list[str] = []
        self.refuses = False
        kept = self

        class Conversation(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                kept._talk(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def port(self) -> int:
        port: int = self._server.server_address[1]
        return port

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _talk(self, client: socketserver.StreamRequestHandler) -> None:
        def say(line: str) -> None:
            client.wfile.write(f"{line}\r\n".encode())

        say("220 loopback ESMTP")
        while line := client.rfile.readline().decode().strip():
            match line.split()[0].upper():
                case "MAIL" if self.refuses:
                    say("451 4.3.0 not now")
                case "DATA":
                    say("354 go on")
                    self.letters.append(_letter(client))
                    say("250 2.0.0 taken")
                case "QUIT":
                    say("221 bye")
                    return
                case _:
                    say("250 ok")


def _letter(client: socketserver.StreamRequestHandler) -> str:
    lines: list[str] = []
    while (line := client.rfile.readline().decode().rstrip("\r\n")) != ".":
        lines.append(line.removeprefix(".") if line.startswith("..") else line)
    return "\n".join(lines)
