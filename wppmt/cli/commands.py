"""Which commands there are, and where. One is imported when it is asked for: most need much that others do without."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, MutableMapping

import click

from wppmt.cli.portuguese import name_placeholders

PLACES = {
    "status": "live.status",
    "sessions": "live.sessions",
    "qr": "live.qr",
    "logs": "live.log_lines",
    "explica": "live.explica",
    "alerts": "live.alerts",
    "dead-letters": "live.dead_letters",
    "key": "live.key",
    "backup": "backup",
    "restore": "restore",
    "lgpd": "lgpd",
    "move": "move",
    "drain": "drain",
    "undrain": "drain",
    "import": "wppconnect:take_over",
    "serve": "serve",
    "run": "serve",
    "handover": "handover",
    "upgrade": "upgrade",
    "wa-js": "wa_js",
    "simulator": "simulator",
    "sim": "sim",
    "sink": "sink",
    "token": "token",
    "instances": "instances",
    "cluster": "live.cluster",
    "route": "route",
    "doctor": "doctor",
    "demo": "demo",
}
"""By name, the module of `wppmt.cli` that has the function; behind a colon the function's name, where it is another."""


class Commands(MutableMapping[str, click.Command]):
    """All of them, as a click group holds its commands."""

    def __init__(self) -> None:
        self._loaded: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._loaded:
            place, _, function = PLACES[name].partition(":")
            module = importlib.import_module(f"wppmt.cli.{place}")
            self._loaded[name] = getattr(module, function or name.replace("-", "_"))
            name_placeholders(self._loaded[name])
        return self._loaded[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(PLACES | self._loaded)

    def __len__(self) -> int:
        return len(PLACES | self._loaded)

    def __contains__(self, name: object) -> bool:
        return name in PLACES or name in self._loaded
