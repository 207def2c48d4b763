"""Sessions on their way between two instances, in the SQLite store."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import asdict

from wppmt.store.move_records import Departure, DepartureState, Incoming
from wppmt.store.sqlite.database import Database

_SAVE_DEPARTURE = """
    INSERT OR REPLACE INTO departures (session_id, state, owner, key, at)
    VALUES (:session_id, :state, :owner, :key, :at)
"""
_SAVE_INCOMING = """
    INSERT OR REPLACE INTO incoming (session_id, digest, source, who, at, is_taken)
    VALUES (:session_id, :digest, :source, :who, :at, :is_taken)
"""


class SqliteMoves:
    """The methods of wppmt.store.Store about moves."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read = database.read

    def departures(self) -> Sequence[Departure]:
        rows = self._read("SELECT * FROM departures ORDER BY at, session_id")
        return [Departure(**dict(row) | {"state": DepartureState(row["state"])}) for row in rows]

    def incoming(self) -> Sequence[Incoming]:
        rows = self._read("SELECT * FROM incoming ORDER BY at, session_id")
        return [Incoming(**dict(row) | {"is_taken": bool(row["is_taken"])}) for row in rows]


def save_departure(connection: sqlite3.Connection, departure: Departure) -> None:
    connection.execute(_SAVE_DEPARTURE, asdict(departure))


def step_departure(
    connection: sqlite3.Connection, departure: Departure, state: DepartureState, at: float
) -> bool:
    stepped = connection.execute(
        "UPDATE departures SET state = ?, at = ? WHERE session_id = ? AND key = ? AND state = ?",
        (state, at, departure.session_id, departure.key, departure.state),
    )
    return stepped.rowcount == 1


def drop_departure(connection: sqlite3.Connection, session_id: str) -> None:
    connection.execute("DELETE FROM departures WHERE session_id = ?", (session_id,))


def save_incoming(connection: sqlite3.Connection, incoming: Incoming) -> None:
    connection.execute(_SAVE_INCOMING, asdict(incoming))


def drop_incoming(connection: sqlite3.Connection, session_id: str) -> None:
    connection.execute("DELETE FROM incoming WHERE session_id = ?", (session_id,))
