"""What a switch of versions would do is said before it is done."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from wppmt import __version__
from wppmt.app import running
from wppmt.app.settings import load
from wppmt.browser.chrome import injection
from wppmt.cli.upgrade import Found, judge
from wppmt.store.sqlite.peek import THIS, Form, form
from wppmt.store.sqlite.store import SqliteStore

SIMULATED = {"WPP_SECRET": "s" * 32, "WPP_SIMULATOR": "1"}
FOUND = Found(
    version="0.1.9",
    page="1.aa",
    form=THIS,
    browsers=("a", "b"),
    of_other_command=(),
    free_mb=900,
    database_mb=3,
)


def said(found: Found, page: str = "1.aa", form: Form = THIS) -> dict[str, str]:
    return {finding.check: str(finding) for finding in judge(found, page, form)}


def test_nobody_is_disconnected_while_nothing_of_the_browsers_changes():
    assert said(FOUND) == {
        "version": f"✓ Versão {__version__}; a última iniciada foi a 0.1.9",
        "database": "✓ Banco de dados: nada a converter",
        "disk": "✓ 900 MB livres no disco do estado; a troca pede 53 MB",
        "sessions": "✓ Sessões: 2 seguem conectadas, nenhuma é reaberta",
    }


def test_another_bridge_reopens_all():
    assert said(FOUND, "1.bb")["sessions"] == (
        "! Sessões: 2 de 2 são reabertas, uma depois da outra, sem QR Code, porque a ponte ou o wa-js mudou"
    )


def test_a_bridge_that_is_not_understood_reopens_all_at_once():
    assert said(replace(FOUND, page="aa"), "1.bb")["sessions"] == (
        "! Sessões: 2 de 2 são reabertas, logo, WPP_STARTS_AT_ONCE por vez, sem QR Code, porque a ponte mudou de forma"
    )


def test_another_command_line_reopens_those_that_have_it():
    assert said(replace(FOUND, of_other_command=("b",)))["sessions"] == (
        "! Sessões: 1 de 2 são reabertas, uma depois da outra, sem QR Code, porque a linha de comando do Chromium mudou"
    )


@pytest.mark.parametrize(
    ("there", "this", "line"),
    [
        (
            Form(5, 5),
            Form(7, 5),
            "✓ Banco de dados: convertido do esquema 5 para o 7; a versão 0.1.9 ainda o lê",
        ),
        (
            Form(5, 5),
            Form(7, 6),
            "! Banco de dados: convertido do esquema 5 para o 7; a versão anterior não o lê",
        ),
        (
            Form(7, 5),
            Form(5, 5),
            "✓ Banco de dados: esquema 7, mais novo, que esta versão ainda lê; nada se perde",
        ),
        (Form(7, 6), Form(5, 5), "✗ o banco é de uma versão mais nova do wppmt (esquema 7, esta conhece 5)"),
    ],
)
def test_what_becomes_of_the_database(there: Form, this: Form, line: str):
    assert said(replace(FOUND, form=there), form=this)["database"].startswith(line)


def test_a_disk_without_room_stops_it():
    assert said(replace(FOUND, free_mb=52))["disk"].startswith("✗ 52 MB livres")


def test_before_the_first_start_there_is_nothing_to_lose(call: Call):
    done = call("upgrade", "--check", **SIMULATED)
    assert done.exit_code == 0, done.output
    assert "nenhuma foi iniciada ainda" in done.output


def test_a_state_of_a_newer_version_is_refused_in_one_line(call: Call, environ: dict[str, str]):
    path = Path(environ["WPP_STATE_DIR"]) / running.DATABASE
    SqliteStore(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE compatibility SET oldest_reader = ?", (THIS.version + 1,))
        connection.execute("PRAGMA user_version = 99")
        connection.commit()
    done = call("upgrade", "--check", "--brief", **SIMULATED)
    assert done.exit_code == 1
    [line] = done.output.splitlines()
    assert line.startswith("✗ o banco é de uma versão mais nova do wppmt (esquema 99")
    assert form(path) == Form(99, THIS.version + 1), "nothing was changed"


def test_a_state_that_cannot_be_read_is_told_in_one_line(call: Call, environ: dict[str, str]):
    path = Path(environ["WPP_STATE_DIR"]) / running.DATABASE
    path.parent.mkdir()
    path.write_text("no database, but longer than the head of one would be " * 20)
    done = call("upgrade", "--check", "--brief", **SIMULATED)
    assert done.exit_code == 1
    [line] = done.output.splitlines()
    assert line.startswith(f"Erro: O estado em {path.parent} não pode ser lido por quem roda o serviço: ")


def test_the_daemon_says_what_it_is_made_of(environ: dict[str, str]):
    settings = load(environ | {"WPP_SIMULATOR": "1"})
    settings.store.state_dir.mkdir()
    running.note(settings)
    assert running.noted(settings.store.state_dir) == (__version__, running.page_version(settings))
    assert injection.understands(running.page_version(settings))
    (settings.store.state_dir / running.FILE).write_text("{")
    assert running.noted(settings.store.state_dir) == ("", "")


def test_what_is_no_package_is_refused(call: Call, tmp_path: Path):
    other = tmp_path / "other.deb"
    other.write_bytes(b"!<arch>\n")
    done = call("upgrade", "--check", str(other), **SIMULATED)
    assert (done.exit_code, "não é um pacote do wppmt" in done.output) == (1, True)


def test_one_of_the_two_must_be_asked_for(call: Call):
    assert "--check" in call("upgrade", **SIMULATED).output
    assert call("upgrade", "--check", "--back", **SIMULATED).exit_code == 1


def test_outside_the_package_there_is_no_way_back(call: Call):
    done = call("upgrade", "--back", **SIMULATED)
    assert (done.exit_code, "git" in done.output) == (1, True)
