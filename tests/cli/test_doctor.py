from __future__ import annotations

import errno
import json
import socket
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.cli.conftest import Call
from tests.defaults import SETTINGS
from tests.support import free_port
from wppmt import __version__
from wppmt.app.settings import Settings, load
from wppmt.cli import doctor, machine_checks, program_checks
from wppmt.cli.context import SettingsSource
from wppmt.cli.findings import Check, Finding, run
from wppmt.cli.reachability import Target


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    return load(environ | {"WPP_SIMULATOR": "1"})


def program(folder: Path, name: str, version: str) -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\necho {name} {version} built on Debian\n")
    file.chmod(0o755)
    return file


def complaints(findings: Iterable[Finding]) -> list[str]:
    return [str(finding) for finding in findings if not finding.fine]


def test_versions_that_differ_are_both_named(tmp_path: Path):
    chrome, driver = program(tmp_path, "chrome", "156.0.1"), program(tmp_path, "driver", "155.0.9")
    [said] = complaints(program_checks.chromedriver(driver, chrome, accepted=True))
    assert said.startswith("✗ Chromium 156.0.1 e chromedriver 155.0.9 têm versões diferentes. Atualize")
    assert "apt-get install chromium chromium-driver" in said


def test_programs_that_fit(tmp_path: Path):
    chrome, driver = program(tmp_path, "chrome", "156.0.1"), program(tmp_path, "driver", "156.0.1")
    assert complaints(program_checks.chromium(chrome)) == []
    assert complaints(program_checks.chromedriver(driver, chrome, accepted=True)) == []


def test_an_old_chromium_is_seen(tmp_path: Path):
    [said] = complaints(program_checks.chromium(program(tmp_path, "chrome", "109.0.5")))
    assert "Chromium 109.0.5 é antigo" in said
    assert "apt-get" in said


def test_missing_program(tmp_path: Path):
    [said] = complaints(program_checks.chromium(tmp_path / "none"))
    assert "none: não encontrado. Instale: apt-get install chromium" in said


def test_ports_that_nobody_accepted_are_named(tmp_path: Path):
    chrome, driver = program(tmp_path, "chrome", "156.0.1"), program(tmp_path, "driver", "156.0.1")
    [said] = complaints(program_checks.chromedriver(driver, chrome, accepted=False))
    assert "127.0.0.1" in said
    assert "WPP_UNDETECTED_ACCEPT_LOCAL_PORTS=true" in said


def test_chromedriver_is_looked_for_where_it_is_used_alone(call: Call, tmp_path: Path):
    nowhere = {"WPP_CHROMEDRIVER": str(tmp_path / "none")}
    assert "none" not in call("doctor", **nowhere).stdout
    assert "none: não encontrado" in call("doctor", WPP_BROWSER_ENGINE="undetected", **nowhere).stdout


def profile(tokens: Path, name: str, opened_by: str) -> None:
    (tokens / name).mkdir(parents=True)
    (tokens / name / ".opened-by").write_text(opened_by)


def test_headless_shell_is_looked_for_where_it_is_used(call: Call, tmp_path: Path):
    nowhere = {"WPP_HEADLESS_SHELL": str(tmp_path / "none"), "WPP_TOKENS_DIR": str(tmp_path / "tokens")}
    missing = "none: não encontrado. Instale: apt-get install chromium-headless-shell"
    assert "none" not in call("doctor", **nowhere).stdout
    assert missing in call("doctor", WPP_BROWSER_ENGINE="headless-shell", **nowhere).stdout
    profile(tmp_path / "tokens", "a", "headless-shell 156.0.1")
    assert missing in call("doctor", **nowhere).stdout, "a session has chosen it for itself"


def test_profiles_that_are_too_new_for_headless_shell_are_named(tmp_path: Path):
    shell = program(tmp_path, "shell", "156.0.1")
    profile(tmp_path, "a", "chrome 157.0.1")
    profile(tmp_path, "b", "headless-shell 156.0.2")
    [said] = complaints(program_checks.headless_shell(shell, [tmp_path / "a", tmp_path / "b"]))
    assert "gravados por um Chromium mais novo: a." in said
    assert "apt-get install chromium-headless-shell" in said


def test_missing_wa_js_is_reported_as_missing(tmp_path: Path):
    finding = program_checks.shipped_wa_js(tmp_path)
    assert str(finding) == f"✗ wa-js não está em {tmp_path}. Rode: make setup"


class TestFolder:
    def test_that_does_not_exist_yet(self, tmp_path: Path):
        assert machine_checks.private_folder("WPP_STATE_DIR", tmp_path / "a" / "b").fine
        assert not (tmp_path / "a").exists()

    def test_that_is_private(self, tmp_path: Path):
        tmp_path.chmod(0o700)
        assert machine_checks.private_folder("WPP_STATE_DIR", tmp_path).fine
        assert list(tmp_path.iterdir()) == []

    def test_that_others_can_read(self, tmp_path: Path):
        tmp_path.chmod(0o755)
        finding = machine_checks.private_folder("WPP_STATE_DIR", tmp_path)
        assert not finding.fine
        assert f"chmod 700 {tmp_path}" in finding.advice
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755

    def test_that_is_a_file(self, tmp_path: Path):
        (tmp_path / "file").write_text("")
        finding = machine_checks.private_folder("WPP_STATE_DIR", tmp_path / "file")
        assert not finding.fine
        assert "não pode ser usada: não é uma pasta" in finding.text

    def test_that_cannot_be_made(self):
        finding = machine_checks.private_folder("WPP_STATE_DIR", Path("/proc/1/wppmt/var"))
        assert finding.fine or "não pode ser" in finding.text


def test_taken_port_names_its_setting(settings: Settings):
    with socket.socket() as taken:
        taken.bind((settings.http.host, settings.http.port))
        findings = list(machine_checks.ports(settings))
    assert [finding.fine for finding in findings] == [False, True, True]
    assert "WPP_PORT" in findings[0].advice
    # It need not be freed when systemd keeps it for a service that is down.
    assert "wppmt.socket" in findings[0].advice
    assert "systemctl status wppmt" in findings[0].advice


@pytest.mark.parametrize(
    ("is_root", "more", "can_unshare", "fine"),
    [
        (False, {}, True, True),
        (False, {}, False, False),
        (False, {"WPP_SANDBOX": "off"}, True, False),
        (True, {"WPP_SIMULATOR": "1"}, True, True),
        (True, {"WPP_SIMULATOR": "1", "WPP_SANDBOX": "on"}, True, False),
        (True, {}, True, False),
    ],
)
def test_sandbox(is_root: bool, more: dict[str, str], can_unshare: bool, fine: bool):
    settings = load({"WPP_SECRET": "s" * 32} | more)
    assert (
        machine_checks.sandbox(is_root=is_root, settings=settings, can_unshare=lambda: can_unshare).fine
        is fine
    )


def test_backup_key(tmp_path: Path):
    def found(**given: object) -> Finding:
        return machine_checks.backup_key(SETTINGS.archive.model_copy(update=given))

    none, weak, missing = found(), found(key=SecretStr("curta")), found(key_file=str(tmp_path / "key"))
    assert (none.fine, none.is_notice) == (True, True)
    assert (weak.fine, "32 bytes" in weak.text, "curta" in weak.text) == (False, True, False)
    assert not missing.fine
    good = found(key=SecretStr("x" * 32))
    assert (good.fine, good.is_notice) == (True, False)


def test_disk(tmp_path: Path):
    assert machine_checks.disk(tmp_path / "yet" / "to be made", 1).fine
    full = machine_checks.disk(tmp_path, 10**9)
    assert not full.fine
    assert "Libere espaço" in full.advice


def test_memory(settings: Settings):
    assert machine_checks.memory(settings, 1_700).fine
    short = machine_checks.memory(settings, 1_699)
    assert not short.fine
    assert "WPP_MAX_SESSIONS" in short.advice


def test_report_ends_with_1_when_something_is_missing(call: Call, tmp_path: Path):
    result = call("doctor", WPP_CHROME=str(tmp_path / "none"))
    assert result.exit_code == 1
    assert f"✗ {tmp_path / 'none'}: não encontrado. Instale" in result.stdout


def test_what_cannot_be_looked_at_does_not_hide_the_rest():
    def breaks() -> Iterator[Finding]:
        yield Finding(True, "um")
        raise PermissionError(errno.EACCES, "Permission denied")

    def is_a_bug() -> Iterator[Finding]:
        raise KeyError("x")

    checks = [Check("a", breaks), Check("b", is_a_bug), Check("c", lambda: [Finding(True, "dois")])]
    findings = list(run(checks))
    assert [(finding.check, finding.fine) for finding in findings] == [
        ("a", True), ("a", False), ("b", False), ("c", True),
    ]  # fmt: skip
    assert findings[1].text == "Não foi possível verificar (a): permissão negada"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"WPP_SECRET": ""}, "WPP_SECRET não está definida"),
        ({"WPP_SECRET": "curta"}, "WPP_SECRET tem menos de 32 bytes"),
        ({"WPP_PORT": "abc"}, "WPP_PORT"),
    ],
)
def test_bad_settings_are_a_finding_and_the_rest_is_looked_at(
    environ: dict[str, str], more: dict[str, str], said: str
):
    source = SettingsSource(environ | more)
    findings = list(doctor.report(source, whatsapp=Target("127.0.0.1", free_port())))
    assert any(said in line for line in complaints(findings))
    names = {finding.check for finding in findings}
    assert {"settings", "programs", "wa-js"} <= names
    assert ("disk" in names) == ("WPP_PORT" not in more)


def test_a_working_folder_that_is_gone_is_no_traceback(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    try:
        result = call("doctor", WPP_STATE_DIR="var")
    finally:
        monkeypatch.chdir(tmp_path)
    assert result.exit_code == 1
    assert "✗ Pasta de trabalho: arquivo ou pasta não existe" in result.stdout
    assert "Chromium" in result.stdout


def test_json_tells_programs_the_same(call: Call, tmp_path: Path):
    result = call("doctor", "--json", WPP_CHROME=str(tmp_path / "none"), WPP_SUSPEITA="1")
    shown = json.loads(result.stdout)
    assert (result.exit_code, shown["ok"]) == (1, False)
    bad = [check for check in shown["checks"] if not check["ok"]]
    assert [(check["check"], check["level"]) for check in bad] == [("programs", "error")]
    assert "apt-get install chromium" in bad[0]["advice"]
    assert any(check["level"] == "warning" and "WPP_SUSPEITA" in check["text"] for check in shown["checks"])


@pytest.mark.parametrize(
    ("health", "fine", "said"),
    [
        ({"status": "ok", "reasons": []}, True, "Serviço no ar: ok"),
        (
            {"status": "degraded", "reasons": [{"reasonCode": "DISK_LOW", "reason": "150 MB livres"}]},
            False,
            "Serviço no ar: degraded (150 MB livres)",
        ),
    ],
)
def test_the_running_service_is_asked_how_it_is(health: dict[str, object], fine: bool, said: str):
    finding = doctor.service(health)
    assert (finding.fine, finding.text) == (fine, said)


@pytest.mark.parametrize(("version", "complaints_found"), [(__version__, 0), ("0.0.1", 1)])
def test_a_service_of_another_version_is_seen(version: str, complaints_found: int):
    said = complaints(doctor.services({"status": "ok", "version": version}))
    assert len(said) == complaints_found
    assert all("0.0.1" in line and "systemctl reload wppmt" in line for line in said)
