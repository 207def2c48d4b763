"""Numbers of events are never given twice, though their newest may be deleted: a cursor over all of them stays true."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

NEWEST = "SELECT max(deleted, coalesce((SELECT max(number) FROM events), 0)) FROM event_numbers"
"""The largest number that was ever given."""
ADD_EVENT = """
    INSERT INTO events (number, id, session_id, sequence, name, at, body)
    SELECT 1 + max(deleted, coalesce((SELECT max(number) FROM events), 0)), ?, ?, ?, ?, ?, ? FROM event_numbers
"""
_KEEP = "UPDATE event_numbers SET deleted = max(deleted, ?)"


@contextmanager
def numbers_kept(connection: sqlite3.Connection) -> Iterator[None]:
    """Around everything that deletes events."""
    before = _largest(connection)
    yield
    if _largest(connection) < before:
        connection.execute(_KEEP, (before,))


def _largest(connection: sqlite3.Connection) -> int:
    [[largest]] = connection.execute("SELECT coalesce(max(number), 0) FROM events")
    return int(largest)
