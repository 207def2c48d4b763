"""`wppmt explica`: what happened to a session, or to one message, as a timeline that ends with what to do."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

import click

from wppmt.cli.gateway import Gateway, Json
from wppmt.cli.live import shown
from wppmt.cli.live.completion import session_id
from wppmt.cli.live.connection import as_json, on_the_daemon
from wppmt.domain.times import iso

_UNITS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86_400}


class Since(click.ParamType[str]):
    """A moment in ISO 8601, or how long ago: `2h`, `30min`, `1d`; as ISO 8601 in UTC."""

    name = "quando"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if ago := re.fullmatch(r"(\d{1,6})\s*(s|min|m|h|d)", value):
            return iso(time.time() - int(ago[1]) * _UNITS[ago[2]])
        try:
            return datetime.fromisoformat(value).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (ValueError, OverflowError):
            self.fail(f"{value!r} não é um momento: use 2h, 30min, 1d ou 2026-02-10T14:30:00", param, ctx)


@click.command(short_help="O que houve com uma sessão ou mensagem.")
@session_id
@click.option("--message", metavar="MENSAGEM", help="Só o que houve com esta mensagem (o id dela).")
@click.option(
    "--since", type=Since(), metavar="QUANDO", help="Desde quando: 2h, 30min, 1d ou um momento ISO 8601."
)
@as_json
@on_the_daemon
def explica(gateway: Gateway, session: str, *, message: str | None, since: str | None, as_json: bool) -> None:
    """Conta o que houve com a sessão ID, ou com uma mensagem dela, em ordem; termina com o que fazer."""
    answer = gateway.ask("GET", f"/api/sessions/{session}/explain", message=message, since=since)
    if as_json:
        shown.echo_json(answer)
    else:
        shown.echo_lines(page(answer, time.time(), shown.width()))


def page(answer: Json, now: float, room: int) -> list[str]:
    lines = [line for entry in answer["timeline"] for line in _entry_lines(entry, now, room)]
    advice = shown.wrapped(f"O que fazer: {answer['advice']}", "  ", room, "")
    return [*(lines or ["Nada consta neste período."]), "", *advice]


def _entry_lines(entry: Json, now: float, room: int) -> list[str]:
    at = shown.clock(entry["at"], now)
    return shown.wrapped(entry["text"], " " * (len(at) + 2), room, f"{at}  ")
