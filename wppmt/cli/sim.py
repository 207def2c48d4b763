"""`wppmt sim …`: the simulated phones at a terminal, thin over the simulator's control API."""

from __future__ import annotations

import json
import mimetypes
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import segno

from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.errors import CommandFailed
from wppmt.cli.gateway import Gateway, GatewayError, url_of, wait_for_qr
from wppmt.cli.token import TTL_SECONDS, make_token
from wppmt.simulator.client import Simulator, SimulatorError

ACKS = {"delivered": 2, "read": 3, "played": 4}


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends of a simulated conversation."""

    phones: Simulator
    gateway: Gateway


class Sim(click.Group):
    """Shows a refusal of the simulator or the gateway in one line."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (SimulatorError, GatewayError) as refusal:
            raise CommandFailed(str(refusal)) from None


@click.group(cls=Sim, short_help="Controla os celulares simulados.")
@click.pass_context
@pass_source
def sim(source: SettingsSource, context: click.Context) -> None:
    """Controla os celulares simulados: ler o QR Code, escrever, receber, ficar sem internet."""
    settings = source.simulated().load()
    context.obj = Ends(
        Simulator(f"http://127.0.0.1:{settings.simulator.port}"),
        Gateway(
            url_of(settings.http),
            lambda: make_token(settings.auth, time.time(), ttl=TTL_SECONDS),
        ),
    )


pass_ends = click.make_pass_decorator(Ends)


def _show(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


def _show_lines(values: list[Any]) -> None:
    for value in values:
        _show(value)


@sim.command()
@click.argument("phone")
@click.argument("name")
@click.option("--business", is_flag=True, help="Conta comercial.")
@pass_ends
def account(ends: Ends, phone: str, name: str, *, business: bool) -> None:
    """Cria no WhatsApp simulado o número PHONE, com o nome NAME."""
    _show(ends.phones.register(phone, name, is_business=business))


@sim.command()
@pass_ends
def accounts(ends: Ends) -> None:
    """Lista os números criados."""
    _show_lines(ends.phones.accounts())


@sim.command(short_help="Mostra no terminal o QR Code da sessão SESSION.")
@click.argument("session")
@pass_ends
def qr(ends: Ends, session: str) -> None:
    """Mostra no terminal o QR Code que a API devolve para a sessão SESSION."""
    segno.make(wait_for_qr(ends.gateway, session), error="l").terminal(compact=True)


@sim.command(short_help="O celular PHONE lê o QR Code da sessão SESSION.")
@click.argument("phone")
@click.argument("session")
@pass_ends
def scan(ends: Ends, phone: str, session: str) -> None:
    """O celular PHONE lê o QR Code que a API devolve para a sessão SESSION."""
    text = wait_for_qr(ends.gateway, session)
    try:
        device = ends.phones.scan(phone, text)
    except SimulatorError as refusal:
        if refusal.status != 410:
            raise
        device = ends.phones.scan(phone, wait_for_qr(ends.gateway, session, other_than=text))
    _show({"device": device})


@sim.command()
@click.argument("phone")
@click.argument("code")
@pass_ends
def pair(ends: Ends, phone: str, code: str) -> None:
    """O celular PHONE digita o código de pareamento CODE."""
    _show({"device": ends.phones.pair_code(phone, code)})


@sim.command()
@click.argument("sender")
@click.argument("to")
@click.argument("text", required=False)
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Envia um arquivo."
)
@pass_ends
def message(ends: Ends, sender: str, to: str, text: str | None, file: Path | None) -> None:
    """O celular SENDER escreve TEXT para TO (número ou grupo)."""
    if file:
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        _show({"id": ends.phones.write_media(sender, to, file.read_bytes(), kind, file.name, text)})
    elif text:
        _show({"id": ends.phones.write(sender, to, text)})
    else:
        raise click.UsageError("Informe TEXT ou --file")


@sim.command()
@click.argument("phone")
@click.option("--after", type=int, default=0, help="Só o que veio depois deste seq.")
@click.option("--wait", type=float, default=0, help="Espera por algo novo, por até N segundos.")
@pass_ends
def inbox(ends: Ends, phone: str, after: int, wait: float) -> None:
    """Mostra o que o celular PHONE recebeu."""
    _show_lines(ends.phones.inbox(phone, after, wait))


@sim.command(short_help="O destinatário PHONE recebeu, leu ou ouviu MESSAGE_ID.")
@click.argument("phone")
@click.argument("message_id")
@click.argument("ack", type=click.Choice(list(ACKS)))
@pass_ends
def receipt(ends: Ends, phone: str, message_id: str, ack: str) -> None:
    """Registra que o destinatário PHONE recebeu, leu ou ouviu a mensagem MESSAGE_ID."""
    ends.phones.receipt(phone, message_id, ACKS[ack])


@sim.command()
@click.argument("phone")
@pass_ends
def devices(ends: Ends, phone: str) -> None:
    """Lista os aparelhos conectados à conta PHONE."""
    _show_lines(ends.phones.devices(phone))


@sim.command()
@click.argument("phone")
@pass_ends
def offline(ends: Ends, phone: str) -> None:
    """O celular PHONE fica sem internet."""
    ends.phones.offline(phone)


@sim.command()
@click.argument("phone")
@pass_ends
def online(ends: Ends, phone: str) -> None:
    """O celular PHONE volta à internet."""
    ends.phones.online(phone)


@sim.command()
@click.argument("phone")
@pass_ends
def unlink(ends: Ends, phone: str) -> None:
    """O celular PHONE desvincula os seus aparelhos."""
    ends.phones.unlink(phone)


@sim.command()
@click.argument("subject")
@click.argument("participants", nargs=-1, required=True)
@pass_ends
def group(ends: Ends, subject: str, participants: tuple[str, ...]) -> None:
    """Cria o grupo SUBJECT com os números PARTICIPANTS."""
    _show({"id": ends.phones.create_group(subject, list(participants))})


def _option(text: str) -> tuple[str, Any]:
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


@sim.command()
@click.argument("kind")
@click.option("--phone", help="Só nesta conta.")
@click.option("--count", type=int, help="Quantas vezes.")
@click.option("--set", "options", multiple=True, metavar="NOME=VALOR", help="Como delayMs=500.")
@pass_ends
def fault(ends: Ends, kind: str, phone: str | None, count: int | None, options: tuple[str, ...]) -> None:
    """Provoca a falha KIND (veja docs/simulador.md)."""
    _show({"id": ends.phones.fault(kind, phone=phone, count=count, **dict(map(_option, options)))})


@sim.command()
@click.argument("fault_id", required=False)
@pass_ends
def faults(ends: Ends, fault_id: str | None) -> None:
    """Lista as falhas ativas, ou desfaz a falha FAULT_ID."""
    if fault_id:
        ends.phones.delete_fault(fault_id)
    else:
        _show_lines(ends.phones.faults())


@sim.command()
@click.option("--after", type=int, default=0, help="Só o que veio depois deste seq.")
@click.option("--wait", type=float, default=0, help="Espera por algo novo, por até N segundos.")
@pass_ends
def log(ends: Ends, after: int, wait: float) -> None:
    """Mostra tudo o que aconteceu no simulador, em ordem."""
    _show_lines(ends.phones.log(after, wait))


@sim.command()
@pass_ends
def reset(ends: Ends) -> None:
    """Apaga contas, aparelhos, falhas e o registro."""
    ends.phones.reset()
