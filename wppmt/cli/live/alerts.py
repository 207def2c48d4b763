"""`wppmt alerts`: what fires, and what has been over lately."""

from __future__ import annotations

import time

import click

from wppmt.cli.gateway import Gateway, Json
from wppmt.cli.live import shown
from wppmt.cli.live.connection import as_json, on_the_daemon


@click.command(short_help="Os alertas de agora e os recentes.")
@as_json
@on_the_daemon
def alerts(gateway: Gateway, *, as_json: bool) -> None:
    """Mostra os alertas de agora, com o que fazer, e os que acabaram há pouco. Sai com 0 também enquanto há alertas."""
    answer = gateway.ask("GET", "/api/admin/alerts")
    if as_json:
        shown.echo_json(answer)
    else:
        shown.echo_lines(page(answer, time.time(), shown.width()))


def page(answer: Json, now: float, room: int) -> list[str]:
    firing = [line for alert in answer["firing"] for line in alert_lines(alert, now, room)]
    over = [line for alert in answer["recent"] for line in _over_lines(alert, now, room)]
    return [*(firing or ["Nenhum alerta agora."]), *(["", "Recentes:", *over] if over else [])]


def alert_lines(alert: Json, now: float, room: int) -> list[str]:
    """One that fires: what, since when; and what to do."""
    head = f"{alert['code']} há {shown.ago(alert['since'], now)}: {_message(alert)}"
    lines = [shown.paint(line, shown.RED) for line in shown.wrapped(head, "  ", room, "! ")]
    return [*lines, *shown.wrapped(alert["remedy"], "    ", room, "  → ")]


def _over_lines(alert: Json, now: float, room: int) -> list[str]:
    ended = shown.clock(alert["endedAt"], now) if alert.get("endedAt") else "-"
    times = f"{shown.clock(alert['since'], now)} a {ended}"
    return shown.wrapped(f"{times}  {alert['code']}: {_message(alert)}", "    ", room, "  ")


def _message(alert: Json) -> str:
    session = alert.get("sessionId")
    named = session and session not in alert["message"]
    return f"{session}: {alert['message']}" if named else str(alert["message"])
