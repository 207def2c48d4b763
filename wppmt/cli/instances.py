"""`wppmt instances`: the services of this machine side by side, each with folders and a port of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from wppmt.app import instances as instances_of_machine
from wppmt.app.instances import INVALID, STOPPED, Row
from wppmt.app.settings import Settings
from wppmt.cli.errors import CommandFailed
from wppmt.cli.gateway import Gateway, GatewayError, Json, url_of
from wppmt.cli.live import shown
from wppmt.cli.live.connection import as_json
from wppmt.cli.live.shown import GREEN, RED, YELLOW, Column
from wppmt.deploy.instances import Definitions
from wppmt.domain.errors import SetupError

STATES = {
    "ok": ("no ar", GREEN),
    "degraded": ("com problema", RED),
    "starting": ("iniciando", YELLOW),
    "draining": ("encerrando", YELLOW),
    STOPPED: ("não responde", RED),
    INVALID: ("configuração", RED),
}
COLUMNS = (
    Column("INSTÂNCIA", least=8), Column("PORTA", right=True), Column("ESTADO"), Column("CONECTADAS", right=True),
    Column("VERSÃO"), Column("PASTA", least=12),
)  # fmt: skip
root_option = click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False),
    default="/",
    show_default=True,
    help="Raiz do sistema de arquivos onde as instâncias estão definidas.",
)


@click.group(short_help="As instâncias desta máquina, lado a lado.", invoke_without_command=True)
@as_json
@click.pass_context
def instances(context: click.Context, *, as_json: bool) -> None:
    """As instâncias desta máquina (wppconnect-3, -4, …), cada uma um serviço próprio (sem comando, o mesmo que list)."""
    if context.invoked_subcommand is None:
        context.invoke(show_list, as_json=as_json)


@instances.command("list", short_help="Cada instância: porta, estado, sessões, versão.")
@root_option
@as_json
def show_list(root: Path = Path("/"), *, as_json: bool = False) -> None:
    """Lista as instâncias definidas em /etc/wppmt: porta, estado, sessões, versão e pasta."""
    try:
        found = instances_of_machine.rows(Definitions(Path(root)), health)
    except OSError as failure:
        raise CommandFailed(
            f"{failure.filename} não pode ser lido ({failure.strerror}): rode como root, ou com sudo -u wppmt"
        ) from None
    if as_json:
        shown.echo_json([one.for_programs for one in found])
    elif found:
        shown.echo_lines(page(found, shown.width()))
    else:
        click.echo(f"Nenhuma instância em {Definitions(Path(root)).settings}")


def health(settings: Settings) -> Json | None:
    try:
        return Gateway(url_of(settings.http), lambda: "").health()
    except (GatewayError, ValueError):
        return None


def page(found: Sequence[Row], room: int) -> list[str]:
    lines = shown.table(COLUMNS, [_cells(one) for one in found], room)
    for at, one in enumerate(found, start=1):
        word, colour = STATES.get(one.state, (one.state, ""))
        lines[at] = lines[at].replace(word, shown.paint(word, colour), 1)
    problems = [
        line
        for one in found
        if one.problem
        for line in shown.wrapped(f"{one.name}: {one.problem}", "  ", room, "✗ ")
    ]
    return [*lines, *([""] if problems else []), *problems]


def _cells(one: Row) -> list[object]:
    connected = None if one.connected is None else f"{one.connected} de {one.max_sessions}"
    folder = one.state_dir and Path(one.state_dir).parent
    return [one.name, one.port, STATES.get(one.state, (one.state, ""))[0], connected, one.version, folder]


@instances.command(short_help="Define mais uma instância.")
@click.argument("name", metavar="NOME")
@click.option(
    "--port", type=click.IntRange(1, 65535), required=True, help="Porta da API, só desta instância."
)
@root_option
def add(name: str, port: int, root: Path) -> None:
    """Define mais uma instância, com pastas e porta próprias, e diz como iniciá-la. Nada é iniciado."""
    try:
        files = instances_of_machine.add(Definitions(Path(root)), name, port)
    except SetupError as refusal:
        raise CommandFailed(str(refusal)) from None
    except OSError as failure:
        raise CommandFailed(
            f"{failure.filename} não pode ser lido ({failure.strerror}): rode como root"
        ) from None
    for file in files:
        click.echo(f"Escrito: {file}")
    click.echo(f"Inicie com: {instances_of_machine.how_to_start(name)}")
