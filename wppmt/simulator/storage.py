"""The state folder: one SQLite table of records and a folder of media. A killed process loses nothing."""

import dataclasses
import json
import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any


class Changes:
    """Collects what the pure parts changed since the last commit. A later change to the same key replaces it."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], str | None] = {}

    def put(self, table: str, key: str, record: Any) -> None:
        row = record if isinstance(record, dict) else dataclasses.asdict(record)
        self._rows[table, key] = json.dumps(row, separators=(",", ":"))

    def delete(self, table: str, key: str) -> None:
        self._rows[table, key] = None

    def drain(self) -> dict[tuple[str, str], str | None]:
        rows, self._rows = self._rows, {}
        return rows


class Storage:
    def __init__(self, folder: Path) -> None:
        self._media = folder / "media"
        self._media.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._db = sqlite3.connect(folder / "simulator.sqlite3", isolation_level=None)
        # NORMAL survives the death of the process; only a power cut could cost the last commits.
        self._db.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
            "CREATE TABLE IF NOT EXISTS records ("
            "  seq INTEGER PRIMARY KEY, kind TEXT, key TEXT, value TEXT, UNIQUE (kind, key));"
        )

    def load(self, table: str) -> Iterator[Any]:
        """The records of a table, oldest first, as plain JSON."""
        query = "SELECT value FROM records WHERE kind = ? ORDER BY seq"
        for (value,) in self._db.execute(query, (table,)):
            yield json.loads(value)

    def save(self, rows: dict[tuple[str, str], str | None]) -> None:
        """Writes all changes in one transaction."""
        if not rows:
            return
        self._db.execute("BEGIN IMMEDIATE")
        for (table, key), value in rows.items():
            if value is None:
                self._db.execute("DELETE FROM records WHERE kind = ? AND key = ?", (table, key))
            else:
                self._db.execute(
                    "INSERT INTO records (kind, key, value) VALUES (?, ?, ?)"
                    " ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value",
                    (table, key, value),
                )
        self._db.execute("COMMIT")

    def clear(self) -> None:
        self._db.execute("DELETE FROM records")
        for path in self._media.iterdir():
            path.unlink()

    def put_media(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """Stores bytes under their SHA-256; answers the hex digest and the size."""
        digest, size = sha256(), 0
        handle, temporary = tempfile.mkstemp(dir=self._media)
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
        Path(temporary).replace(self._media / digest.hexdigest())
        return digest.hexdigest(), size

    def media_path(self, sha256_hex: str) -> Path | None:
        path = self._media / sha256_hex
        return path if path.is_file() else None

    def close(self) -> None:
        self._db.close()
