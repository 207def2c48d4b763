"""`wppmt demo`: plays the main job by itself, over the same HTTP, QR picture and webhooks that a customer uses."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

import click

from wppmt.app.settings import Settings
from wppmt.cli import demo_kinds
from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.demo_daemon import gateway_of, own_daemon
from wppmt.cli.demo_steps import DemoFailed, expect, step
from wppmt.cli.errors import CommandFailed
from wppmt.cli.gateway import Gateway, GatewayError, qr_reader, wait_for_qr
from wppmt.cli.sink import Json, ReceivedWebhook, Sink
from wppmt.simulator.client import Simulator, SimulatorError

LIMIT_SECONDS = 60.0
CALM_SECONDS = 1.0
"""How long nothing more may come after what should come exactly once."""


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
    everything: bool = False
    """One message of each kind."""


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
        started = run.gateway.start(run.session, run.sink.url, ["*"] if run.everything else [])
        run.received.secret = str(started.get("webhookSecret") or "")
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
    if run.everything:
        _send_every_kind(run)
        _receive_every_kind(run)
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


def _send_every_kind(run: DemoRun) -> None:
    target = run.gateway.send(run.session, run.customer.number, "Pedido em separação")["id"]
    for kind in demo_kinds.sends():
        with step(f"{kind.name}, uma vez"):
            sent = demo_kinds.send(run.gateway, run.session, run.customer.number, target, kind)
            expect(sent.get("status") == "sent", f"a API respondeu {sent.get('status')}")
            types = [
                line["type"] for line in run.phones.inbox(run.customer.number) if line["id"] == sent["id"]
            ]
            expect(types == [kind.type], f"chegou {types or 'nada'}")


def _receive_every_kind(run: DemoRun) -> None:
    for heard in demo_kinds.RECEIVED:
        text = run.phones.write(run.customer.number, run.shop.number, "Moro na rua 1")
        known = {event.get("id") for event in run.received.events}
        with step(f"Webhook: {heard.name.lower()}"):
            heard.act(run.phones, run.customer.number, run.shop.number, text)
            run.received.wait_for(heard.event, partial(demo_kinds.is_told_by, heard, known))


def _new_run(settings: Settings, sink: Sink, received: Inbox, *, everything: bool) -> DemoRun:
    # Numbers of their own, so that the story can be played again on one simulator.
    tail = f"{secrets.randbelow(10**8):08d}"
    return DemoRun(
        gateway=gateway_of(settings),
        phones=Simulator(f"http://127.0.0.1:{settings.simulator.port}"),
        sink=sink,
        received=received,
        session=received.session,
        shop=Account(f"55119{tail}", "Loja"),
        customer=Account(f"55219{tail}", "Maria"),
        everything=everything,
    )


@click.command(short_help="Executa o roteiro completo sozinho.")
@click.option("--running", is_flag=True, help="Usa o serviço e o simulador que já estão no ar (wppmt run).")
@click.option(
    "--all", "everything", is_flag=True, help="Mostra também uma mensagem de cada tipo, nos dois sentidos."
)
@pass_source
def demo(source: SettingsSource, *, running: bool, everything: bool) -> None:
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
            play(_new_run(settings, sink, received, everything=everything))
    except (DemoFailed, GatewayError, SimulatorError, OSError) as failure:
        raise CommandFailed(str(failure)) from None
    click.echo(f"Tudo certo em {time.monotonic() - began:.1f} s")
