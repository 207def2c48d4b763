"""`wppmt sink`: a webhook receiver for people, and for the demo: checks signatures, shows events in one line each."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import click
from standardwebhooks import Webhook, WebhookVerificationError

from wppmt.cli.origin import Origin, pass_origin

MAX_BODY_BYTES = 32 * 2**20
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
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


OnDelivery = Callable[[Delivery], bool]
"""Takes a delivery; False refuses it (401)."""


class Sink:
    """Listens on loopback while used with `with`; `port` 0 takes a free one. `on_delivery` runs on other threads."""

    def __init__(self, port: int, on_delivery: OnDelivery) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(on_delivery))
        self._server.daemon_threads = True
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


def _handler(on_delivery: OnDelivery) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), MAX_BODY_BYTES))
                event = json.loads(body)
            except ValueError:
                self._answer(400)
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._answer(204 if on_delivery(Delivery(body, headers, event)) else 401)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Events are shown by whoever took them."""

    return Handler


def describe(event: Json) -> str:
    """One line for people. Texts and phones are shown: this is the tenant's own terminal, not a log."""
    head = f"{str(event.get('timestamp', ''))[11:19]}  {event.get('sessionId')}  {event.get('event'):<17}  "
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


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Porta; sem ela, a que `wppmt run` libera.")
@click.option(
    "--secret", help="Segredo do webhook (whsec_…): confere a assinatura e recusa o que não confere."
)
@click.option("--json", "as_json", is_flag=True, help="Mostra os eventos inteiros, em JSON.")
@pass_origin
def sink(origin: Origin, port: int | None, secret: str | None, *, as_json: bool) -> None:
    """Recebe webhooks em 127.0.0.1 e mostra cada evento, até Ctrl+C."""

    def show(delivery: Delivery) -> bool:
        if secret and not delivery.is_signed_with(secret):
            click.echo("Recusado: a assinatura não confere")
            return False
        text = json.dumps(delivery.event, ensure_ascii=False) if as_json else describe(delivery.event)
        attempt = delivery.headers.get("x-webhook-attempt", "1")
        click.echo(text if attempt == "1" else f"{text}  (tentativa {attempt})")
        return True

    chosen = origin.simulated().load().simulator.sink_port if port is None else port
    try:
        with Sink(chosen, show) as running:
            click.echo(f"Recebendo webhooks em {running.url} (Ctrl+C encerra)")
            threading.Event().wait()
    except OSError as failure:
        raise click.ClickException(f"Porta {chosen}: {failure.strerror}. Escolha outra com --port") from None
    except KeyboardInterrupt:
        pass
