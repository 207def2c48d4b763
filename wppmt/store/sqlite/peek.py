"""What a database says of its own form, without bringing it to another one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from wppmt.domain.actions import Action
from wppmt.store.sqlite.schema import OLDEST_READER, VERSION


@dataclass(frozen=True, slots=True)
class Form:
    """`version` counts the steps that it has taken; code of `oldest_reader` or later can work with it."""

    version: int
    oldest_reader: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What has been seen to work: sends that WhatsApp has confirmed, sessions that were restarted and are connected."""

    sent: int = 0
    restarted: int = 0


_RESTARTED = """
SELECT COUNT(*) FROM sessions WHERE record ->> 'state' = 'connected' AND (
    record ->> 'restarts' > 0 OR EXISTS (SELECT 1 FROM audit WHERE action = ? AND session_id = sessions.id)
)
"""
"""By the service itself, or because somebody asked for it."""
THIS = Form(VERSION, OLDEST_READER)
"""What this code makes of it."""


def form(path: Path) -> Form | None:
    """None where there is no database. As the user who owns it, else files beside it would be another's. Raises sqlite3.Error."""
    if not path.exists():
        return None
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return read(connection)


def evidence(path: Path) -> Evidence:
    """As `form`. Nothing, where there is no database or it is of a form that this code does not know, or has not yet brought up to date."""
    if not path.exists():
        return Evidence()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        found = read(connection)
        if found.oldest_reader > VERSION or found.version < VERSION:
            return Evidence()
        [sent] = connection.execute("SELECT COUNT(*) FROM journal WHERE ack > 0").fetchone()
        [restarted] = connection.execute(_RESTARTED, (Action.RESTART_SESSION,)).fetchone()
    return Evidence(sent, restarted)


def read(connection: sqlite3.Connection) -> Form:
    """Before there was a table that says so, only code of the same form could work with it."""
    [version] = connection.execute("PRAGMA user_version").fetchone()
    named = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'compatibility'").fetchone()
    if not named:
        return Form(version, version)
    [oldest] = connection.execute("SELECT oldest_reader FROM compatibility").fetchone()
    return Form(version, oldest)
