"""Purging a session with any number of rows: not readable at once, deleted in small steps."""

from __future__ import annotations

import sqlite3

from wppmt.store.sqlite.event_numbers import numbers_kept

ALL = -1
"""As a LIMIT."""

_NOW = (
    "DELETE FROM sessions WHERE id = ?",
    "DELETE FROM tallies WHERE session_id = ?",
    "DELETE FROM stopped_lanes WHERE session_id = ?",
    "DELETE FROM secrets WHERE session_id = ?",
    "DELETE FROM wanted_media WHERE session_id = ?",
    "DELETE FROM links WHERE session_id = ?",
    "DELETE FROM chat_names WHERE session_id = ?",
    # What could still be delivered, replayed or sent: no more than the session had waiting.
    "DELETE FROM deliveries WHERE session_id = ? AND state = 'pending'",
    "DELETE FROM deliveries WHERE session_id = ? AND state = 'dead'",
    "DELETE FROM journal WHERE session_id = ? AND handover IN ('accepted', 'handed')",
)
_LATER = (
    "DELETE FROM attempts WHERE event IN (SELECT number FROM events WHERE session_id = ? ORDER BY sequence LIMIT ?)",
    "DELETE FROM deliveries WHERE event IN (SELECT number FROM events WHERE session_id = ? ORDER BY sequence LIMIT ?)",
    "DELETE FROM events WHERE number IN (SELECT number FROM events WHERE session_id = ? ORDER BY sequence LIMIT ?)",
    "DELETE FROM journal WHERE number IN (SELECT number FROM journal WHERE session_id = ? LIMIT ?)",
    """
    DELETE FROM received WHERE session_id = ?1
        AND message_id IN (SELECT message_id FROM received WHERE session_id = ?1 LIMIT ?2)
    """,
    "DELETE FROM history WHERE session_id = ?1 AND at IN (SELECT at FROM history WHERE session_id = ?1 LIMIT ?2)",
)


def forget(connection: sqlite3.Connection, session_id: str, step: int) -> None:
    """Nothing of the session can be read any more; `sweep` deletes what is left of its history."""
    for statement in _NOW:
        connection.execute(statement, (session_id,))
    _take(connection, session_id, step)
    connection.execute("INSERT OR IGNORE INTO forgotten (session_id) VALUES (?)", (session_id,))


def sweep(connection: sqlite3.Connection, step: int) -> int:
    """Delete some rows of a purged session; returns how many, 0 when none are left."""
    for [session_id] in connection.execute("SELECT session_id FROM forgotten").fetchall():
        if taken := _take(connection, session_id, step):
            return taken
        _done(connection, session_id)
    return 0


def clear(connection: sqlite3.Connection, session_id: str) -> None:
    """A new session of this id begins: delete what is left of a purged one."""
    if connection.execute("SELECT 1 FROM forgotten WHERE session_id = ?", (session_id,)).fetchone():
        _take(connection, session_id, ALL)
        _done(connection, session_id)


def _take(connection: sqlite3.Connection, session_id: str, limit: int) -> int:
    with numbers_kept(connection):
        return sum(connection.execute(statement, (session_id, limit)).rowcount for statement in _LATER)


def _done(connection: sqlite3.Connection, session_id: str) -> None:
    connection.execute("DELETE FROM forgotten WHERE session_id = ?", (session_id,))
