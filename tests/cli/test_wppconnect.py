"""`wppmt import`: which sessions came, which did not and why, on folders and by the daemon."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Call
from tests.cli.live.stub_api import StubApi, stub_api
from tests.cli.test_handover import HOLDER
from tests.wppconnect.ground import files, profile, server
from wppmt.store.records import Desired
from wppmt.store.sqlite.store import SqliteStore

NOT_FOUND = (
    404,
    {"success": False, "error": "Sessão não encontrada", "code": "SESSION_NOT_FOUND", "requestId": "r"},
)
EXISTS = (409, {"success": False, "error": "Já existe", "code": "SESSION_EXISTS", "requestId": "r"})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return server(tmp_path / "wppconnect")


@pytest.fixture
def tokens(environ: dict[str, str]) -> Path:
    return Path(environ["WPP_TOKENS_DIR"])


def rows(output: str) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in json.loads(output)["sessions"]}


def test_each_profile_becomes_a_stopped_session_with_its_login(
    call: Call, source: Path, tokens: Path, environ: dict[str, str]
):
    before = files(source)
    result = call("import", "--wppconnect", str(source))
    assert result.exit_code == 1
    assert "Loja_Centro: sessão loja-centro" in result.stdout
    assert "antiga: NÃO veio: só há o token" in result.stdout
    assert "1 de 3 sessões não vieram" in result.stderr
    assert files(source) == before
    assert (tokens / "loja-centro" / "Default" / "IndexedDB").is_dir()
    store = SqliteStore(Path(environ["WPP_STATE_DIR"]) / "wppmt.sqlite")
    try:
        found = {record.id: (record.desired, record.has_login) for record in store.sessions()}
        trail = {
            entry.session_id for entry in store.audit_entries_after(0, 10) if entry.action == "session.import"
        }
    finally:
        store.close()
    assert found == dict.fromkeys(("loja-centro", "filial"), (Desired.STOPPED, True))
    assert trail == found.keys()


def test_a_second_run_takes_nothing_again_and_ends_what_was_left_undone(
    call: Call, source: Path, tokens: Path
):
    call("import", "--wppconnect", str(source / "userDataDir"))
    profile(source / "userDataDir" / "nova")
    again = call("import", "--wppconnect", str(source / "userDataDir"), "--json")
    assert again.exit_code == 1
    found = rows(again.stdout)
    assert found["nova"] == {"name": "nova", "sessionId": "nova", "imported": True}
    assert (found["filial"]["imported"], found["filial"]["code"]) == (False, "SESSION_EXISTS")
    assert sorted(path.name for path in tokens.iterdir() if path.name[0] != ".") == [
        "filial",
        "loja-centro",
        "nova",
    ]


def test_two_names_that_make_one_id(call: Call, tmp_path: Path):
    for name in ("Loja 1", "loja_1"):
        profile(tmp_path / "userDataDir" / name)
    found = rows(call("import", "--wppconnect", str(tmp_path), "--json").stdout)
    assert [row["imported"] for row in found.values()] == [True, False]
    assert found["loja_1"]["code"] == "SESSION_EXISTS"


def test_nothing_to_take(call: Call, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    result = call("import", "--wppconnect", str(tmp_path / "empty"))
    assert (result.exit_code, "não tem sessões do wppconnect" in result.stderr) == (1, True)
    assert call("import", "--wppconnect", str(tmp_path / "nowhere")).exit_code == 2
    assert call("import").exit_code == 2


@pytest.mark.slow
def test_where_a_daemon_runs_it_registers_them(
    call: Call, source: Path, tokens: Path, environ: dict[str, str]
):
    with (
        stub_api() as api,
        subprocess.Popen(
            [sys.executable, "-c", HOLDER, environ["WPP_STATE_DIR"]], stdout=subprocess.PIPE
        ) as holder,
    ):
        assert holder.stdout
        holder.stdout.readline()
        result = _by_daemon(call, api, source)
        holder.terminate()
    found = rows(result.stdout)
    assert found["filial"]["code"] == "SESSION_EXISTS"
    assert found["Loja_Centro"]["imported"]
    [asked] = [one.body for one in api.asked if one.path == "/api/admin/imports"]
    assert asked == {"sessionId": "loja-centro"}
    assert [path.name for path in tokens.iterdir()] == ["loja-centro"]


def _by_daemon(call: Call, api: StubApi, source: Path) -> Any:
    api.answers = {
        "GET /api/sessions/loja-centro/status": NOT_FOUND,
        "GET /api/sessions/filial/status": {"sessionId": "filial", "status": "connected"},
        "GET /api/sessions/antiga/status": NOT_FOUND,
        "POST /api/admin/imports": (
            201,
            {"success": True, "sessionId": "loja-centro", "status": "disconnected"},
        ),
    }
    return call("import", "--wppconnect", str(source), "--json", WPP_API_URL=api.url, WPP_SECRET="s" * 40)
