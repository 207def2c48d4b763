from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.cli.conftest import Call
from tests.cli.test_handover import HOLDER
from wppmt.store.records import EventDraft, JournalEntry, SendState, SessionRecord
from wppmt.store.sqlite.store import SqliteStore

MARIA, OWN = "5511999990001", "5511988880001"


@pytest.fixture
def store(environ: dict[str, str]) -> SqliteStore:
    """Of one session, that has one message of Maria's; closed, as after a daemon's end."""
    made = SqliteStore(Path(environ["WPP_STATE_DIR"]) / "wppmt.sqlite")
    with made.transaction() as transaction:
        transaction.save(SessionRecord("loja", 1.0, since=1.0, phone=OWN))
        transaction.record(
            "loja", EventDraft("evt_1", "message_received", 5.0, {"message": {"from": f"{MARIA}@c.us"}})
        )
    return made


def test_exports_one_archive_and_erases_with_a_receipt(
    call: Call, store: SqliteStore, tmp_path: Path, environ: dict[str, str]
):
    archive = tmp_path / "maria.zip"
    exported = call("lgpd", "export", "--contact", "+55 (11) 99999-0001", "--to", str(archive))
    assert (exported.exit_code, exported.stderr) == (0, "")
    with ZipFile(archive) as opened:
        assert "loja/events.jsonl" in opened.namelist()
    again = call("lgpd", "export", "--contact", MARIA, "--to", str(archive))
    assert (again.exit_code, "já existe" in again.stderr) == (1, True)
    erased = call("lgpd", "erase", "--contact", MARIA, "--session", "loja")
    assert (erased.exit_code, erased.stderr) == (0, "")
    assert "eventos: 1" in erased.stdout
    [receipt] = (Path(environ["WPP_STATE_DIR"]) / "lgpd").iterdir()
    assert str(receipt) in erased.stdout
    assert MARIA not in receipt.read_text()
    [entry] = store.audit_entries_after(0, 10)
    assert (entry.action, entry.session_id, entry.target) == ("lgpd.erase", "loja", receipt.name)
    assert "Nada está guardado" in call("lgpd", "export", "--contact", MARIA).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--contact", "abc"), 2, "Telefone inválido"),
        ((), 2, "--contact"),
        (("--contact", MARIA, "--session", "outra"), 1, "não existe"),
        (("--contact", OWN), 1, "purge=true"),
    ],
)
def test_says_what_is_wrong(call: Call, store: SqliteStore, arguments: tuple[str, ...], code: int, said: str):
    for command in ("export", "erase"):
        result = call("lgpd", command, *arguments)
        assert (result.exit_code, said in result.stderr) == (code, True), result.stderr


def test_says_so_where_there_is_no_data(call: Call):
    assert "Não há dados" in call("lgpd", "export", "--contact", MARIA).stderr


def test_the_data_of_another_version_are_left_alone(call: Call, store: SqliteStore, environ: dict[str, str]):
    store.close()
    connection = sqlite3.connect(Path(environ["WPP_STATE_DIR"]) / "wppmt.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    result = call("lgpd", "erase", "--contact", MARIA)
    assert (result.exit_code, "outra versão" in result.stderr) == (1, True)


@pytest.mark.slow
def test_beside_a_daemon_it_waits_for_what_is_under_way(
    call: Call, store: SqliteStore, environ: dict[str, str]
):
    entry = JournalEntry("loja", "3EB0", f"{MARIA}@c.us", "text", {"text": "oi"}, state=SendState.HANDED)
    with store.transaction() as transaction:
        transaction.journal(entry)
    state = environ["WPP_STATE_DIR"]
    with subprocess.Popen([sys.executable, "-c", HOLDER, state], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        result = call("lgpd", "erase", "--contact", MARIA)
        assert (result.exit_code, "a caminho (loja)" in result.stderr) == (1, True), result.stderr
        assert store.message("loja", "3EB0")
        holder.terminate()
    assert call("lgpd", "erase", "--contact", MARIA).exit_code == 0
    assert store.message("loja", "3EB0") is None
