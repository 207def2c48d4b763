"""`wppmt status`: the service and every session at a glance; which is in trouble, why, and what to do."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

import click

from wppmt.cli.gateway import UNREACHABLE, Gateway, GatewayError, Json
from wppmt.cli.live import shown
from wppmt.cli.live.connection import as_json, is_missing, on_the_daemon
from wppmt.cli.live.status_page import Overview, page
from wppmt.domain.errors import Code

_CLEAR = "\x1b[H\x1b[2J"


def look(gateway: Gateway) -> Overview:
    """Raises GatewayError."""
    told = _sessions(gateway)
    alerts = _optional(gateway, "/api/admin/alerts")
    return Overview(gateway.health(), told["sessions"], alerts, told.get("figures"))


def rows(gateway: Gateway) -> Sequence[Json]:
    """Every session that the token may see; with an admin's, also its process and its webhooks."""
    found: Sequence[Json] = _sessions(gateway)["sessions"]
    return found


def _sessions(gateway: Gateway) -> Json:
    return _optional(gateway, "/api/admin/sessions") or gateway.ask("GET", "/api/sessions")


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
            overview = look_on(gateway, overview)
    except KeyboardInterrupt:
        return


def _show_again(overview: Overview, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(overview.for_programs, ensure_ascii=False))
        return
    if not sys.stdout.isatty():
        shown.echo_lines(page(overview, time.time()))
        return
    # What does not fit is cut off below.
    lines = page(overview, time.time(), trouble_first=True)
    click.echo(_CLEAR, nl=False)
    shown.echo_lines(lines[: shutil.get_terminal_size((80, 24)).lines - 1])


def look_on(gateway: Gateway, before: Overview) -> Overview:
    """A daemon that is being replaced is away for seconds: who watches goes on watching, and sees that it is."""
    try:
        return look(gateway)
    except GatewayError as refusal:
        if refusal.code not in {UNREACHABLE, Code.DRAINING}:
            raise
        return replace(before, health={**before.health, "status": "unreachable"})
