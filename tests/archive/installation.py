"""An installation's folders as a daemon leaves them."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection, connect
from typing import Any

from wppmt.archive.arrival import read_archive
from wppmt.archive.manifest import Manifest
from wppmt.archive.place import Place
from wppmt.archive.writing import write_archive
from wppmt.domain.process import Process
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.operator_records import Attempt
from wppmt.store.outbox_records import DeliveryState, Lane, SigningSecrets
from wppmt.store.records import EventDraft, JournalEntry, SendState, SessionRecord
from wppmt.store.sqlite.store import SqliteStore

KEY = b"0123456789abcdef0123456789abcdef"
NOW = 1_790_000_000.0
ENDPOINT = "http://turbozap.test/webhook"
LOGIN = {
    "Local State": b"{}",
    "Default/Cookies": b"cookies",
    "Default/Local Storage/leveldb/CURRENT": b"MANIFEST-000001\n",
    "Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb/CURRENT": b"MANIFEST-000001\n",
    "Default/Preferences": b'{"extensions": {"last_chrome_version": "156.0.8078.79"}}',
}
OF_CHROME_ALONE = {"Last Version": b"156.0.8078.79", "Default/Cache/data": b"not needed", ".writer.lock": b""}


class Installation:
    def __init__(self, folder: Path) -> None:
        state = folder / "state"
        self.place = Place(state / "wppmt.sqlite", folder / "tokens", state / "media/out")
        self.place.tokens.mkdir(parents=True, exist_ok=True)
        self.backups = folder / "backups"
        self.store = SqliteStore(self.place.database)

    def happens(self, session_id: str, times: int, endpoint: str | None = None) -> None:
        """So many events of the session."""
        with self.store.transaction() as transaction:
            transaction.save(self.store.session(session_id) or SessionRecord(session_id, 1.0))
            for number in range(times):
                event = f"evt_{session_id}_{self.store.last_sequence(session_id)}_{number}"
                payload = {"message": {"body": f"olá {number}"}}
                transaction.record(session_id, EventDraft(event, "message_received", NOW, payload, endpoint))

    def back_up(self, session_id: str = "loja", key: bytes = KEY) -> tuple[Path, Manifest]:
        return write_archive(self.place, session_id, self.place.profile(session_id), self.backups, key, NOW)

    def take_in(self, archive: Path, key: bytes = KEY, chrome: str = "156.0.1.1") -> None:
        with archive.open("rb") as file, read_archive(file, key, self.place, chrome) as arrival:
            arrival.install()

    def login(self, session_id: str = "loja") -> dict[str, bytes]:
        profile = self.place.profile(session_id)
        return {
            str(path.relative_to(profile)): path.read_bytes() for path in profile.rglob("*") if path.is_file()
        }

    def rows(self, session_id: str = "loja") -> dict[str, list[dict[str, Any]]]:
        """Of every table that names a session; without the numbers that an installation gives for itself."""
        with closing(connect(self.place.database)) as connection:
            found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            return {table: _rows(connection, table, session_id) for [table] in found}

    def leftovers(self) -> list[str]:
        """Files and folders that no session's work leaves."""
        hidden = [*self.place.tokens.glob(".*"), *self.backups.glob(".*"), *self.place.staging.glob("*")]
        return sorted(path.name for path in hidden if path.name != ".daemon.lock")


def _rows(connection: Connection, table: str, session_id: str) -> list[dict[str, Any]]:
    cursor = connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - names of ours
    columns = [column[0] for column in cursor.description]
    owner = next((name for name in ("session_id", "id") if name in columns), None)
    found = [dict(zip(columns, row, strict=True)) for row in cursor]
    return [
        {name: value for name, value in row.items() if name not in {"number", "event"}}
        for row in found
        if owner and row[owner] == session_id
    ]


def fill(here: Installation) -> None:
    """`loja` has an event delivered, one dead, two waiting; a sent message with a key, and one that waits with its file."""
    here.happens("padaria", 2, ENDPOINT)
    here.happens("loja", 5, ENDPOINT)
    here.happens("padaria", 2)
    store, waiting = here.store, here.place.outgoing / "photo"
    waiting.parent.mkdir(parents=True)
    waiting.write_bytes(b"photo")
    lane = Lane(ENDPOINT, "loja")
    first = store.first_attempt(lane)
    assert first is not None
    second = store.first_attempt(lane, first.number)
    assert second is not None
    store.settle(
        [
            replace(first, attempts=1, state=DeliveryState.DONE),
            replace(second, attempts=4, state=DeliveryState.DEAD),
        ],
        [Attempt(first.event.id, "loja", NOW, 200, 12, "ok")],
    )
    with store.transaction() as transaction:
        transaction.save(
            SessionRecord(
                "loja", 1.0, state=State.CONNECTED, reason=Reason.READY, has_login=True, phone="5511999990001",
                messages_sent=7, generation=9, process=Process(1, 1, "page", "session"), page="p", page_event=3,
            )
        )  # fmt: skip
        transaction.save_secrets("loja", SigningSecrets("whsec_a", (("whsec_b", NOW),)))
        transaction.journal(
            JournalEntry("loja", "3EB01", "5511999990002@c.us", "text", {"text": "oi"}, SendState.SENT, 1, NOW, key="k1", fingerprint="f1")
        )  # fmt: skip
        transaction.journal(
            JournalEntry(
                "loja", "3EB02", "5511999990002@c.us", "image", {"path": str(waiting)}, accepted_at=NOW
            )
        )
        transaction.remember_received("loja", "m1", NOW)
        transaction.chat_key("loja", ["5511999990002@c.us", "9988@lid"])
        transaction.want_media("loja", "m1", NOW)
    profile = here.place.profile("loja")
    for name, content in (LOGIN | OF_CHROME_ALONE).items():
        (profile / name).parent.mkdir(parents=True, exist_ok=True)
        (profile / name).write_bytes(content)


def payload(row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(row["payload"])
    return found
