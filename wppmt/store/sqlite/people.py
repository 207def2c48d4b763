"""What the database holds about one person: found whatever the table, and erased beside a daemon that goes on.

A connection of its own: the store's are the daemon's. Its transactions are small, so that nobody waits for them.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from wppmt.domain.actions import Action
from wppmt.store.operator_records import AuditEntry
from wppmt.store.sqlite.operator_rows import save_audit
from wppmt.store.sqlite.rows import erased_key, load_session

BUSY_SECONDS = 10.0
STEP = 100
"""Rows of one transaction."""
CHECKPOINTS = 20
CHECKPOINT_PAUSE = 0.25

PERSONAL: Mapping[str, tuple[str, ...]] = {
    "events": ("body",),
    "journal": ("recipient", "contact", "payload", "reference"),
    "wanted_media": ("message_id",),
    "chat_names": ("name", "key"),
    "received": ("message_id",),
}
"""Each table that may hold something about a contact, with the columns that may name one."""
FOLLOWING = {"deliveries": "event", "attempts": "event"}
"""Go with the row of `events` that the column names."""
IMPERSONAL = frozenset(
    {
        "sessions",  # of the account's owner
        "links",
        "alerts",  # of endpoints and sessions
        "history",
        "secrets",
        "stopped_lanes",
        "tallies",
        "forgotten",
        "event_numbers",
        "compatibility",
        "api_keys",
        "audit",  # of operators, and never of a contact
        "departures",
        "incoming",  # its archive names people, and goes with the move
    }
)
_ENVELOPE = ("event", "sessionId", "timestamp", "id", "sequence", "schemaVersion")

Row = dict[str, Any]
IsAbout = Callable[[str | bytes | None], bool]


class People:
    """Rows of the sessions `sessions` that name a person. Raises sqlite3.Error."""

    def __init__(self, path: Path, sessions: Sequence[str], is_about: IsAbout) -> None:
        self._path = path
        self._sessions = json.dumps(list(sessions))
        self._is_about = is_about

    def names(self) -> set[str]:
        """All that WhatsApp calls whom the person is called, as far as it was seen."""
        with self._open() as connection:
            theirs = self._select("session_id, key", "chat_names")
            rows = connection.execute(
                f"SELECT name FROM chat_names WHERE (session_id, key) IN ({theirs})",  # noqa: S608 - names of ours
                {"sessions": self._sessions},
            )
            return {row["name"] for row in rows}

    def rows(self, table: str) -> Iterator[Row]:
        """As they are, in order."""
        with self._open() as connection:
            yield from map(dict, connection.execute(self._select("*", table), {"sessions": self._sessions}))

    def following(self, table: str, events: Sequence[int]) -> list[Row]:
        """What one of FOLLOWING has of these events, by the events' numbers."""
        with self._open() as connection:
            found = connection.execute(
                f"SELECT * FROM {table} WHERE {FOLLOWING[table]} IN (SELECT value FROM json_each(?))",  # noqa: S608 - names of ours
                (json.dumps(events),),
            )
            return list(map(dict, found))

    def under_way(self) -> list[str]:
        """Sessions in which a message to the person is being sent, or a file of theirs is being brought."""
        with self._open() as connection:
            rows = connection.execute(
                self._select("session_id", "journal") + " AND handover IN ('accepted', 'handed')"
                " UNION " + self._select("session_id", "wanted_media"),
                {"sessions": self._sessions},
            )
            return sorted(row["session_id"] for row in rows)

    def erase(self) -> dict[str, int]:
        """How many rows of each table. An event keeps its place in the log, and nothing but its envelope."""
        with self._open() as connection:
            connection.execute("PRAGMA secure_delete = ON")
            erased = dict.fromkeys([*PERSONAL, *FOLLOWING], 0)
            for table in PERSONAL:
                if table not in {"events", "received"}:
                    erased[table] = self._delete(connection, table)
            erased["received"] = self._forget_names(connection)
            numbers = self._keys(connection, "events")
            for step in _steps(numbers):
                for table, count in self._empty(connection, [number for (number,) in step]).items():
                    erased[table] += count
            erased["events"] = len(numbers)
            _fold(connection)
        return erased

    def note_erasure(self, now: float, who: str, receipt: str) -> None:
        """In the audit trail, which never names a person: for each of the sessions."""
        with self._open() as connection, _committed(connection):
            for session_id in json.loads(self._sessions):
                entry = AuditEntry(now, Action.ERASE_PERSON, who, session_id=session_id, target=receipt)
                save_audit(connection, entry)

    def rewrite(self, most_bytes: float) -> bool:
        """Write the database anew, unless it is larger: what rows were before they changed lies between the rows.

        Nobody commits meanwhile, about a second for each 100 MB. False when it was not done.
        """
        if self._path.stat().st_size > most_bytes:
            return False
        with self._open() as connection:
            try:
                connection.execute("VACUUM")
            except sqlite3.OperationalError:
                return False
            return _fold(connection)

    def _delete(self, connection: sqlite3.Connection, table: str) -> int:
        keys = self._keys(connection, table)
        key = " AND ".join(f"{column} = ?" for column in _primary_key(connection, table))
        for step in _steps(keys):
            with _committed(connection):
                connection.executemany(f"DELETE FROM {table} WHERE {key}", step)  # noqa: S608 - names of ours
        return len(keys)

    def _forget_names(self, connection: sqlite3.Connection) -> int:
        """Of received messages the ids stay, or what was erased would be told of anew, as missed."""
        keys = self._keys(connection, "received")
        for step in _steps(keys):
            with _committed(connection):
                connection.executemany(
                    "UPDATE OR REPLACE received SET message_id = ? WHERE session_id = ? AND message_id = ?",
                    [(erased_key(key), session_id, key) for session_id, key in step],
                )
        return len(keys)

    def _empty(self, connection: sqlite3.Connection, numbers: Sequence[int]) -> dict[str, int]:
        """Returns how many rows of each table in FOLLOWING went with these events."""
        wanted = json.dumps(numbers)
        with _committed(connection):
            gone = {
                table: connection.execute(
                    f"DELETE FROM {table} WHERE {event} IN (SELECT value FROM json_each(?))",  # noqa: S608 - names of ours
                    (wanted,),
                ).rowcount
                for table, event in FOLLOWING.items()
            }
            bodies = connection.execute(
                "SELECT number, body FROM events WHERE number IN (SELECT value FROM json_each(?))", (wanted,)
            ).fetchall()
            connection.executemany(
                "UPDATE events SET body = ? WHERE number = ?",
                [(_emptied(row["body"]), row["number"]) for row in bodies],
            )
            return gone

    def _keys(self, connection: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
        columns = ", ".join(_primary_key(connection, table))
        return [
            tuple(row)
            for row in connection.execute(self._select(columns, table), {"sessions": self._sessions})
        ]

    def _select(self, columns: str, table: str) -> str:
        return f"SELECT {columns} FROM {table} WHERE {self._of_person(table)}"  # noqa: S608 - names of ours

    @staticmethod
    def _of_person(table: str) -> str:
        named = " OR ".join(f"is_about({column})" for column in PERSONAL[table])
        return f"session_id IN (SELECT value FROM json_each(:sessions)) AND ({named})"  # noqa: S608 - names of ours

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(
            f"file:{self._path}?mode=rw", uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )
        try:
            connection.row_factory = sqlite3.Row
            connection.create_function("is_about", 1, self._is_about, deterministic=True)
            yield connection
        finally:
            connection.close()


def _primary_key(connection: sqlite3.Connection, table: str) -> list[str]:
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    return [row["name"] for row in sorted(columns, key=lambda row: row["pk"]) if row["pk"]]


def _steps(keys: Sequence[tuple[Any, ...]]) -> Iterator[Sequence[tuple[Any, ...]]]:
    for begin in range(0, len(keys), STEP):
        yield keys[begin : begin + STEP]


@contextmanager
def _committed(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _emptied(body: bytes) -> bytes:
    event = json.loads(body)
    kept = {name: event[name] for name in _ENVELOPE if name in event}
    return json.dumps(kept | {"erased": True}, ensure_ascii=False, separators=(",", ":")).encode()


def _fold(connection: sqlite3.Connection) -> bool:
    """The write-ahead log still holds what the pages held before; a reader may be in the way for a moment."""
    for _ in range(CHECKPOINTS):
        [is_busy, *_] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if not is_busy:
            return True
        time.sleep(CHECKPOINT_PAUSE)
    return False


def own_numbers(path: Path) -> dict[str, set[str]]:
    """Each session of the registry, with the numbers that it has or last had. Raises sqlite3.Error."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_SECONDS)) as connection:
        records = [
            load_session(text) for (text,) in connection.execute("SELECT record FROM sessions ORDER BY id")
        ]
    return {record.id: {record.phone, record.last_phone} - {""} for record in records}
