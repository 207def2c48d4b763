"""The store in SQLite: registry, event log, outbox, journal, secrets (docs/contract.md 8)."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from wppmt.domain.occurrences import Count, uncounted
from wppmt.store.outbox_records import SigningSecrets
from wppmt.store.records import ALERTS, EventRecord, JournalEntry, PairingLink, SessionRecord
from wppmt.store.sqlite.attempts import PRUNE_ATTEMPTS, SqliteAttempts
from wppmt.store.sqlite.database import BUSY_MILLISECONDS, Database
from wppmt.store.sqlite.event_numbers import NEWEST, numbers_kept
from wppmt.store.sqlite.forgetting import sweep
from wppmt.store.sqlite.moves import SqliteMoves
from wppmt.store.sqlite.operator_rows import SqliteRecords
from wppmt.store.sqlite.outbox import SqliteOutbox
from wppmt.store.sqlite.rows import (
    load_entry,
    load_event,
    load_link,
    load_secrets,
    load_session,
)
from wppmt.store.sqlite.stories import SqliteStories
from wppmt.store.sqlite.transaction import SqliteTransaction
from wppmt.store.sqlite.watch import PRUNE_ALERTS, SqliteWatch

PRUNE_STEP = 500


class SqliteStore(SqliteOutbox, SqliteWatch, SqliteRecords, SqliteAttempts, SqliteStories, SqliteMoves):
    """Implements wppmt.store.Store on one file. Raises SetupError when that cannot be used.

    `step` is how many rows of a kind are deleted in one transaction.
    """

    def __init__(
        self,
        path: Path,
        busy_milliseconds: int = BUSY_MILLISECONDS,
        step: int = PRUNE_STEP,
        count: Count = uncounted,
    ) -> None:
        super().__init__(Database(path, busy_milliseconds, count))
        self._step = step
        self._heard: Callable[[Collection[str]], None] | None = None

    @contextmanager
    def transaction(self) -> Iterator[SqliteTransaction]:
        with self._database.write() as connection:
            transaction = SqliteTransaction(connection, self._step)
            yield transaction
        if transaction.recorded and self._heard:
            self._heard(transaction.recorded)

    def listen(self, heard: Callable[[Collection[str]], None] | None) -> None:
        self._heard = heard

    def sessions(self) -> Sequence[SessionRecord]:
        rows = self._read("SELECT record FROM sessions ORDER BY created_at, id")
        return [load_session(row["record"]) for row in rows]

    def session(self, session_id: str) -> SessionRecord | None:
        rows = self._read("SELECT record FROM sessions WHERE id = ?", (session_id,))
        return load_session(rows[0]["record"]) if rows else None

    def forgotten(self) -> Sequence[str]:
        return [row["session_id"] for row in self._read("SELECT session_id FROM forgotten")]

    def unfinished(self, session_id: str) -> Sequence[JournalEntry]:
        rows = self._read(
            "SELECT * FROM journal WHERE session_id = ? AND handover IN ('accepted', 'handed')"
            " ORDER BY accepted_at, number",
            (session_id,),
        )
        return [load_entry(row) for row in rows]

    def message(self, session_id: str, message_id: str) -> JournalEntry | None:
        rows = self._read("SELECT * FROM journal WHERE session_id = ? AND id = ?", (session_id, message_id))
        return load_entry(rows[0]) if rows else None

    def keyed(self, session_id: str, key: str, since: float) -> JournalEntry | None:
        rows = self._read(
            "SELECT * FROM journal WHERE session_id = ? AND key = ? AND key != '' AND accepted_at >= ?"
            " ORDER BY accepted_at DESC LIMIT 1",
            (session_id, key, since),
        )
        return load_entry(rows[0]) if rows else None

    def contacts_since(self, session_id: str, since: float) -> frozenset[str]:
        rows = self._read(
            # What still waits goes out today, whenever it was accepted.
            "SELECT contact FROM journal WHERE session_id = ?1 AND contact != '' AND handover != 'failed'"
            " AND COALESCE(handed_at, accepted_at) >= ?2"
            " UNION SELECT contact FROM journal WHERE session_id = ?1 AND contact != '' AND handover = 'accepted'"
            " AND handover IN ('accepted', 'handed')",
            (session_id, since),
        )
        return frozenset(row["contact"] for row in rows)

    def wanted_media(self, session_id: str) -> Sequence[str]:
        rows = self._read(
            "SELECT message_id FROM wanted_media WHERE session_id = ? ORDER BY number", (session_id,)
        )
        return [row["message_id"] for row in rows]

    def events_after(self, session_id: str, sequence: int, limit: int) -> Sequence[EventRecord]:
        rows = self._read(
            "SELECT * FROM events WHERE session_id = ?1 AND sequence > ?2"
            # A session without a tally was purged, and its events are being deleted.
            " AND EXISTS (SELECT 1 FROM tallies WHERE session_id = ?1) ORDER BY sequence LIMIT ?3",
            (session_id, sequence, limit),
        )
        return [load_event(row) for row in rows]

    def events_of_all_after(
        self, number: int, limit: int, sessions: Collection[str] | None = None
    ) -> Sequence[tuple[int, EventRecord]]:
        of_sessions = None if sessions is None else json.dumps(list(sessions))
        rows = self._read(
            "SELECT * FROM events WHERE number > ?1 AND session_id IN (SELECT session_id FROM tallies"
            " WHERE (?2 IS NULL OR session_id IN (SELECT value FROM json_each(?2))) AND session_id != ?4)"
            " ORDER BY number LIMIT ?3",
            (number, of_sessions, limit, ALERTS),
        )
        return [(row["number"], load_event(row)) for row in rows]

    def last_event_number(self) -> int:
        [[newest]] = self._read(NEWEST)
        return int(newest)

    def last_sequence(self, session_id: str) -> int:
        rows = self._read("SELECT sequence FROM tallies WHERE session_id = ?", (session_id,))
        return int(rows[0]["sequence"]) if rows else 0

    def secrets(self, session_id: str) -> SigningSecrets | None:
        rows = self._read("SELECT current, rotated FROM secrets WHERE session_id = ?", (session_id,))
        return load_secrets(rows[0]) if rows else None

    def link(self, digest: str) -> PairingLink | None:
        rows = self._read("SELECT * FROM links WHERE digest = ?", (digest,))
        return load_link(rows[0]) if rows else None

    def living_link(self, session_id: str) -> PairingLink | None:
        rows = self._read(
            "SELECT * FROM links WHERE session_id = ? AND ended IS NULL ORDER BY number DESC LIMIT 1",
            (session_id,),
        )
        return load_link(rows[0]) if rows else None

    def prune(self, before: float, journal_before: float | None = None) -> int:
        with self._database.write() as connection:
            swept = sweep(connection, self._step)
            old = (before, self._step)
            with numbers_kept(connection):
                pruned = sum(connection.execute(kind, old).rowcount for kind in _PRUNE)
            older = (before if journal_before is None else journal_before, self._step)
            return swept + pruned + connection.execute(_PRUNE_JOURNAL, older).rowcount

    def close(self) -> None:
        self._database.close()


_PRUNE = (
    # Deliveries before their events. A dead letter is kept as long after its death as an event after it happened.
    """
    DELETE FROM deliveries WHERE number IN (
        SELECT deliveries.number FROM events JOIN deliveries ON deliveries.event = events.number
        WHERE at < ?1 AND state != 'pending' AND (state = 'done' OR next_at < ?1) ORDER BY at LIMIT ?2)
    """,
    PRUNE_ATTEMPTS,
    """
    DELETE FROM events WHERE number IN (
        SELECT number FROM events WHERE at < ?1
        AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event = events.number) ORDER BY at LIMIT ?2)
    """,
    """
    DELETE FROM received WHERE (session_id, message_id) IN (
        SELECT session_id, message_id FROM received WHERE at < ?1 LIMIT ?2)
    """,
    """
    DELETE FROM wanted_media WHERE number IN (SELECT number FROM wanted_media WHERE at < ?1 LIMIT ?2)
    """,
    """
    DELETE FROM links WHERE number IN (
        SELECT number FROM links WHERE coalesce(ended_at, expires_at) < ?1 LIMIT ?2)
    """,
    PRUNE_ALERTS,
)
_PRUNE_JOURNAL = """
    DELETE FROM journal WHERE number IN (
        SELECT number FROM journal WHERE handover NOT IN ('accepted', 'handed') AND accepted_at < ?1 LIMIT ?2)
"""
