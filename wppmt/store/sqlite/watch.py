"""What the operator is told of the service in the SQLite store: alerts, and the sessions' history."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Row

from wppmt.domain.alerts import Alert, AlertCode, Cause
from wppmt.domain.states import State
from wppmt.store.records import HistoryPoint
from wppmt.store.sqlite.database import Database

DROP_STEP = 500
SAVE_ALERT = """
    INSERT INTO alerts (code, subject, since, session_id, message, remedy, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (code, subject, since) DO UPDATE SET session_id = excluded.session_id, message = excluded.message,
        remedy = excluded.remedy, ended_at = excluded.ended_at
"""
PRUNE_ALERTS = """
    DELETE FROM alerts WHERE (code, subject, since) IN (
        SELECT code, subject, since FROM alerts WHERE ended_at < ?1 LIMIT ?2)
"""
_DROP = """
    DELETE FROM history WHERE (session_id, at) IN (
        SELECT session_id, at FROM history WHERE is_coarse = ? AND at < ? ORDER BY at LIMIT ?)
"""


class SqliteWatch:
    """The methods of wppmt.store.Store that are about alerts and history."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read = database.read

    def firing_alerts(self) -> Sequence[Alert]:
        rows = self._read("SELECT * FROM alerts WHERE ended_at IS NULL ORDER BY since, code, subject")
        return [_load_alert(row) for row in rows if row["code"] in set(AlertCode)]

    def ended_alerts(self, limit: int) -> Sequence[Alert]:
        rows = self._read(
            "SELECT * FROM alerts WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, since DESC LIMIT ?",
            (limit,),
        )
        return [_load_alert(row) for row in rows if row["code"] in set(AlertCode)]

    def keep_points(self, points: Sequence[HistoryPoint]) -> None:
        with self._database.write(durable=False) as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO history (session_id, at, state, memory_mb, is_coarse) VALUES (?, ?, ?, ?, ?)",
                [
                    (point.session_id, point.at, point.state, point.memory_mb, point.is_coarse)
                    for point in points
                ],
            )

    def points(self, session_id: str, since: float) -> Sequence[HistoryPoint]:
        rows = self._read(
            "SELECT * FROM history WHERE session_id = ? AND at >= ? ORDER BY at", (session_id, since)
        )
        return [
            HistoryPoint(session_id, row["at"], State(row["state"]), row["memory_mb"], bool(row["is_coarse"]))
            for row in rows
        ]

    def drop_points(self, before: float, fine_before: float) -> int:
        with self._database.write(durable=False) as connection:
            fine = connection.execute(_DROP, (0, max(before, fine_before), DROP_STEP)).rowcount
            return fine + connection.execute(_DROP, (1, before, DROP_STEP)).rowcount


def dump_alert(alert: Alert) -> tuple[object, ...]:
    """For SAVE_ALERT."""
    cause = alert.cause
    return (
        cause.code, cause.subject, alert.since, alert.session_id, alert.message, alert.remedy, alert.ended_at,
    )  # fmt: skip


def _load_alert(row: Row) -> Alert:
    return Alert(
        cause=Cause(AlertCode(row["code"]), row["subject"]),
        message=row["message"],
        remedy=row["remedy"],
        since=row["since"],
        session_id=row["session_id"],
        ended_at=row["ended_at"],
    )
