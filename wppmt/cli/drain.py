"""`wppmt drain` and `wppmt undrain`: a machine of the cluster is emptied, and takes sessions again (docs/escala.md)."""

from __future__ import annotations

from collections.abc import Iterator

import click
from tenacity import wait_fixed

from wppmt.cli.errors import CommandFailed
from wppmt.cli.gateway import Gateway, Json
from wppmt.cli.live.connection import on_the_daemon
from wppmt.polling import poll

LOOK_SECONDS = 1.0
WAIT_MINUTES = 30
ALONE = "Este serviço não faz parte de um cluster (WPP_CLUSTER_ETCD)"

_machine = click.argument("machine", metavar="[MAQUINA]", required=False)


@click.command(short_help="Esvazia uma máquina do cluster: as sessões vão para as outras.")
@_machine
@click.option("--no-wait", is_flag=True, help="Volta logo, sem esperar que a máquina fique vazia.")
@click.option(
    "--minutes",
    type=click.IntRange(1, 1440),
    default=WAIT_MINUTES,
    show_default=True,
    help="Espera no máximo tanto.",
)
@on_the_daemon
def drain(gateway: Gateway, machine: str | None, *, no_wait: bool, minutes: int) -> None:
    """Nenhuma sessão vem mais para MAQUINA (padrão: esta), e as que há vão para as outras, poucas de cada vez
    (WPP_CLUSTER_MOVES_AT_ONCE). Termina com 0 quando ela está vazia: pare o serviço, atualize, e depois
    wppmt undrain MAQUINA.
    """
    name = machine or _here(gateway)
    gateway.ask("POST", f"/api/admin/cluster/machines/{name}/drain")
    if no_wait:
        click.echo(f"{name}: sendo esvaziada. wppmt cluster mostra quantas sessões faltam")
        return
    _wait(gateway, name, minutes * 60.0)
    click.echo(f"{name}: vazia")


@click.command(short_help="Uma máquina do cluster recebe sessões de novo.")
@_machine
@on_the_daemon
def undrain(gateway: Gateway, machine: str | None) -> None:
    """MAQUINA (padrão: esta) recebe sessões de novo, depois de wppmt drain."""
    name = machine or _here(gateway)
    gateway.ask("POST", f"/api/admin/cluster/machines/{name}/undrain")
    click.echo(f"{name}: recebe sessões de novo")


def _here(gateway: Gateway) -> str:
    """The name of the machine that answers. Raises CommandFailed."""
    name = str(gateway.ask("GET", "/api/admin/cluster").get("machine") or "")
    if not name:
        raise CommandFailed(ALONE)
    return name


def _wait(gateway: Gateway, machine: str, seconds: float) -> None:
    """Each change is told. Raises CommandFailed."""
    told: list[str] = []

    def look() -> bool:
        cluster = gateway.ask("GET", "/api/admin/cluster")
        left = [one["sessionId"] for one in cluster["sessions"] if one["machine"] == machine]
        if (text := _progress(cluster, machine, len(left))) not in told[-1:]:
            told.append(text)
            click.echo(text)
        return not left

    if not poll(look, seconds, wait_fixed(LOOK_SECONDS)):
        raise CommandFailed(f"{machine}: ainda não está vazia. Continua sendo esvaziada (wppmt cluster)")


def _progress(cluster: Json, machine: str, left: int) -> str:
    refused = list(_refused(cluster, machine))
    return "\n".join([f"{machine}: faltam {left}", *refused])


def _refused(cluster: Json, machine: str) -> Iterator[str]:
    for move in cluster["moves"]:
        if move["from"] == machine and move["refused"]:
            yield f"  {move['sessionId']} não foi para {move['to']}: {move['refused']}"
