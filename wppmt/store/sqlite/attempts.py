"""What came of each try to deliver an event, in the SQLite store."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from wppmt.store.operator_records import Attempt
from wppmt.store.sqlite.database import Database

KEPT = 100
"""Of one event, the newest: a receiver that is down for days is tried every half minute."""
_SAVE = """
    INSERT INTO attempts (event, session_id, at, status, duration_ms, answer, error)
    SELECT number, ?, ?, ?, ?, ?, ? FROM events WHERE id = ?
"""
_TOO_MANY = """
    DELETE FROM attempts WHERE event = (SELECT number FROM events WHERE id = ?1) AND number <= (
        SELECT attempts.number FROM attempts JOIN events ON events.number = attempts.event
        WHERE events.id = ?1 ORDER BY attempts.number DESC LIMIT 1 OFFSET ?2)
"""
_OF_EVENT = """
    SELECT events.id AS event_id, attempts.session_id, attempts.at, status, duration_ms, answer, error
    FROM attempts JOIN events ON events.number = attempts.event
"""
PRUNE_ATTEMPTS = """
    DELETE FROM attempts WHERE event IN (
        SELECT number FROM events WHERE at < ?1
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event = events.number) ORDER BY at LIMIT ?2)
"""
"""Right before the events themselves."""


class SqliteAttempts:
    """The methods of wppmt.store.Store that tell of attempts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read = database.read

    def attempts(self, session_id: str, event_id: str) -> Sequence[Attempt] | None:
        of_event = (event_id, session_id)
        if not self._read(_EXISTS, of_event):
            return None
        rows = self._read(
            f"{_OF_EVENT} WHERE events.id = ? AND events.session_id = ? ORDER BY attempts.number", of_event
        )
        return [Attempt(**dict(row)) for row in rows]


_EXISTS = """
    SELECT 1 FROM events WHERE id = ?1 AND session_id = ?2
    AND EXISTS (SELECT 1 FROM tallies WHERE session_id = ?2)
"""


def save_attempts(connection: sqlite3.Connection, attempts: Sequence[Attempt]) -> None:
    """Of an event that is gone meanwhile nothing is kept."""
    connection.executemany(
        _SAVE,
        [
            (one.session_id, one.at, one.status, one.duration_ms, one.answer, one.error, one.event_id)
            for one in attempts
        ],
    )
    # An attempt that succeeded is the last of its series.
    failed = {one.event_id for one in attempts if one.error}
    connection.executemany(_TOO_MANY, [(event_id, KEPT) for event_id in failed])
