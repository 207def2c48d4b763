"""`wppmt dead-letters`: events whose delivery was given up on, and sending them again."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

import click

from wppmt.cli.gateway import Gateway, Json
from wppmt.cli.live import shown
from wppmt.cli.live.completion import complete_sessions, session_id
from wppmt.cli.live.connection import as_json, on_the_daemon
from wppmt.cli.live.shown import Column
from wppmt.cli.live.status import rows


@click.group("dead-letters", short_help="Eventos abandonados: ver e reenviar.", invoke_without_command=True)
@click.pass_context
def dead_letters(context: click.Context) -> None:
    """Mostra os eventos cuja entrega foi abandonada (sem comando, o mesmo que list), e os reenvia."""
    if context.invoked_subcommand is None:
        context.invoke(show_list)


_ids = click.argument("wanted", metavar="[ID]...", nargs=-1, shell_complete=complete_sessions)


@dead_letters.command("list", short_help="Os mais antigos primeiro, por sessão.")
@_ids
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Eventos de cada sessão."
)
@as_json
@on_the_daemon
def show_list(
    gateway: Gateway, wanted: Sequence[str] = (), *, limit: int = 20, as_json: bool = False
) -> None:
    """Mostra os eventos abandonados das sessões ID, ou de todas."""
    found = {session: _letters(gateway, session, limit) for session in wanted or _with_letters(gateway)}
    if as_json:
        shown.echo_json({"sessions": [{"sessionId": session, **page} for session, page in found.items()]})
    else:
        shown.echo_lines(page_lines(found, time.time(), shown.width()))


def _letters(gateway: Gateway, session: str, limit: int = 1) -> Json:
    return gateway.ask("GET", f"/api/sessions/{session}/dead-letters", limit=limit)


def _with_letters(gateway: Gateway) -> list[str]:
    """An admin's rows have the count; otherwise each session is asked."""
    return sorted(
        row["sessionId"]
        for row in rows(gateway)
        if (row["webhooks"]["dead"] if "webhooks" in row else _letters(gateway, row["sessionId"])["count"])
    )


COLUMNS = (
    Column("EVENTO"),
    Column("TIPO"),
    Column("HÁ", right=True),
    Column("TENTATIVAS", right=True),
    Column("HTTP", right=True),
)


def page_lines(found: Mapping[str, Json], now: float, room: int) -> list[str]:
    lines: list[str] = []
    for session, page in found.items():
        if page["count"]:
            lines += [*_session_lines(session, page, now, room), ""]
    return (
        [*lines, "Reenviar, com o destino de pé: wppmt dead-letters replay ID"]
        if lines
        else ["Nenhum evento abandonado."]
    )


def _session_lines(session: str, page: Json, now: float, room: int) -> Iterable[str]:
    letters = page["deadLetters"]
    cells = [
        (one["id"], one["event"], shown.ago(one["givenUpAt"], now), one["attempts"], one["lastStatus"] or "-")
        for one in letters
    ]
    rest = page["count"] - len(letters)
    targets = ", ".join(sorted({str(one["url"]) for one in letters}))
    head = f"{session}: {shown.counted(page['count'], 'abandonado', 'abandonados')}, para {targets}"
    why = letters[-1]["lastError"]
    return (
        *shown.wrapped(f"{head}. Último erro: {why}" if why else head, "  ", room, ""),
        *shown.table(COLUMNS, cells, room),
        *([f"… e mais {rest} (--limit)"] if rest else []),
    )


@dead_letters.command(short_help="Reenvia todos, ou só alguns.")
@session_id
@click.argument("events", metavar="[EVENTO]...", nargs=-1)
@click.option("--event", metavar="TIPO", help="Só os deste tipo, como message_received.")
@click.option("--to", metavar="URL", help="Outro destino; padrão: o original.")
@as_json
@on_the_daemon
def replay(
    gateway: Gateway, session: str, events: Sequence[str], *, event: str | None, to: str | None, as_json: bool
) -> None:
    """Reenvia os eventos abandonados da sessão ID: todos, ou só os EVENTO (evt_…) dados."""
    wanted = {"ids": list(events), "event": event, "url": to}
    answer = gateway.call(
        "POST", session, "dead-letters/replay", {key: value for key, value in wanted.items() if value}
    )
    if as_json:
        shown.echo_json(answer)
    else:
        click.echo(f"{session}: {shown.counted(answer['replayed'], 'evento', 'eventos')} a caminho de novo")
