"""Between two instances: passes on what one asks of the other, and says so before and after, so that a test can break in."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

SECONDS = 60.0
Hook = Callable[[str], None]
"""Told "before METHOD path" and "after METHOD path"; whatever it does takes place then."""


class Relay:
    """Listens while used with `with`; `port` is where what it passes on goes to."""

    def __init__(self, port: int, hook: Hook = lambda _: None) -> None:
        self.hook = hook
        relay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size) if size else None
                line = f"{self.command} {self.path.partition('?')[0]}"
                relay.hook(f"before {line}")
                try:
                    status, headers, content = relay.ask(port, self.command, self.path, body, self.headers)
                except OSError:
                    self.close_connection = True
                    return
                relay.hook(f"after {line}")
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = pass_on  # noqa: N815 - http.server's names

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @staticmethod
    def ask(
        port: int, method: str, path: str, body: bytes | None, headers: Message
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() != "connection"]
            return answer.status, kept, answer.read()
        except http.client.HTTPException as failure:
            raise ConnectionError(str(failure)) from None
        finally:
            connection.close()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
