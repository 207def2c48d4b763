"""What the commands show: tables that fit, moments, states in words. Pure, but for the size of the terminal."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click

GAP = "  "
RED, YELLOW, GREEN, DIM = "red", "yellow", "green", "bright_black"
STATES = {
    "initializing": ("iniciando", YELLOW),
    "waiting_scan": ("aguarda QR Code", YELLOW),
    "connected": ("conectada", GREEN),
    "disconnected": ("encerrada", DIM),
    "phone_disconnected": ("celular offline", RED),
    "reconnecting": ("reconectando", RED),
    "error": ("erro", RED),
}
"""The contract's states, for people, with their colour."""


def width() -> int:
    """Of the terminal; 80 where there is none."""
    return shutil.get_terminal_size((80, 24)).columns


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    right: bool = False
    least: int = 0
    """Characters below which it is not cut; 0: it is never cut."""


def table(columns: Sequence[Column], rows: Iterable[Sequence[object]], room: int) -> list[str]:
    """Lines of at most `room` characters, as long as the columns that may be cut give way; the first line is the titles."""
    cells = [[plain("" if cell is None else str(cell)) for cell in row] for row in rows]
    widths = [
        max(len(column.title), *(len(row[at]) for row in cells)) if cells else len(column.title)
        for at, column in enumerate(columns)
    ]
    excess = sum(widths) + len(GAP) * (len(columns) - 1) - room
    for at, column in enumerate(columns):
        if column.least and excess > 0:
            given = min(excess, max(widths[at] - column.least, 0))
            widths[at] -= given
            excess -= given
    titles = [column.title for column in columns]
    return [_line(columns, widths, line) for line in (titles, *cells)]


def _line(columns: Sequence[Column], widths: Sequence[int], cells: Sequence[str]) -> str:
    padded = (
        cut(cell, size).rjust(size) if column.right else cut(cell, size).ljust(size)
        for column, size, cell in zip(columns, widths, cells, strict=True)
    )
    return GAP.join(padded).rstrip()


def cut(text: str, size: int) -> str:
    return text if len(text) <= size else f"{text[: size - 1]}…"


def plain(text: str) -> str:
    """Nothing that a terminal acts on: what strangers wrote may be in it."""
    return "".join(char if char.isprintable() else "·" for char in text)


def wrapped(text: str, indent: str, room: int, first: str | None = None) -> list[str]:
    """A sentence over as many lines as it takes; `first` leads the first of them instead of `indent`."""
    lead = indent if first is None else first
    return textwrap.wrap(
        plain(text), max(room, 20), initial_indent=lead, subsequent_indent=indent, break_on_hyphens=False
    )


def state(name: str) -> str:
    """For people; one that this version does not know as it is."""
    return STATES.get(name, (name, ""))[0]


def paint(text: str, colour: str) -> str:
    """Only a terminal sees it: `click.echo` takes it off elsewhere."""
    return click.style(text, fg=colour) if colour else text


def epoch(moment: str) -> float:
    """Of an ISO 8601 moment."""
    return datetime.fromisoformat(moment).timestamp()


def ago(moment: str | None, now: float) -> str:
    """How long it is since then: `45 s`, `12 min`, `3 h`, `2 d`."""
    if not moment:
        return "-"
    return lasting(max(now - epoch(moment), 0))


def lasting(seconds: float) -> str:
    for unit, size, least in (("d", 86_400, 2), ("h", 3600, 2), ("min", 60, 2)):
        if seconds >= size * least:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def clock(moment: str, now: float) -> str:
    """In this machine's time zone, with the day where it is not today."""
    at = datetime.fromisoformat(moment).astimezone()
    is_today = at.date() == datetime.fromtimestamp(now).astimezone().date()
    return f"{at:%H:%M:%S}" if is_today else f"{at:%d/%m %H:%M:%S}"


def megabytes(count: float | None) -> str:
    if count is None:
        return "-"
    return f"{decimal(count / 1000, 1)} GB" if count >= 1000 else f"{count:.0f} MB"


def decimal(value: float, digits: int | None = None) -> str:
    """With a comma; `digits` behind it, or as many as the value has."""
    return (f"{value:g}" if digits is None else f"{value:.{digits}f}").replace(".", ",")


def counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def echo_json(answer: Mapping[str, Any] | Sequence[Any]) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def echo_lines(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)
