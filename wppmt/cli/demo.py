"""`wppmt demo`: plays the main job by itself, over the same HTTP, QR picture and webhooks that a customer uses."""

from __future__ import annotations

import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import click
from tenacity import wait_fixed

from wppmt.app.settings import Settings
from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.doctor import examine
from wppmt.cli.errors import CommandFailed
from wppmt.cli.gateway import Gateway, GatewayError, qr_reader, url_of, wait_for_qr
from wppmt.cli.sink import Json, ReceivedWebhook, Sink
from wppmt.cli.token import TTL_SECONDS, make_token
from wppmt.polling import poll
from wppmt.simulator.client import Simulator, SimulatorError

LIMIT_SECONDS = 60.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.05
CALM_SECONDS = 1.0
"""How long nothing more may come after what should come exactly once."""
T = TypeVar("T")


class DemoFailed(Exception):
    """A step did not end as promised; the text says how."""


@dataclass(frozen=True, slots=True)
class Account:
    number: str
    name: str


@dataclass(frozen=True, slots=True)
class DemoRun:
    """Who takes part."""

    gateway: Gateway
    phones: Simulator
    sink: Sink
    received: Inbox
    session: str
    shop: Account
    customer: Account


@dataclass(slots=True)
class Inbox:
    """The webhooks of one session, as they come, once their signature proved good."""

    session: str
    secret: str = ""
    events: list[Json] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)

    def take(self, delivery: ReceivedWebhook) -> bool:
        if delivery.event.get("sessionId") != self.session:
            return True
        if self.secret and not delivery.is_signed_with(self.secret):
            return False
        with self._news:
            self.events.append(delivery.event)
            self._news.notify_all()
        return True

    def wait_for(self, what: str, wanted: Callable[[Json], bool]) -> Json:
        """The first event that is wanted, come or yet to come. Raises DemoFailed."""
        with self._news:
            self._news.wait_for(lambda: any(map(wanted, self.events)), LIMIT_SECONDS)
            for event in self.events:
                if wanted(event):
                    return event
        raise DemoFailed(f"o webhook não chegou em {LIMIT_SECONDS:.0f} s: {what}")

    def count(self, wanted: Callable[[Json], bool]) -> int:
        """How many different events are wanted; a second attempt of one delivery is no second event."""
        with self._news:
            return len({event.get("id") for event in self.events if wanted(event)})


def play(run: DemoRun) -> None:
    """The story, a line per step. Raises DemoFailed, GatewayError, SimulatorError."""
    with step("Dois números criados no WhatsApp simulado"):
        for phone in (run.shop, run.customer):
            run.phones.register(phone.number, phone.name)
    with step("Sessão criada pela API"):
        run.received.secret = str(run.gateway.start(run.session, run.sink.url).get("webhookSecret") or "")
    with step("QR Code lido na imagem da API"):
        qr = wait_for_qr(run.gateway, run.session)
    with step("QR Code escaneado pelo celular"):
        _scan(run, qr)
    with step("Webhook: connected"):
        run.received.wait_for(
            "connected", lambda e: (e.get("event"), e.get("status")) == ("connection_change", "connected")
        )
    _send(run)
    _answer(run)
    with step("Sessão encerrada; login preservado"):
        expect(
            run.gateway.close(run.session).get("success") is True,
            "DELETE não respondeu success",
        )


def _scan(run: DemoRun, qr: str) -> None:
    try:
        run.phones.scan(run.shop.number, qr)
    except SimulatorError as refusal:
        if refusal.status != 410:
            raise
        run.phones.scan(run.shop.number, wait_for_qr(run.gateway, run.session, other_than=qr))


def _send(run: DemoRun) -> None:
    with step("Mensagem enviada pela API"):
        sent = run.gateway.send(run.session, run.customer.number, "Olá! Seu pedido saiu para entrega.")
        expect(sent.get("status") == "sent", f"a API respondeu {sent.get('status')}")
    message_id = sent["id"]

    def arrived() -> int:
        return sum(line["id"] == message_id for line in run.phones.inbox(run.customer.number))

    with step("Entregue no celular do cliente, uma vez"):
        run.phones.inbox(run.customer.number, wait=LIMIT_SECONDS)
        expect(arrived() == 1, f"chegou {arrived()} vezes")
    _acknowledge(run, message_id, "delivered", 2)
    _acknowledge(run, message_id, "read", 3)
    expect(arrived() == 1, f"a mensagem chegou {arrived()} vezes")


def _acknowledge(run: DemoRun, message_id: str, status: str, ack: int) -> None:
    with step(f"Webhook: mensagem {status}"):
        run.phones.receipt(run.customer.number, message_id, ack)
        run.received.wait_for(status, lambda e: (e.get("messageId"), e.get("ack")) == (message_id, ack))


def _answer(run: DemoRun) -> None:
    text = f"Obrigada! {secrets.token_hex(4)}"

    def is_answer(event: Json) -> bool:
        message = event.get("message")
        return isinstance(message, Mapping) and message.get("body") == text

    with step("Webhook: resposta do cliente, uma vez"):
        run.phones.write(run.customer.number, run.shop.number, text)
        run.received.wait_for("message_received", is_answer)
        time.sleep(CALM_SECONDS)
        expect(
            run.received.count(is_answer) == 1,
            f"veio {run.received.count(is_answer)} vezes",
        )


def expect(fulfilled: bool, otherwise: str) -> None:
    if not fulfilled:
        raise DemoFailed(otherwise)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Shows the step while it runs, and its time when it is done."""
    began, done = time.monotonic(), False
    if sys.stdout.isatty():
        click.echo(f"… {name}\r", nl=False)
    try:
        yield
        done = True
    finally:
        click.echo(f"{'✓' if done else '✗'} {name:<45} {time.monotonic() - began:7.2f} s")


@contextmanager
def own_daemon(source: SettingsSource, sink: Sink) -> Iterator[Settings]:
    """A daemon with its simulator on free ports and in a folder of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="wppmt-demo-", ignore_cleanup_errors=True) as folder:
        environ = {**source.environ, **_apart(Path(folder), sink)}
        settings = SettingsSource(environ, source.config).load(makes_key=True)
        with step("Dependências encontradas"):
            missing = [finding for finding in examine(settings) if not finding.fine]
            expect(not missing, "; ".join(map(str, missing)))
        output = settings.logs.dir / "output"
        output.parent.mkdir()
        with output.open("wb") as out:
            daemon = subprocess.Popen(
                [sys.executable, "-m", "wppmt", "serve"], env=environ, stdout=out, stderr=out
            )
        try:
            with step("Serviço e simulador no ar"):
                _await_ready(daemon, settings)
            yield settings
            with step("Serviço encerrado normalmente"):
                _stop(daemon)
        finally:
            if daemon.returncode != 0:
                _end(daemon)
                kept = shutil.copytree(
                    settings.logs.dir, tempfile.mkdtemp(prefix="wppmt-demo-"), dirs_exist_ok=True
                )
                click.echo(f"Logs: {kept}", err=True)


def _end(daemon: subprocess.Popen[bytes]) -> None:
    """In order as long as it may take, so that no browser is left."""
    daemon.terminate()
    try:
        daemon.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def _apart(folder: Path, sink: Sink) -> dict[str, str]:
    ports = ("WPP_PORT", "WPP_SIMULATOR_PORT", "WPP_SIMULATOR_PAGE_PORT")
    folders = {"WPP_STATE_DIR": "state", "WPP_TOKENS_DIR": "tokens", "WPP_LOG_DIR": "logs"}
    return (
        dict(zip(ports, map(str, _free_ports(len(ports))), strict=True))
        | {name: str(folder / leaf) for name, leaf in folders.items()}
        | {
            "WPP_SIMULATOR": "1",
            "WPP_HOST": "127.0.0.1",
            "WPP_MAX_SESSIONS": "1",
            "WPP_EGRESS_ALLOW": sink.target,
            "REDIS_URL": "",
        }
    )


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _await_ready(daemon: subprocess.Popen[bytes], settings: Settings) -> None:
    gateway = _gateway(settings)
    is_ready = poll(
        gateway.is_ready, LIMIT_SECONDS, wait_fixed(POLL_SECONDS), unless=lambda: daemon.poll() is not None
    )
    expect(daemon.poll() is None, f"o serviço saiu com código {daemon.returncode}")
    expect(bool(is_ready), f"o serviço não ficou pronto em {LIMIT_SECONDS:.0f} s")


def _stop(daemon: subprocess.Popen[bytes]) -> None:
    daemon.send_signal(signal.SIGTERM)
    try:
        code = daemon.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        raise DemoFailed(f"o serviço não encerrou em {STOP_SECONDS:.0f} s") from None
    expect(code == 0, f"o serviço saiu com código {code}")


def _gateway(settings: Settings) -> Gateway:
    return Gateway(url_of(settings.http), lambda: make_token(settings.auth, time.time(), ttl=TTL_SECONDS))


def _new_run(settings: Settings, sink: Sink, received: Inbox) -> DemoRun:
    # Numbers of their own, so that the story can be played again on one simulator.
    tail = f"{secrets.randbelow(10**8):08d}"
    return DemoRun(
        gateway=_gateway(settings),
        phones=Simulator(f"http://127.0.0.1:{settings.simulator.port}"),
        sink=sink,
        received=received,
        session=received.session,
        shop=Account(f"55119{tail}", "Loja"),
        customer=Account(f"55219{tail}", "Maria"),
    )


@click.command(short_help="Executa o roteiro completo sozinho.")
@click.option("--running", is_flag=True, help="Usa o serviço e o simulador que já estão no ar (wppmt run).")
@pass_source
def demo(source: SettingsSource, *, running: bool) -> None:
    """Executa o roteiro completo sozinho: QR Code, envio, recebimento, confirmações; sai com código 1 se algo falhar."""
    qr_reader()
    began = time.monotonic()
    received = Inbox(f"demo-{secrets.token_hex(3)}")
    source = source.simulated()
    try:
        with ExitStack() as stack:
            sink = stack.enter_context(
                Sink(source.load().simulator.sink_port if running else 0, received.take)
            )
            settings = source.load() if running else stack.enter_context(own_daemon(source, sink))
            play(_new_run(settings, sink, received))
    except (DemoFailed, GatewayError, SimulatorError, OSError) as failure:
        raise CommandFailed(str(failure)) from None
    click.echo(f"Tudo certo em {time.monotonic() - began:.1f} s")
