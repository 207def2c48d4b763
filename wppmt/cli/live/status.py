"""`wppmt status`: the service and every session at a glance; which is in trouble, why, and what to do."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from wppmt.cli.errors import NoDaemon
from wppmt.cli.gateway import Gateway, GatewayError, Json
from wppmt.cli.live import shown
from wppmt.cli.live.alerts import alert_lines
from wppmt.cli.live.connection import as_json, ending, is_missing, on_the_daemon
from wppmt.cli.live.shown import Column

_CLEAR = "\x1b[H\x1b[2J"
_SERVICE = {"ok": "ok", "degraded": "com problemas", "starting": "iniciando", "draining": "sendo encerrado"}
_WORST_FIRST = (
    "error",
    "reconnecting",
    "phone_disconnected",
    "waiting_scan",
    "initializing",
    "connected",
    "disconnected",
)


@dataclass(frozen=True, slots=True)
class Overview:
    """What the API says at one moment; `alerts` is None where this daemon or token has none."""

    health: Json
    sessions: Sequence[Json]
    alerts: Json | None

    @property
    def for_programs(self) -> dict[str, Any]:
        return {"health": self.health, "sessions": list(self.sessions), "alerts": self.alerts}


def look(gateway: Gateway) -> Overview:
    """Raises GatewayError."""
    return Overview(gateway.health(), rows(gateway), _optional(gateway, "/api/admin/alerts"))


def rows(gateway: Gateway) -> Sequence[Json]:
    """Every session that the token may see; with an admin's, also its process and its webhooks."""
    answer = _optional(gateway, "/api/admin/sessions") or gateway.ask("GET", "/api/sessions")
    found: Sequence[Json] = answer["sessions"]
    return found


def _optional(gateway: Gateway, path: str) -> Json | None:
    try:
        return gateway.ask("GET", path)
    except GatewayError as refusal:
        if not is_missing(refusal):
            raise
        return None


@click.command(short_help="O serviço e cada sessão, num relance.")
@click.option("--watch", is_flag=True, help="Continua mostrando, até Ctrl+C.")
@click.option(
    "--interval",
    type=click.FloatRange(0.2, 3600),
    default=2.0,
    show_default=True,
    help="Segundos entre duas consultas, com --watch.",
)
@as_json
@on_the_daemon
def status(gateway: Gateway, *, watch: bool, interval: float, as_json: bool) -> None:
    """Mostra o serviço e cada sessão: estado, há quanto tempo, por quê, e o que fazer com as que têm problema."""
    overview = look(gateway)
    if not watch:
        shown.echo_json(overview.for_programs) if as_json else shown.echo_lines(page(overview, time.time()))
        return
    try:
        while True:
            _show_again(overview, as_json=as_json)
            time.sleep(interval)
            overview = _look_on(gateway, overview)
    except KeyboardInterrupt:
        return


def _show_again(overview: Overview, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(overview.for_programs, ensure_ascii=False))
        return
    lines = page(overview, time.time())
    if sys.stdout.isatty():
        click.echo(_CLEAR, nl=False)
        lines = lines[: shutil.get_terminal_size((80, 24)).lines - 1]
    shown.echo_lines(lines)


def _look_on(gateway: Gateway, before: Overview) -> Overview:
    """A daemon that is being replaced is away for seconds: who watches goes on watching."""
    try:
        return look(gateway)
    except GatewayError as refusal:
        if not isinstance(failure := ending(refusal), NoDaemon):
            raise
        click.echo(shown.paint(failure.message, shown.RED), err=True)
        return before


def page(overview: Overview, now: float) -> list[str]:
    """What a person reads."""
    room = shown.width()
    sessions = sorted(overview.sessions, key=lambda row: (_rank(row), row["sessionId"]))
    lines = [*service_lines(overview.health, room)]
    if overview.alerts:
        lines += [line for alert in overview.alerts["firing"] for line in alert_lines(alert, now, room)]
    lines += ["", *session_lines(sessions, now, room)]
    troubled = [row for row in sessions if needs_attention(row)]
    if troubled:
        lines += ["", "O que pede atenção:"]
        lines += [line for row in troubled for line in trouble_lines(row, now, room)]
    return lines


def _rank(row: Json) -> int:
    return _WORST_FIRST.index(row["status"]) if row["status"] in _WORST_FIRST else 0


def service_lines(health: Json, room: int) -> list[str]:
    """The service as a whole, as `/api/health` counts it."""
    sessions, webhooks = health["sessions"], health["webhooks"]
    colour = {"ok": shown.GREEN, "degraded": shown.RED}.get(health["status"], shown.YELLOW)
    facts = (
        f"wppmt {health['version']}: {_SERVICE.get(health['status'], health['status'])}",
        f"no ar há {shown.lasting(health['uptimeSeconds'])}",
        f"{sessions['connected']} de {sessions['total']} sessões conectadas (no máximo {health['maxSessions']})",
        f"memória {shown.megabytes(health['memoryMb'])}",
        f"webhooks: {webhooks['pending']} na fila, {webhooks['dead']} abandonados",
    )
    lines = [shown.paint(line, colour) for line in shown.wrapped(" · ".join(facts), "  ", room, "")]
    for reason in health.get("reasons", ()):
        lines += shown.wrapped(f"{reason['reason']} ({reason['reasonCode']})", "  ", room, "! ")
    if health.get("alert"):
        lines += shown.wrapped(str(health["alert"]), "  ", room, "! ")
    return lines


COLUMNS = (
    Column("SESSÃO", least=12),
    Column("ESTADO"),
    Column("HÁ", right=True),
    Column("MB", right=True),
    Column("FILA", right=True),
    Column("ENV", right=True),
    Column("REC", right=True),
    Column("REIN", right=True),
    Column("MOTIVO", least=8),
)


def session_lines(sessions: Sequence[Json], now: float, room: int) -> list[str]:
    if not sessions:
        return ["Nenhuma sessão. A primeira: wppmt sessions start ID"]
    cells = [
        (
            row["sessionId"], shown.state(row["status"]), shown.ago(row.get("since"), now), row.get("memoryMb"),
            row.get("queue"), row.get("messagesSent"), row.get("messagesReceived"), row.get("restarts"),
            row.get("reasonCode"),
        )
        for row in sessions
    ]  # fmt: skip
    titles, *lines = shown.table(COLUMNS, cells, room)
    colours = [shown.STATES.get(row["status"], ("", ""))[1] for row in sessions]
    return [titles, *map(shown.paint, lines, colours)]


def needs_attention(row: Json) -> bool:
    """Not what is well, on its way there, or stopped on purpose; but whoever has lost events."""
    return _is_in_trouble(row) or bool(_dead(row))


def _is_in_trouble(row: Json) -> bool:
    match row["status"]:
        case "connected":
            return not all((row.get("abilities") or {}).values())
        case "disconnected":
            return row.get("reasonCode") != "STOPPED"
        case _:
            return bool(row["status"] != "initializing")


def _dead(row: Json) -> int:
    found: int = (row.get("webhooks") or {}).get("dead", 0)
    return found


def trouble_lines(row: Json, now: float, room: int) -> list[str]:
    """Which, since when, why; and what to do."""
    name, code = row["sessionId"], row.get("reasonCode") or ""
    head = f"{name}: {shown.state(row['status'])} há {shown.ago(row.get('since'), now)}. {row.get('reason') or ''} ({code})"
    lines = shown.wrapped(head, "  ", room, "")
    if row["status"] != "connected" and _is_in_trouble(row) and row.get("remedy"):
        lines += shown.wrapped(row["remedy"], "    ", room, "  → ")
    lacking = [name for name, can in (row.get("abilities") or {}).items() if not can]
    if row["status"] == "connected" and lacking:
        lines += shown.wrapped(f"Não consegue agora: {', '.join(lacking)}", "    ", room, "  → ")
    if dead := _dead(row):
        counted = shown.counted(dead, "evento abandonado", "eventos abandonados")
        lines += shown.wrapped(f"{counted}: veja wppmt dead-letters list {name}", "    ", room, "  → ")
    return [*lines, *shown.wrapped(f"O que houve: wppmt explica {name}", "    ", room, "  → ")]
