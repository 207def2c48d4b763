"""What a shell offers after TAB: commands by themselves, and here the sessions of the running daemon."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar

import click
from click.shell_completion import CompletionItem

from wppmt.cli.context import SettingsSource
from wppmt.cli.errors import CommandFailed
from wppmt.cli.gateway import GatewayError
from wppmt.cli.live import shown
from wppmt.cli.live.connection import connect

C = TypeVar("C", bound=Callable[..., object])


def complete_sessions(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Without a daemon, or the right to ask it, nothing: a shell has no place for an error."""
    source = SettingsSource(dict(os.environ), ctx.find_root().params.get("config"))
    try:
        rows = connect(source).ask("GET", "/api/sessions")["sessions"]
    except (CommandFailed, GatewayError, OSError):
        return []
    return [
        CompletionItem(row["sessionId"], help=shown.state(row["status"]))
        for row in rows
        if row["sessionId"].startswith(incomplete)
    ]


def session_id(command: C) -> C:
    """The argument ID: one session."""
    return click.argument("session", metavar="ID", shell_complete=complete_sessions)(command)
