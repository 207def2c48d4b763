"""`wppmt wa-js` without a daemon: what is kept, by which hash, and what is refused."""

from __future__ import annotations

import getpass
import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from wppmt.app.running import DATABASE
from wppmt.browser.wa_js.shelf import PACKAGE, Shelf, Unusable, integrity
from wppmt.domain.wa_js import Choice
from wppmt.store.sqlite.store import SqliteStore

SHIPPED = str(json.loads((PACKAGE / "package.json").read_text())["version"])
BUNDLE = b"/* wa-js 4.7.0 */"
NPM = """#!/bin/sh
echo "$@" >> "{folder}/asked"
env >> "{folder}/environment"
{answer}
"""


@pytest.fixture
def state(environ: dict[str, str]) -> Path:
    """The state folder, as a daemon leaves it."""
    folder = Path(environ["WPP_STATE_DIR"])
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def shelf(state: Path) -> Shelf:
    return Shelf(state / "wa-js")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "wppconnect-wa.js"
    path.write_bytes(BUNDLE)
    return path


def packed(folder: Path, member: str = "package/dist/wppconnect-wa.js") -> Path:
    """A package as npm leaves it."""
    path = folder / "wppconnect-wa-js-4.7.0.tgz"
    with tarfile.open(path, "w:gz") as package:
        about = tarfile.TarInfo(member)
        about.size = len(BUNDLE)
        package.addfile(about, io.BytesIO(BUNDLE))
    return path


def npm(folder: Path, answer: str) -> dict[str, str]:
    """An environment in which npm does this."""
    program = folder / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(NPM.format(folder=folder, answer=answer))
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:{os.environ['PATH']}"}


def npm_that_packs(folder: Path, package: Path, hashed: str) -> dict[str, str]:
    told = json.dumps([{"filename": package.name, "integrity": hashed}])
    return npm(folder, f"cp {package} . && echo '{told}'")


def test_a_file_is_kept_as_it_is_with_its_hash(call: Call, shelf: Shelf, file: Path):
    result = call("wa-js", "add", str(file))
    assert result.exit_code == 0, result.stderr
    [name] = shelf.names()
    assert name.startswith("arquivo-")
    assert name in result.stdout
    assert shelf.read(name).text == BUNDLE.decode()
    assert call("wa-js", "add", str(file)).exit_code == 0
    assert shelf.names() == [name]


def test_a_version_comes_by_npm_with_its_integrity(call: Call, shelf: Shelf, tmp_path: Path):
    package = packed(tmp_path)
    hashed = integrity(package.read_bytes())
    environ = npm_that_packs(tmp_path, package, hashed)
    result = call("wa-js", "add", "4.7.0", WPP_SECRET="s" * 32, **environ)
    assert result.exit_code == 0, result.stderr
    assert shelf.read("4.7.0").text == BUNDLE.decode()
    assert shelf.kept("4.7.0").integrity == hashed
    asked = (tmp_path / "asked").read_text()
    assert "pack @wppconnect/wa-js@4.7.0" in asked
    assert "--ignore-scripts" in asked
    assert "WPP_SECRET" not in (tmp_path / "environment").read_text()


def test_a_package_that_came_cut_is_not_kept(call: Call, shelf: Shelf, tmp_path: Path):
    package = packed(tmp_path)
    hashed = integrity(package.read_bytes())
    package.write_bytes(package.read_bytes()[:-20])
    result = call("wa-js", "add", "4.7.0", **npm_that_packs(tmp_path, package, hashed))
    assert result.exit_code == 1
    assert "incompleto" in result.stderr
    assert shelf.names() == []


def test_a_package_without_wa_js_is_not_kept(call: Call, shelf: Shelf, tmp_path: Path):
    package = packed(tmp_path, "package/index.js")
    environ = npm_that_packs(tmp_path, package, integrity(package.read_bytes()))
    assert "não tem dist/wppconnect-wa.js" in call("wa-js", "add", "4.7.0", **environ).stderr
    assert shelf.names() == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            """echo '{"error": {"code": "ETARGET", "summary": "No matching version"}}'; exit 1""",
            "não existe no npm",
        ),
        (
            """echo '{"error": {"code": "EINTEGRITY", "summary": "x"}}'; exit 1""",
            "não é o que o npm publicou",
        ),
        ("echo 'npm error network' >&2; exit 1", "npm error network"),
        ("echo hello", "respondeu de outra forma"),
    ],
)
def test_what_npm_says_is_told(call: Call, state: Path, tmp_path: Path, answer: str, said: str):
    result = call("wa-js", "add", "9.9.9", **npm(tmp_path, answer))
    assert result.exit_code == 1
    assert said in result.stderr


def test_without_npm_a_file_is_the_way(call: Call, state: Path, tmp_path: Path):
    result = call("wa-js", "add", "9.9.9", PATH=str(tmp_path))
    assert result.exit_code == 1
    assert "wppmt wa-js add ARQUIVO" in result.stderr


def test_use_waits_for_the_service_and_list_tells(call: Call, shelf: Shelf, file: Path):
    call("wa-js", "add", str(file))
    [name] = shelf.names()
    result = call("wa-js", "use", name)
    assert result.exit_code == 0, result.stderr
    assert "quando ele iniciar" in result.stdout
    assert shelf.plan().wanted == Choice(name)
    assert shelf.plan().in_use == Choice()
    listed = call("wa-js", "list").stdout
    assert f"Troca em andamento para {name}" in listed
    assert SHIPPED in listed
    assert call("wa-js", "rollback").exit_code == 0
    assert shelf.plan().is_quiet


def test_one_session_alone(call: Call, shelf: Shelf, file: Path):
    call("wa-js", "add", str(file))
    [name] = shelf.names()
    call("wa-js", "use", name, "--session", "loja")
    assert shelf.plan().wanted == Choice("", {"loja": name})


def test_the_shipped_one_is_used_by_its_version(call: Call, shelf: Shelf, state: Path):
    assert "nada a trocar" in call("wa-js", "use", SHIPPED).stdout
    assert shelf.plan().is_quiet


def test_one_that_was_changed_or_cut_is_refused_and_the_shipped_one_given(
    call: Call, shelf: Shelf, file: Path
):
    call("wa-js", "add", str(file))
    [name] = shelf.names()
    with shelf.changing() as change:
        change.plan = change.plan.want(Choice(name)).settle(0.0)
    assert shelf.library("loja").name == name
    kept = file.parent / "state" / "wa-js" / f"{name}.js"
    kept.write_bytes(BUNDLE[:-1])
    assert shelf.library("loja").name == SHIPPED
    result = call("wa-js", "use", name)
    assert result.exit_code == 1
    assert "(hash)" in result.stderr
    listed = call("wa-js", "list").stdout
    assert "recusada" in listed
    assert "(hash)" in listed
    assert "(hash)" in call("doctor").stdout
    # Added anew, it is as it was.
    call("wa-js", "add", str(file))
    assert shelf.library("loja").name == name


def test_a_plan_that_is_no_plan_is_told_and_the_shipped_one_given(call: Call, shelf: Shelf, state: Path):
    (state / "wa-js").mkdir()
    (state / "wa-js" / "plan.json").write_text('{"wanted": ')
    assert "danificado" in call("wa-js", "list").stderr
    assert shelf.library("loja").name == SHIPPED


@pytest.mark.parametrize("name", ["../4.7.0", "4.7", "latest", "--help2", "arquivo-xyz", "4.7.0/.."])
def test_what_is_no_version_is_never_a_path(shelf: Shelf, name: str):
    with pytest.raises(Unusable):
        shelf.read(name)
    with pytest.raises(Unusable):
        shelf.add(name, BUNDLE, "x", 0.0)


def test_what_is_no_script_is_not_kept(call: Call, shelf: Shelf, tmp_path: Path):
    for content in (b"", b"\xff\xfe\x00"):
        (tmp_path / "x.js").write_bytes(content)
        assert call("wa-js", "add", str(tmp_path / "x.js")).exit_code == 1
    assert "nem um arquivo que exista" in call("wa-js", "add", "latest").stderr
    assert shelf.names() == []


def test_before_the_first_start_and_to_another_user_it_says_what_to_do(
    call: Call, environ: dict[str, str], tmp_path: Path
):
    assert "inicie antes o serviço" in call("wa-js", "list").stderr
    if os.geteuid() == 0:
        Path(environ["WPP_STATE_DIR"]).mkdir()
        os.chown(environ["WPP_STATE_DIR"], 65534, 65534)
        assert "rode como ele" in call("wa-js", "list").stderr


def test_what_was_done_stands_in_the_audit_trail(call: Call, shelf: Shelf, file: Path, state: Path):
    assert call("wa-js", "add", str(file)).exit_code == 0  # before any daemon: nobody has a database yet
    [name] = shelf.names()
    store = SqliteStore(state / DATABASE)
    for arguments in (("add", str(file)), ("use", name, "--session", "loja"), ("rollback",), ("rollback",)):
        assert call("wa-js", *arguments).exit_code == 0
    assert call("wa-js", "use", "9.9.9").exit_code == 1
    told = store.audit_entries_after(0, 10)
    assert [(entry.action, entry.target) for entry in told] == [
        ("wa_js.add", name), ("wa_js.use", f"{name} (loja)"), ("wa_js.rollback", None),
    ]  # fmt: skip
    assert {entry.who for entry in told} == {getpass.getuser()}
    store.close()
