"""`wppmt sink`: a webhook receiver for people, tests and the demo: checks signatures, shows events, fails on request."""

from __future__ import annotations

import json
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import click
from standardwebhooks import Webhook, WebhookVerificationError

from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.errors import CommandFailed
from wppmt.domain.system_errors import explain

MAX_BODY_BYTES = 32 * 2**20
ENDS = (signal.SIGINT, signal.SIGTERM)
_HARMLESS = "\xa0\u200d"
"""A space, and the glue of emojis; not printable in Unicode's sense only."""
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReceivedWebhook:
    """One request as it came; header names in small letters."""

    body: bytes
    headers: Mapping[str, str]
    event: Json

    def is_signed_with(self, secret: str) -> bool:
        """Whether its signature is that of `secret` (Standard Webhooks)."""
        try:
            Webhook(secret).verify(self.body, dict(self.headers))
        except (WebhookVerificationError, ValueError):
            return False
        return True


OnWebhook = Callable[[ReceivedWebhook], bool | int]
"""True takes a delivery (204), False refuses it (401), a number is the status to answer."""


@dataclass(slots=True)
class ScriptedAnswers:
    """Answers on request: slow, failing, or none. Thread-safe."""

    delay: float = 0.0
    """Seconds before each answer."""
    status: int | None = None
    """Instead of 204."""
    fail: int | None = None
    """Only so many of the first deliveries get `status`, by default 500."""
    hang: bool = False
    """Never answer."""
    _failed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def play(self) -> int:
        """The status to answer; takes as long as the answer is to take."""
        if self.hang:
            threading.Event().wait()
        time.sleep(self.delay)
        if self.fail is None:
            return self.status or HTTPStatus.NO_CONTENT
        with self._lock:
            self._failed += 1
            failing = self._failed <= self.fail
        return (self.status or HTTPStatus.INTERNAL_SERVER_ERROR) if failing else HTTPStatus.NO_CONTENT


class Sink:
    """Listens on loopback while used with `with`; `port` 0 takes a free one. `on_webhook` runs on other threads."""

    def __init__(self, port: int, on_webhook: OnWebhook) -> None:
        self._server = _Server(("127.0.0.1", port), _handler(on_webhook))
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self.target = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="sink", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """Keeps its clients' connections, and ends with them."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.discard(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        super().server_close()
        for connection in tuple(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _handler(on_webhook: OnWebhook) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            delivery = self._read()
            if delivery is None:
                self._answer(HTTPStatus.BAD_REQUEST)
                return
            said = on_webhook(delivery)
            if isinstance(said, bool):
                said = HTTPStatus.NO_CONTENT if said else HTTPStatus.UNAUTHORIZED
            self._answer(said)

        def _read(self) -> ReceivedWebhook | None:
            try:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(min(max(length, 0), MAX_BODY_BYTES))
                event = json.loads(body)
            except (ValueError, RecursionError):
                return None
            headers = {name.lower(): value for name, value in self.headers.items()}
            return ReceivedWebhook(body, headers, event) if isinstance(event, dict) else None

        def _answer(self, status: int) -> None:
            # The client may have closed the connection.
            with suppress(ConnectionError):
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Events are shown by whoever took them."""

    return Handler


def visible(text: str) -> str:
    """Escape characters that a terminal would act on: the text comes from outside."""
    return "".join(
        char if char.isprintable() or char in _HARMLESS else json.dumps(char)[1:-1] for char in text
    )


def describe(event: Json) -> str:
    """One line for people. Texts and phones are shown: this is the tenant's own terminal, not a log."""
    head = f"{str(event.get('timestamp', ''))[11:19]}  {event.get('sessionId')}  {event.get('event')!s:<17}  "
    match event:
        case {"event": "message_received", "message": {"from": sender, **message}}:
            return f"{head}{sender}: {message.get('body') or message.get('type')}"
        case {"event": "connection_change", "status": status, **rest}:
            return f"{head}{rest.get('previousStatus')} → {status}  {rest.get('reason') or ''}"
        case {"event": "message_ack", "messageId": message_id, "status": status}:
            return f"{head}{message_id}: {status}"
        case {"event": "qr_code", **rest}:
            return f"{head}novo QR Code, vale até {str(rest.get('expiresAt'))[11:19]}"
        case {"event": "error", "error": text, **rest}:
            return f"{head}{rest.get('code')}: {text}"
        case _:
            return f"{head}{json.dumps(event, ensure_ascii=False)}"


@click.command(short_help="Recebe webhooks e mostra cada evento.")
@click.option("--port", type=click.IntRange(0, 65535), help="Porta (padrão: a que `wppmt run` libera).")
@click.option("--secret", help="Segredo do webhook (whsec_…): verifica as assinaturas e recusa as inválidas.")
@click.option("--json", "as_json", is_flag=True, help="Mostra os eventos inteiros, em JSON, um por linha.")
@click.option(
    "--delay", type=click.FloatRange(0, 3600), default=0.0, help="Segundos de espera antes de cada resposta."
)
@click.option("--status", type=click.IntRange(200, 599), help="Responde com este status em vez de 204.")
@click.option(
    "--fail",
    type=click.IntRange(1),
    help="Só as N primeiras entregas recebem --status (padrão: 500); as outras, 204.",
)
@click.option("--hang", is_flag=True, help="Recebe e nunca responde.")
@pass_source
def sink(
    source: SettingsSource, /, port: int | None, secret: str | None, *, as_json: bool, **answers: Any
) -> None:
    """Recebe webhooks em 127.0.0.1 e mostra cada evento, até Ctrl+C."""
    script = ScriptedAnswers(**answers)
    seen: set[str] = set()

    def show(delivery: ReceivedWebhook) -> bool | int:
        if secret and not delivery.is_signed_with(secret):
            click.echo("Recusado: assinatura inválida")
            return False
        event = delivery.event
        text = json.dumps(event, ensure_ascii=False) if as_json else describe(event) + _notes(delivery, seen)
        click.echo(visible(text))
        return script.play()

    chosen = source.simulated().load().simulator.sink_port if port is None else port
    try:
        with _until_ended() as wait, Sink(chosen, show) as running:
            click.echo(f"Recebendo webhooks em {running.url} (Ctrl+C encerra)")
            wait()
    except OSError as failure:
        raise CommandFailed(f"Porta {chosen}: {explain(failure)}. Escolha outra com --port") from None


@contextmanager
def _until_ended() -> Iterator[Callable[[], object]]:
    """A wait for Ctrl+C or SIGTERM, also where a shell in the background made us ignore them.

    Blocked in every thread that starts meanwhile: one that took the signal would leave the wait asleep.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
    try:
        yield partial(signal.sigwait, ENDS)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _notes(delivery: ReceivedWebhook, seen: set[str]) -> str:
    """Whether it is a repeated attempt, or was received before."""
    attempt = delivery.headers.get("x-webhook-attempt", "1")
    event_id = delivery.headers.get("webhook-id", "")
    again = event_id in seen
    seen.add(event_id)
    return ("" if attempt == "1" else f"  (tentativa {attempt})") + ("  (repetido)" if again else "")
