"""The outbox in the SQLite store: pending, settled and dead deliveries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from wppmt.store.operator_records import Attempt
from wppmt.store.outbox_records import (
    Backlog,
    DeadLetterFilter,
    DeadLetterOrder,
    Delivery,
    Lane,
    LaneTip,
    Trimmed,
    WebhookCounts,
)
from wppmt.store.records import ALERTS
from wppmt.store.sqlite.attempts import save_attempts
from wppmt.store.sqlite.database import Database
from wppmt.store.sqlite.forgetting import ALL
from wppmt.store.sqlite.rows import DELIVERY, load_delivery

FOREVER = 1e12
"""Epoch seconds after every event."""

_LANES = """
    SELECT endpoint, session_id, max(newest) AS newest FROM (
        SELECT endpoint, session_id, max(number) AS newest FROM deliveries INDEXED BY first_attempts
        WHERE state = 'pending' AND attempts = spent GROUP BY endpoint, session_id
        UNION ALL
        SELECT endpoint, session_id, max(number) AS newest FROM deliveries INDEXED BY retries
        WHERE state = 'pending' AND attempts > spent GROUP BY endpoint, session_id
    ) GROUP BY endpoint, session_id ORDER BY newest
"""
_LANES_BEHIND = """
    SELECT endpoint, session_id, max(number) AS newest FROM deliveries NOT INDEXED
    WHERE number > ? AND state = 'pending' GROUP BY endpoint, session_id ORDER BY newest
"""
# Of each lane the delivery with the smallest number, by its indexes alone; then the events of these.
_WAITING_SINCE = """
    SELECT deliveries.session_id AS session_id, min(at) AS at FROM (
        SELECT min(number) AS oldest FROM deliveries INDEXED BY first_attempts
        WHERE state = 'pending' AND attempts = spent GROUP BY endpoint, session_id
        UNION ALL
        SELECT min(number) FROM deliveries INDEXED BY retries
        WHERE state = 'pending' AND attempts > spent GROUP BY endpoint, session_id
    ) JOIN deliveries ON deliveries.number = oldest JOIN events ON events.number = event
    GROUP BY deliveries.session_id
"""
_REPLAY = """
    INSERT INTO deliveries
        (event, session_id, name, endpoint, attempts, spent, replays, next_at, state, last_status, last_error)
    SELECT event, session_id, name, coalesce(nullif(:endpoint, ''), endpoint), attempts, attempts, replays + 1,
        :at, 'pending', last_status, last_error
    FROM deliveries WHERE number = :number
"""
_SURPLUS = """
    SELECT number FROM deliveries INDEXED BY pending_but_messages
    WHERE session_id = ? AND state = 'pending' AND name != 'message_received'
    ORDER BY name != 'qr_code', number LIMIT ?
"""
# First attempts have been due the longer the smaller their number: looking at `limit` of them is enough.
_DUE_FIRSTS = """
    SELECT number FROM (
        SELECT number, next_at FROM deliveries INDEXED BY first_attempts
        WHERE endpoint = ? AND session_id = ? AND state = 'pending' AND attempts = spent AND number <= ?
        ORDER BY number LIMIT ?
    ) WHERE next_at < ?
"""
_DUE_RETRIES = """
    SELECT number FROM deliveries INDEXED BY retries
    WHERE endpoint = ? AND session_id = ? AND state = 'pending' AND attempts > spent AND next_at < ? AND number <= ?
    ORDER BY next_at LIMIT ?
"""
TRIM_STEP = 500
TOO_MUCH = "Entregas demais na fila da sessão"


class SqliteOutbox:
    """The methods of wppmt.store.Store that only the webhook actor and the dead letters' routes need."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read = database.read

    def lanes(self, after: int = 0) -> Sequence[LaneTip]:
        # From the start the pending ones by their own indexes; later, off any index, the rows behind the cursor.
        rows = self._read(_LANES_BEHIND if after else _LANES, (after,) if after else ())
        return [LaneTip(Lane(row["endpoint"], row["session_id"]), row["newest"]) for row in rows]

    def first_attempt(self, lane: Lane, after: int = 0) -> Delivery | None:
        rows = self._read(
            f"SELECT {DELIVERY} WHERE endpoint = ? AND deliveries.session_id = ?"
            " AND state = 'pending' AND attempts = spent AND deliveries.number > ?"
            " ORDER BY deliveries.number LIMIT 1",
            (lane.endpoint, lane.session_id, after),
        )
        return load_delivery(rows[0]) if rows else None

    def retry(
        self, lane: Lane, besides: Collection[int] = (), *, after: int = 0, horizon: float = FOREVER
    ) -> Delivery | None:
        query = (
            f"SELECT {DELIVERY} WHERE endpoint = ? AND deliveries.session_id = ?"
            f" AND state = 'pending' AND attempts > spent AND next_at > ? AND deliveries.number > ?"
            f" AND deliveries.number NOT IN ({', '.join('?' * len(besides))}) ORDER BY next_at LIMIT 1"
        )
        for moment in (horizon, -FOREVER):
            if rows := self._read(query, (lane.endpoint, lane.session_id, moment, after, *besides)):
                return load_delivery(rows[0])
        return None

    def settle(self, deliveries: Sequence[Delivery], attempts: Sequence[Attempt] = ()) -> None:
        # What a power cut undoes here is sent again, with the same id.
        with self._database.write(durable=False) as connection:
            connection.executemany(
                "UPDATE deliveries SET attempts = ?, next_at = ?, state = ?, last_status = ?, last_error = ?"
                " WHERE number = ? AND (state = 'pending' OR ? = 'done')",
                [
                    (d.attempts, d.next_at, d.state, d.last_status, d.last_error, d.number, d.state)
                    for d in deliveries
                ],
            )
            save_attempts(connection, attempts)

    def dead_letters(self, which: DeadLetterFilter, after: int = 0, limit: int = 100) -> Sequence[Delivery]:
        where, values = _dead(which)
        rows = self._read(
            f"SELECT {DELIVERY} WHERE {where} AND deliveries.number > ? ORDER BY deliveries.number LIMIT ?",
            (*values, after, limit),
        )
        return [load_delivery(row) for row in rows]

    def count_dead_letters(self, which: DeadLetterFilter, most: int | None = None) -> int:
        where, values = _dead(which)
        [[count]] = self._read(
            "SELECT count(*) FROM (SELECT 1 FROM deliveries JOIN events ON events.number = event"  # noqa: S608
            f" WHERE {where} LIMIT ?)",
            (*values, ALL if most is None else most),
        )
        return int(count)

    def dead_letter(self, batch: DeadLetterOrder, at: float, limit: int) -> int:
        lane = (batch.lane.endpoint, batch.lane.session_id)
        due = min(batch.due_before, FOREVER)
        with self._database.write() as connection:
            numbers = connection.execute(_DUE_FIRSTS, (*lane, batch.up_to, limit, due)).fetchall()
            room = (*lane, due, batch.up_to, limit - len(numbers))
            numbers += connection.execute(_DUE_RETRIES, room).fetchall()
            connection.executemany(
                "UPDATE deliveries SET state = 'dead', next_at = ?, last_error = ? WHERE number = ?",
                [(at, batch.error, number) for [number] in numbers],
            )
        return len(numbers)

    def replay(self, which: DeadLetterFilter, at: float, endpoint: str = "", limit: int = 500) -> int:
        where, values = _dead(which)
        with self._database.write() as connection:
            numbers = connection.execute(
                f"SELECT deliveries.number FROM deliveries JOIN events ON events.number = event WHERE {where}"  # noqa: S608
                " ORDER BY deliveries.number LIMIT ?",
                (*values, limit),
            ).fetchall()
            for [number] in numbers:
                connection.execute(_REPLAY, {"number": number, "at": at, "endpoint": endpoint})
                connection.execute("DELETE FROM deliveries WHERE number = ?", (number,))
        return len(numbers)

    def trim(self, most: int, at: float) -> Sequence[Trimmed]:
        found = self._read("SELECT session_id, pending FROM tallies WHERE pending > ?", (most,))
        return [
            self._trim(row["session_id"], row["pending"], min(row["pending"] - most, TRIM_STEP), at)
            for row in found
        ]

    def _trim(self, session_id: str, pending: int, surplus: int, at: float) -> Trimmed:
        with self._database.write() as connection:
            numbers = connection.execute(_SURPLUS, (session_id, surplus)).fetchall()
            dropped = connection.executemany(
                "DELETE FROM deliveries WHERE number = ? AND name = 'qr_code'", numbers
            ).rowcount
            dead_lettered = connection.executemany(
                "UPDATE deliveries SET state = 'dead', next_at = ?, last_error = ? WHERE number = ?",
                [(at, TOO_MUCH, number) for [number] in numbers],
            ).rowcount
        return Trimmed(session_id, pending, max(dropped, 0), max(dead_lettered, 0))

    def webhook_counts(self, session_id: str | None = None) -> WebhookCounts:
        [row] = self._read(
            "SELECT coalesce(sum(pending), 0), coalesce(sum(dead), 0) FROM tallies"
            # What goes to the operator is no session's.
            " WHERE session_id = ?1 OR (?1 IS NULL AND session_id != ?2)",
            (session_id, ALERTS),
        )
        return WebhookCounts(*row)

    def webhook_backlogs(self) -> Sequence[Backlog]:
        rows = self._read(
            "SELECT session_id, pending, dead FROM tallies WHERE session_id != ? ORDER BY session_id",
            (ALERTS,),
        )
        oldest = self.waiting_since() if any(row["pending"] for row in rows) else {}
        return [Backlog(row[0], row["pending"], row["dead"], oldest.get(row[0])) for row in rows]

    def waiting_since(self) -> Mapping[str, float]:
        return {row["session_id"]: row["at"] for row in self._read(_WAITING_SINCE)}


def _dead(which: DeadLetterFilter) -> tuple[str, list[object]]:
    """The condition on deliveries and events that `which` asks for, made of fixed words only, and its values."""
    where = "state = 'dead' AND deliveries.session_id = ?"
    values: list[object] = [which.session_id]
    if which.event_ids:
        where += f" AND events.id IN ({', '.join('?' * len(which.event_ids))})"
        values += which.event_ids
    for column, value in (("deliveries.name", which.name), ("endpoint", which.endpoint)):
        if value:
            where += f" AND {column} = ?"
            values.append(value)
    if which.never_replayed:
        where += " AND replays = 0"
    return where + " AND at >= ? AND at < ?", [*values, which.since, min(which.until, FOREVER)]
