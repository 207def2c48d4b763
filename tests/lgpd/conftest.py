"""A state folder as a daemon leaves it: two sessions, two people, messages, files and a copy of a login."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from wppmt.browser.profile.snapshots import Snapshots
from wppmt.lgpd.holdings import Folders, Holdings
from wppmt.lgpd.person import Person
from wppmt.media.received import ReceivedMediaFiles
from wppmt.store.operator_records import Attempt
from wppmt.store.records import EventDraft, JournalEntry, SendState, SessionRecord
from wppmt.store.sqlite.store import SqliteStore

MARIA, MARIA_WITHOUT_NINE, JOAO = "5511999990001", "551199990001", "5511999990002"
MARIAS_HIDDEN_ID = "99887766554433@lid"
OWN = {"a": "5511988880001", "b": "5511988880002"}
ENDPOINT = "http://turbozap.test/webhook"
SECRET = "assunto-reservado"


@dataclass
class Installation:
    state: Path
    store: SqliteStore
    folders: Folders

    def holdings(self, number: str = MARIA, sessions: tuple[str, ...] = ("a", "b")) -> Holdings:
        return Holdings(self.folders, sessions, Person.of(number))

    def bodies(self, session_id: str) -> list[dict[str, Any]]:
        return [json.loads(event.body) for event in self.store.events_after(session_id, 0, 100)]

    def all_bytes(self) -> bytes:
        """Of every file in the state folder."""
        return b"".join(path.read_bytes() for path in sorted(self.state.rglob("*")) if path.is_file())


def received(session_id: str, number: int, chat: str, names: list[str], text: str) -> EventDraft:
    message = {
        "id": f"3EB0{session_id.upper()}{number}", "messageId": f"false_{names[0]}_3EB0{number}", "from": chat, "body": text,
    }  # fmt: skip
    return EventDraft(
        f"evt_{session_id}{number}", "message_received", 100.0 + number, {"message": message}, ENDPOINT
    )


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    state = tmp_path / "state"
    store = SqliteStore(state / "wppmt.sqlite")
    media = ReceivedMediaFiles(
        state / "media/in", limit=10**6, quota=10**7, keep_seconds=1e12, now=lambda: 1000.0
    )
    folders = Folders(
        state / "wppmt.sqlite", media, state / "media/out", Snapshots(state / "logins", 3), tmp_path / "logs"
    )
    (state / "media/out").mkdir(parents=True)
    for session_id, own in OWN.items():
        with store.transaction() as transaction:
            transaction.save(SessionRecord(session_id, 1.0, since=1.0, phone=own, last_phone=own))
    _fill(store, media, state)
    yield Installation(state, store, folders)
    store.close()


def _fill(store: SqliteStore, media: ReceivedMediaFiles, state: Path) -> None:
    maria, joao = f"{MARIA}@c.us", f"{JOAO}@c.us"
    with store.transaction() as transaction:
        transaction.chat_key("a", [MARIAS_HIDDEN_ID, f"{MARIA_WITHOUT_NINE}@c.us"])
        transaction.record("a", received("a", 1, maria, [maria], f"{SECRET} um"))
        transaction.record("a", received("a", 2, joao, [joao], "bom dia"))
        transaction.record("a", received("a", 3, MARIAS_HIDDEN_ID, [MARIAS_HIDDEN_ID], f"{SECRET} dois"))
        transaction.record("b", received("b", 4, maria, [maria], f"{SECRET} três"))
        transaction.record(
            "a", EventDraft("evt_a5", "message_ack", 105.0, {"messageId": "3EB0S1", "to": maria})
        )
        for number, to in enumerate((maria, joao), 1):
            transaction.journal(
                JournalEntry(
                    "a", f"3EB0S{number}", to, "text", {"text": f"{SECRET} oi", "path": str(state / "media/out/x")}
                    if to == maria else {"text": "oi"}, state=SendState.SENT, key=f"k{number}", reference="pedido 7",
                )
            )  # fmt: skip
        transaction.want_media("b", f"false_{maria}_3EB09", 1.0)
        transaction.remember_received("a", f"{maria} {maria} 3EB0A1", 1.0)
        transaction.remember_received("a", f"{joao} {joao} 3EB0A2", 1.0)
    told = [("evt_a1", f"{SECRET} {MARIA}"), ("evt_a2", "ok"), ("evt_b4", None)]
    store.settle([], [Attempt(event, event[4], 101.0, 500, 35, said) for event, said in told])
    (state / "media/out/x").write_bytes(b"foto-enviada")
    for number, chat in ((1, maria), (2, joao)):
        draft = media.draft("a")
        draft.write_bytes(f"foto-{number}".encode())
        media.keep(draft, f"3EB0A{number}", [chat], "image/jpeg", "../foto.jpg")
    group = media.draft("a")
    group.write_bytes(b"no-grupo")
    media.keep(group, "3EB0A3", ["12036302@g.us"], "image/png", None)
    profile = state.parent / "profile"
    (profile / "Default/IndexedDB").mkdir(parents=True)
    (profile / "Default/IndexedDB/1").write_bytes(f"conversa {MARIA}".encode())
    for session_id in OWN:
        Snapshots(state / "logins", 3).take(session_id, profile)
