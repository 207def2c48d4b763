"""`wppmt key`: static keys for those who cannot renew a token every half hour (docs/contract.md 16)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from urllib.parse import quote

import click

from wppmt.cli.errors import CommandFailed
from wppmt.cli.gateway import Gateway, GatewayError, Json
from wppmt.cli.live import shown
from wppmt.cli.live.completion import complete_sessions
from wppmt.cli.live.connection import as_json, on_the_daemon
from wppmt.cli.live.shown import Column
from wppmt.domain.errors import Code

SCOPES = ("read", "send", "control", "admin")
ONCE = "Mostrada só agora: guarde-a. Use em Authorization: Bearer, ou em X-Api-Key; nunca em uma URL."


class Items(click.ParamType[tuple[str, ...]]):
    """Words separated by commas; of `choices`, where there are any."""

    def __init__(self, name: str, choices: Sequence[str] = ()) -> None:
        self.name = name
        self._choices = choices

    def convert(
        self, value: str | tuple[str, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        if isinstance(value, tuple):
            return value
        items = tuple(item.strip() for item in value.split(",") if item.strip())
        for item in items:
            if self._choices and item not in self._choices:
                self.fail(f"{item!r} não é um destes: {', '.join(self._choices)}.", param, ctx)
        return items


def _joined(given: Sequence[tuple[str, ...]]) -> list[str]:
    return list(dict.fromkeys(item for items in given for item in items))


@click.group(short_help="Chaves estáticas de acesso à API.", invoke_without_command=True)
@click.pass_context
def key(context: click.Context) -> None:
    """Chaves de acesso que não precisam ser renovadas a cada meia hora (sem comando, o mesmo que list)."""
    if context.invoked_subcommand is None:
        context.invoke(show_list)


@key.command()
@click.argument("name", metavar="NOME")
@click.option(
    "--session",
    "sessions",
    type=Items("sessões"),
    multiple=True,
    metavar="ID[,ID]",
    shell_complete=complete_sessions,
    help="Sessão permitida (pode ser repetido; padrão: todas).",
)
@click.option(
    "--scope",
    "scopes",
    type=Items("permissões", SCOPES),
    multiple=True,
    required=True,
    metavar="PERMISSÃO[,…]",
    help="read, send, control e admin; nenhuma inclui outra.",
)
@click.option("--days", type=click.IntRange(1), help="Dias até expirar (padrão: 365).")
@click.option(
    "--ip", "ips", type=Items("endereços"), multiple=True, metavar="IP[,IP]", help="Só destes endereços."
)
@as_json
@on_the_daemon
def create(
    gateway: Gateway,
    /,
    name: str,
    *,
    days: int | None,
    as_json: bool,
    **lists: Sequence[tuple[str, ...]],
) -> None:
    """Faz uma chave com o nome NOME. A chave, e nada mais, sai na saída padrão."""
    wanted = {"name": name, "days": days} | {field: _joined(given) for field, given in lists.items()}
    answer = gateway.ask(
        "POST", "/api/admin/keys", {field: value for field, value in wanted.items() if value}
    )
    if as_json:
        shown.echo_json(answer)
        return
    click.echo(answer["key"])
    click.echo(f"{ONCE} Revogar: wppmt key revoke {answer['id']}", err=True)


COLUMNS = (
    Column("ID"), Column("NOME", least=8), Column("SESSÕES", least=7), Column("PERMISSÕES", least=4),
    Column("EXPIRA"), Column("USADA", right=True),
)  # fmt: skip


@key.command("list", short_help="As chaves: o que podem, até quando.")
@as_json
@on_the_daemon
def show_list(gateway: Gateway, *, as_json: bool = False) -> None:
    """Lista as chaves, nunca o segredo delas: o que podem, até quando, e o último uso."""
    answer = gateway.ask("GET", "/api/admin/keys")
    if as_json:
        shown.echo_json(answer)
    else:
        shown.echo_lines(page(answer, time.time(), shown.width()))


def page(answer: Json, now: float, room: int) -> list[str]:
    cells = [
        (
            found["id"], found["name"], ",".join(found.get("sessions") or ()) or "todas", ",".join(found["scopes"]),
            (found.get("expiresAt") or "nunca")[:10], shown.ago(found.get("lastUsedAt"), now),
        )
        for found in answer["keys"]
    ]  # fmt: skip
    return (
        shown.table(COLUMNS, cells, room)
        if cells
        else ["Nenhuma chave. A primeira: wppmt key create NOME --scope read"]
    )


@key.command()
@click.argument("key_id", metavar="ID")
@on_the_daemon
def revoke(gateway: Gateway, key_id: str) -> None:
    """Revoga a chave ID, que deixa de valer na hora."""
    try:
        gateway.ask("DELETE", f"/api/admin/keys/{quote(key_id, safe='')}")
    except GatewayError as refusal:
        if refusal.code != Code.NOT_FOUND:
            raise
        raise CommandFailed(f"Não há chave {key_id}: veja wppmt key list") from None
    click.echo(f"{key_id}: revogada")
