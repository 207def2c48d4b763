"""All that this installation holds about one person: rows, files, copies of logins in which WhatsApp's page may name them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wppmt.browser.profile.snapshots import Snapshots
from wppmt.lgpd.person import Person
from wppmt.media.received import KeptMedia, ReceivedMediaFiles
from wppmt.store.sqlite.people import FOLLOWING, PERSONAL, People, Row


@dataclass(frozen=True)
class Folders:
    """Where to look."""

    database: Path
    received: ReceivedMediaFiles
    outgoing: Path
    """Files of messages that are on their way out."""
    copies: Snapshots
    logs: Path


@dataclass(frozen=True)
class Held:
    """What was found, by session where it has one."""

    rows: dict[str, list[Row]]
    """By table."""
    media: dict[str, list[KeptMedia]]
    """By session: what came in."""
    outgoing: list[Path]

    @property
    def sessions(self) -> list[str]:
        """In which there is anything."""
        in_rows = {row["session_id"] for rows in self.rows.values() for row in rows}
        return sorted(in_rows | {session_id for session_id, files in self.media.items() if files})

    def count_files(self) -> int:
        return sum(map(len, self.media.values())) + len(self.outgoing)

    @property
    def is_empty(self) -> bool:
        return not self.sessions


class Holdings:
    """Of the sessions that are named. Raises sqlite3.Error and OSError."""

    def __init__(self, folders: Folders, sessions: Sequence[str], person: Person) -> None:
        self._folders = folders
        self._sessions = sessions
        by_number = People(folders.database, sessions, person.is_named_in)
        self.person = person.also(by_number.names())
        self._people = People(folders.database, sessions, self.person.is_named_in)

    def under_way(self) -> list[str]:
        """Sessions in which a message of the person is in the hands of a daemon right now."""
        return self._people.under_way()

    def find(self) -> Held:
        rows = {table: list(self._people.rows(table)) for table in PERSONAL}
        events = [event["number"] for event in rows["events"]]
        rows |= {table: self._people.following(table, events) for table in FOLLOWING}
        media = {session_id: self._media_of(session_id, rows["events"]) for session_id in self._sessions}
        return Held(rows, media, self._outgoing(rows["journal"]))

    def erase(self) -> dict[str, int]:
        """How much of each kind. Files first: their names are found by the rows."""
        held = self.find()
        for files in held.media.values():
            for kept in files:
                self._folders.received.erase(kept)
        for path in held.outgoing:
            path.unlink(missing_ok=True)
        copies = [session_id for session_id in held.sessions if self._folders.copies.latest(session_id)]
        for session_id in held.sessions:
            self._folders.copies.forget(session_id)
        return {**self._people.erase(), "files": held.count_files(), "loginCopies": len(copies)}

    def note_erasure(self, sessions: Sequence[str], now: float, who: str, receipt: Path) -> None:
        """In the audit trail of these sessions."""
        People(self._folders.database, sessions, self.person.is_named_in).note_erasure(now, who, receipt.name)

    def rewrite(self, most_bytes: float) -> bool:
        """Leave no trace in the database file, either. False when it was not done: it is larger, or in use."""
        return self._people.rewrite(most_bytes)

    def logs_that_name(self) -> list[Path]:
        """Log files in which the number stands: only with LOG_LEVEL=debug, where it is not masked."""
        files = sorted(path for path in self._folders.logs.glob("*") if path.is_file())
        return [path for path in files if _names(path, self.person)]

    def _media_of(self, session_id: str, events: Sequence[Row]) -> list[KeptMedia]:
        ids = {_message_id(row["body"]) for row in events if row["session_id"] == session_id} - {""}
        return self._folders.received.of_person(session_id, ids, self.person.is_named_in)

    def _outgoing(self, journal: Sequence[Row]) -> list[Path]:
        """Of the files that a payload names, those in our own folder."""
        named = [Path(str(json.loads(row["payload"]).get("path") or "/")) for row in journal]
        return [path for path in named if path.parent == self._folders.outgoing and path.is_file()]


def _message_id(body: bytes) -> str:
    message: Any = json.loads(body).get("message")
    return str(message.get("id", "")) if isinstance(message, dict) else ""


def _names(path: Path, person: Person) -> bool:
    with path.open("rb") as lines:
        return any(map(person.is_named_in, lines))
