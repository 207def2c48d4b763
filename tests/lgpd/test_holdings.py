"""Everything about a person is found, everything is erased, and nothing of anybody else."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.lgpd.conftest import JOAO, MARIA, MARIA_WITHOUT_NINE, MARIAS_HIDDEN_ID, SECRET, Installation
from wppmt.lgpd import archive, receipt
from wppmt.lgpd.person import Person
from wppmt.store.records import JournalEntry, SendState
from wppmt.store.sqlite.people import FOLLOWING, IMPERSONAL, PERSONAL


def test_a_person_is_named_by_whole_numbers_only():
    maria = Person.of(MARIA).also({MARIAS_HIDDEN_ID, f"{JOAO}@c.us"})
    for text in (
        MARIA,
        f"{MARIA_WITHOUT_NINE}@c.us",
        f'"from": "{MARIA}@c.us"',
        f"false_{MARIAS_HIDDEN_ID}_3EB0",
    ):
        assert maria.is_named_in(text)
        assert maria.is_named_in(text.encode())
    others: tuple[str | None, ...] = (JOAO, f"1{MARIA}", f"{MARIA}2", "99887766554433@c.us", "", None)
    assert not any(map(maria.is_named_in, others))


def test_every_table_says_whether_it_holds_something_about_people(installation: Installation):
    connection = sqlite3.connect(installation.folders.database)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    connection.close()
    assert tables - {"sqlite_sequence"} == {*PERSONAL, *FOLLOWING, *IMPERSONAL}


def test_one_archive_holds_it_all(installation: Installation, tmp_path: Path):
    held = installation.holdings().find()
    path = tmp_path / "maria.zip"
    archive.write(path, held, MARIA, "1.2.3", 0.0)
    assert path.stat().st_mode & 0o777 == 0o600
    with ZipFile(path) as opened:
        names = set(opened.namelist())
        text = {name: opened.read(name).decode("utf-8", "replace") for name in names}
    assert names == {
        "LEIA-ME.txt", "manifesto.json", "a/events.jsonl", "a/journal.jsonl", "a/chat_names.jsonl", "a/received.jsonl", "a/deliveries.jsonl",
        "a/attempts.jsonl",
        "b/events.jsonl", "b/deliveries.jsonl", "b/attempts.jsonl", "b/wanted_media.jsonl", "a/midia/0002-foto.jpg", "enviados/x",
        "a/midia/0001-arquivo.png",
    }  # fmt: skip
    assert [json.loads(line)["body"]["sequence"] for line in text["a/events.jsonl"].splitlines()] == [1, 3, 4]
    assert "um" in text["a/events.jsonl"]
    assert "bom dia" not in "".join(text.values())
    assert JOAO not in "".join(text.values())
    assert json.loads(text["manifesto.json"])["counts"]["events"] == 4
    with pytest.raises(FileExistsError):
        archive.write(path, held, MARIA, "1.2.3", 0.0)


def test_one_session_alone(installation: Installation):
    held = installation.holdings(sessions=("b",)).find()
    assert held.sessions == ["b"]
    assert [row["session_id"] for row in held.rows["events"]] == ["b"]


@pytest.mark.parametrize("number", [MARIA, MARIA_WITHOUT_NINE])
def test_nothing_is_left_on_the_disk(installation: Installation, number: str):
    before = installation.all_bytes()
    erased = installation.holdings(number).erase()
    assert erased == {
        "events": 4, "journal": 1, "wanted_media": 1, "chat_names": 2, "received": 1, "deliveries": 3, "attempts": 2,
        "files": 3, "loginCopies": 2,
    }  # fmt: skip
    after = installation.all_bytes()
    for name in (MARIA, MARIA_WITHOUT_NINE, MARIAS_HIDDEN_ID, SECRET, "foto-1", "no-grupo", "foto-enviada"):
        assert name.encode() in before
        assert name.encode() not in after, name
    assert b"foto-2" in after
    assert installation.holdings(number).find().is_empty


def test_no_earlier_version_of_a_row_is_left_in_the_file(installation: Installation):
    """A journal entry is written again with every step that its message takes."""
    entry = JournalEntry("a", "3EB0N", f"{MARIA}@c.us", "text", {"text": SECRET}, state=SendState.SENT)
    with installation.store._database.write() as connection:
        connection.execute("PRAGMA secure_delete = OFF")
    for number in range(200):
        with installation.store.transaction() as transaction:
            transaction.journal(replace(entry, id=f"3EB0N{number}", payload={"text": SECRET * (number % 7)}))
    with installation.store._database.write() as connection:
        connection.execute("DELETE FROM journal WHERE id LIKE '3EB0N%'")
    installation.holdings().erase()
    assert MARIA.encode() in installation.all_bytes()
    assert not installation.holdings().rewrite(1)
    assert installation.holdings().rewrite(10**9)
    assert MARIA.encode() not in installation.all_bytes()
    assert len(installation.bodies("a")) == 4


def test_the_log_keeps_its_numbers_and_other_people_keep_theirs(installation: Installation):
    before = installation.bodies("a")
    installation.holdings().erase()
    after = installation.bodies("a")
    assert [body["sequence"] for body in after] == [1, 2, 3, 4]
    assert after[1] == before[1]
    assert after[0] == {
        name: before[0][name]
        for name in ("event", "sessionId", "timestamp", "id", "sequence", "schemaVersion")
    } | {"erased": True}
    assert installation.store.message("a", "3EB0S2")
    assert installation.store.webhook_counts("a").pending == 1
    with installation.store.transaction() as transaction:
        # What was erased is not told of anew, whatever its chat is called by then.
        assert not transaction.remember_received("a", f"{MARIAS_HIDDEN_ID} {MARIAS_HIDDEN_ID} 3EB0A1", 2.0)
        assert not transaction.remember_received("a", f"{JOAO}@c.us {JOAO}@c.us 3EB0A2", 2.0)
        assert transaction.remember_received("a", f"{MARIA}@c.us {MARIA}@c.us 3EB0A9", 2.0)


def test_erasing_one_session_leaves_the_other(installation: Installation):
    installation.holdings(sessions=("b",)).erase()
    assert installation.holdings().find().sessions == ["a"]


def test_a_daemon_goes_on_writing_meanwhile(installation: Installation):
    """Its connection is open, and its next commit waits for nothing."""
    installation.holdings().erase()
    with installation.store.transaction() as transaction:
        transaction.journal(JournalEntry("a", "3EB0N", f"{MARIA}@c.us", "text", {"text": "de novo"}))
    assert [entry.id for entry in installation.store.unfinished("a")] == ["3EB0N"]


def test_what_is_under_way_is_known(installation: Installation):
    assert installation.holdings().under_way() == ["b"]
    with installation.store.transaction() as transaction:
        entry = JournalEntry("a", "3EB0N", f"{MARIA}@c.us", "text", {}, state=SendState.HANDED)
        transaction.journal(entry)
    assert installation.holdings().under_way() == ["a", "b"]
    assert installation.holdings(JOAO).under_way() == []


def test_a_receipt_tells_nothing_but_a_hash(installation: Installation):
    path = receipt.write(installation.state, MARIA, ["a"], {"events": 4}, "1.2.3", 0.0)
    text = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert MARIA not in text
    _, *parameters, salt, digest = json.loads(text)["contactHash"].split("$")
    assert parameters == ["32768", "8", "1"]
    assert receipt.contact_hash(MARIA, bytes.fromhex(salt)).endswith(digest)
    assert not receipt.contact_hash(JOAO, bytes.fromhex(salt)).endswith(digest)


def test_logs_that_name_the_person_are_found(installation: Installation):
    logs = installation.folders.logs
    logs.mkdir()
    (logs / "wppmt.log").write_text(f'{{"to": "{MARIA}"}}\n')
    (logs / "other.log").write_text('{"to": "***0001"}\n')
    assert installation.holdings().logs_that_name() == [logs / "wppmt.log"]
