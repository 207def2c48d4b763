"""`wppmt backup` and `wppmt restore` where no daemon runs; beside one, tests/system/test_backup.py."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from tests.archive.installation import KEY, LOGIN, Installation, fill
from tests.cli.conftest import Call
from wppmt.store.sqlite.store import SqliteStore

STRONG = {"WPP_ARCHIVE_KEY": KEY.decode()}


@pytest.fixture
def here(tmp_path: Path, environ: dict[str, str]) -> Installation:
    """At the place that the environment names; closed, as after a daemon's end."""
    made = Installation(tmp_path)
    fill(made)
    made.store.close()
    return made


@pytest.fixture
def elsewhere(tmp_path: Path) -> dict[str, str]:
    """The environment of another machine."""
    folders = {"WPP_STATE_DIR": "state", "WPP_TOKENS_DIR": "tokens", "WPP_LOG_DIR": "logs"}
    return STRONG | {name: str(tmp_path / "elsewhere" / leaf) for name, leaf in folders.items()}


def stored(folder: str) -> SqliteStore:
    return SqliteStore(Path(folder) / "wppmt.sqlite")


def backed_up(call: Call, *arguments: str) -> Path:
    result = call("backup", "loja", "--json", *arguments, **STRONG)
    assert result.exit_code == 0, result.stderr
    [row] = json.loads(result.stdout)["backups"]
    return Path(row["file"])


def test_all_sessions_each_its_file(call: Call, here: Installation, tmp_path: Path, environ: dict[str, str]):
    result = call("backup", "--to", str(tmp_path / "usb"), **STRONG)
    assert result.exit_code == 0, result.stderr
    names = sorted(path.name.partition("-")[0] for path in (tmp_path / "usb").iterdir())
    assert names == ["loja", "padaria"]
    with closing(stored(environ["WPP_STATE_DIR"])) as store:
        assert [(one.action, one.session_id) for one in store.audit_entries_after(0, 10)] == [
            ("session.backup", "loja"), ("session.backup", "padaria"),
        ]  # fmt: skip


def test_it_comes_back_elsewhere(call: Call, here: Installation, elsewhere: dict[str, str]):
    archive = backed_up(call)
    assert archive.parent == here.place.database.parent / "backups"
    result = call("restore", "--yes", str(archive), **elsewhere)
    assert (result.exit_code, result.stdout) == (0, "loja: restaurada\n")
    assert "Sessão loja, com o login" in result.stderr
    assert "próximo início" in result.stderr
    there = Installation(Path(elsewhere["WPP_STATE_DIR"]).parent)
    assert there.login() == LOGIN
    assert [(one.action, one.session_id) for one in there.store.audit_entries_after(0, 10)] == [
        ("session.take_in", "loja")
    ]
    there.store.close()


def test_it_asks_before_a_login_is_open_twice(call: Call, here: Installation, elsewhere: dict[str, str]):
    archive = backed_up(call)
    result = call("restore", str(archive), **elsewhere)
    assert result.exit_code == 1
    assert "o WhatsApp derruba um deles" in result.stderr
    assert not (Path(elsewhere["WPP_TOKENS_DIR"]) / "loja").exists()


def test_only_looked_at(call: Call, here: Installation, elsewhere: dict[str, str]):
    archive = backed_up(call)
    result = call("restore", "--check", str(archive), **STRONG)
    assert result.exit_code == 0
    assert "evento 5" in result.stdout
    archive.write_bytes(archive.read_bytes()[:-1])
    result = call("restore", "--check", str(archive), **STRONG)
    assert (result.exit_code, "cortado" in result.stderr) == (1, True)


def test_the_oldest_go(call: Call, here: Installation):
    made = [backed_up(call, "--rotate") for _ in range(2)]
    third = call("backup", "loja", "--rotate", WPP_BACKUP_KEEP="1", **STRONG)
    assert third.exit_code == 0
    [kept] = made[0].parent.iterdir()
    assert kept not in made


@pytest.mark.parametrize(
    ("arguments", "more", "said"),
    [
        (("backup",), {}, "openssl rand -hex 32"),
        (("backup",), {"WPP_ARCHIVE_KEY": "curta"}, "menos de 32 bytes"),
        (("backup", "outra"), STRONG, "A sessão outra não existe"),
        (("backup", "--to", "/proc/nada"), STRONG, "/proc/nada"),
        (("restore", "--yes", __file__), STRONG, "Não é um arquivo de sessão do wppmt"),
        (("restore", "--yes", __file__), {}, "openssl rand -hex 32"),
        (("restore", "--yes", "--verify", __file__), STRONG, "WPP_SIMULATOR=1"),
    ],
)
def test_refused(call: Call, here: Installation, arguments: tuple[str, ...], more: dict[str, str], said: str):
    result = call(*arguments, **more)
    assert result.exit_code == 1
    assert said in result.stderr, result.stderr
    assert here.leftovers() == []


def test_a_session_that_is_here_stays(call: Call, here: Installation):
    archive = backed_up(call)
    result = call("restore", "--yes", str(archive), **STRONG)
    assert (result.exit_code, "já existe" in result.stderr) == (1, True)


def test_one_that_fails_stops_no_other(call: Call, here: Installation, tmp_path: Path):
    result = call("backup", "outra", "loja", "--json", **STRONG)
    assert result.exit_code == 1
    first, second = json.loads(result.stdout)["backups"]
    assert (first["file"], first["sessionId"]) == (None, "outra")
    assert Path(second["file"]).exists()
    assert "Sem backup: outra" in result.stderr
