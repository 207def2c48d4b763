"""What explanations are made of, in the SQLite store."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from wppmt.store.operator_records import Attempt
from wppmt.store.outbox_records import DeliveryState
from wppmt.store.records import EventRecord, JournalEntry
from wppmt.store.sqlite.database import Database
from wppmt.store.sqlite.rows import load_entry, load_event

WINDOW = 1000
"""Events whose bodies are looked through in one read: a few milliseconds."""


class SqliteStories:
    """The methods of wppmt.store.Store that only explanations need."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read = database.read

    def events_named(
        self, session_id: str, names: Sequence[str], since: float, limit: int
    ) -> Sequence[EventRecord]:
        rows = self._read(
            "SELECT * FROM events WHERE session_id = ?1 AND name IN (SELECT value FROM json_each(?2)) AND at >= ?3"
            " AND EXISTS (SELECT 1 FROM tallies WHERE session_id = ?1) ORDER BY sequence DESC LIMIT ?4",
            (session_id, json.dumps(list(names)), since, limit),
        )
        return [load_event(row) for row in reversed(rows)]

    def events_with(self, session_id: str, texts: Sequence[str]) -> Iterator[EventRecord]:
        bounds = self._read(
            "SELECT min(events.sequence), tallies.sequence FROM events JOIN tallies USING (session_id) WHERE session_id = ?",
            (session_id,),
        )
        oldest, newest = bounds[0]
        stands = " OR ".join("instr(body, CAST(? AS BLOB)) > 0" for _ in texts)
        for begin in range(oldest or 1, (newest or 0) + 1, WINDOW):
            rows = self._read(
                f"SELECT * FROM events WHERE session_id = ? AND sequence >= ? AND sequence < ? AND ({stands})"  # noqa: S608
                " ORDER BY sequence",
                (session_id, begin, begin + WINDOW, *texts),
            )
            yield from map(load_event, rows)

    def failed(self, session_id: str, since: float, limit: int) -> Sequence[JournalEntry]:
        # The first condition is that of the index by age.
        rows = self._read(
            "SELECT * FROM journal WHERE handover NOT IN ('accepted', 'handed') AND accepted_at >= ? AND session_id = ?"
            " AND handover IN ('failed', 'unknown') ORDER BY accepted_at DESC, number DESC LIMIT ?",
            (since, session_id, limit),
        )
        return [load_entry(row) for row in reversed(rows)]

    def attempts_of(self, session_id: str, event_ids: Sequence[str]) -> Sequence[Attempt]:
        rows = self._read(
            "SELECT events.id AS event_id, attempts.session_id, attempts.at, status, duration_ms, answer, error"
            " FROM events JOIN attempts ON attempts.event = events.number"
            " WHERE events.id IN (SELECT value FROM json_each(?)) AND events.session_id = ?"
            " ORDER BY attempts.at, attempts.number",
            (json.dumps(list(event_ids)), session_id),
        )
        return [Attempt(**dict(row)) for row in rows]

    def troubled(self, session_id: str, since: float, limit: int) -> Sequence[str]:
        rows = self._read(
            "SELECT events.id, max(attempts.at) AS last FROM attempts JOIN events ON events.number = attempts.event"
            " WHERE attempts.session_id = ? AND attempts.at >= ? AND error != ''"
            " GROUP BY events.id ORDER BY last DESC LIMIT ?",
            (session_id, since, limit),
        )
        return [row["id"] for row in rows]

    def delivery_states(self, session_id: str, event_ids: Sequence[str]) -> Mapping[str, DeliveryState]:
        rows = self._read(
            "SELECT events.id, state FROM events JOIN deliveries ON deliveries.event = events.number"
            " WHERE events.id IN (SELECT value FROM json_each(?)) AND events.session_id = ?",
            (json.dumps(list(event_ids)), session_id),
        )
        return {row["id"]: DeliveryState(row["state"]) for row in rows}
