"""What the SQLite store keeps for whoever runs the service: keys, the audit trail."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence

from wppmt.domain.scopes import Scope
from wppmt.store.operator_records import ApiKey, AuditEntry
from wppmt.store.sqlite.database import Database

AUDIT_STEP = 500
"""Rows that are looked at when old ones are dropped."""


class SqliteRecords:
    """The methods of wppmt.store.Store that only the operator's routes need."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read = database.read

    def api_keys(self) -> Sequence[ApiKey]:
        rows = self._read("SELECT * FROM api_keys ORDER BY created_at, id")
        return [_load_api_key(row) for row in rows]

    def note_key_uses(self, used: Mapping[str, float]) -> None:
        with self._database.write(durable=False) as connection:
            connection.executemany(
                "UPDATE api_keys SET last_used_at = ? WHERE id = ?",
                [(at, key_id) for key_id, at in used.items()],
            )

    def audit_entries_after(
        self, after: int, limit: int, sessions: Collection[str] | None = None
    ) -> Sequence[AuditEntry]:
        rows = self._read(
            "SELECT * FROM audit WHERE id > ?1"
            " AND (?2 IS NULL OR session_id IN (SELECT value FROM json_each(?2))) ORDER BY id LIMIT ?3",
            (after, _listed(sessions), limit),
        )
        return [AuditEntry(**dict(row)) for row in rows]

    def last_audit_entries(
        self, limit: int, sessions: Collection[str] | None = None, since: float = 0.0
    ) -> Sequence[AuditEntry]:
        rows = self._read(
            "SELECT * FROM audit WHERE at >= ?1"
            " AND (?2 IS NULL OR session_id IN (SELECT value FROM json_each(?2))) ORDER BY id DESC LIMIT ?3",
            (since, _listed(sessions), limit),
        )
        return [AuditEntry(**dict(row)) for row in reversed(rows)]

    def drop_audit(self, before: float) -> int:
        with self._database.write() as connection:
            # From the oldest on: a clock that was set back leaves some for later.
            return connection.execute(
                "DELETE FROM audit WHERE id IN (SELECT id FROM audit ORDER BY id LIMIT ?) AND at < ?",
                (AUDIT_STEP, before),
            ).rowcount


def _listed(sessions: Collection[str] | None) -> str | None:
    return None if sessions is None else json.dumps(list(sessions))


def save_audit(connection: sqlite3.Connection, entry: AuditEntry) -> None:
    connection.execute(
        "INSERT INTO audit (at, action, who, address, session_id, target, request_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            entry.at,
            entry.action,
            entry.who,
            entry.address,
            entry.session_id,
            entry.target,
            entry.request_id,
        ),
    )


def save_api_key(connection: sqlite3.Connection, key: ApiKey) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO api_keys"
        " (id, digest, name, sessions, scopes, networks, created_at, expires_at, last_used_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            key.id,
            key.digest,
            key.name,
            None if key.sessions is None else json.dumps(sorted(key.sessions)),
            " ".join(sorted(key.scopes)),
            " ".join(key.networks),
            key.created_at,
            key.expires_at,
            key.last_used_at,
        ),
    )


def _load_api_key(row: sqlite3.Row) -> ApiKey:
    """A scope that only a later version gives is passed over: the key may do less."""
    known = set(Scope)
    return ApiKey(
        id=row["id"],
        digest=row["digest"],
        name=row["name"],
        sessions=None if row["sessions"] is None else frozenset(json.loads(row["sessions"])),
        scopes=frozenset(Scope(word) for word in row["scopes"].split() if word in known),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        networks=tuple(row["networks"].split()),
        last_used_at=row["last_used_at"],
    )
