"""An API that answers as it was told, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CUT: tuple[int, dict[str, Any]] = (0, {})
"""An answer that never comes: the connection is closed instead."""
NO_ROUTE = (
    404,
    {"success": False, "error": "Recurso não encontrado", "code": "NOT_FOUND", "requestId": "r1"},
)


@dataclass
class Asked:
    method: str
    path: str
    body: Any
    token: str


@dataclass
class StubApi:
    """`answers`: by method and path without query, one answer, or several one after the other; the last one stays."""

    url: str
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def answer(self, line: str) -> tuple[int, Any]:
        found = self.answers.get(line.partition("?")[0], NO_ROUTE)
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return found if isinstance(found, tuple) else (200, found)

    def lines(self) -> list[str]:
        """What was asked for, without looks whether anybody is there."""
        return [f"{one.method} {one.path}" for one in self.asked if one.path != "/healthz"]


@contextmanager
def stub_api() -> Iterator[StubApi]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            token = self.headers["Authorization"].removeprefix("Bearer ")
            api.asked.append(Asked(self.command, self.path, body, token))
            status, content = api.answer(f"{self.command} {self.path}")
            if not status:
                return
            sent = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_DELETE(self) -> None:
            self._answer()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        api = StubApi(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        try:
            yield api
        finally:
            server.shutdown()
