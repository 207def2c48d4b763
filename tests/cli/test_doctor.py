from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from wppmt.app.settings import Settings, load
from wppmt.cli import doctor


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    return load(environ | {"WPP_SIMULATOR": "1"})


def program(folder: Path, name: str, version: str) -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\necho {name} {version} built on Debian\n")
    file.chmod(0o755)
    return file


def test_a_chromedriver_that_does_not_fit(tmp_path: Path):
    chrome, driver = program(tmp_path, "chrome", "156.0.1"), program(tmp_path, "driver", "155.0.9")
    found, fits, ports = doctor.chromedriver(driver, chrome, accepted=True)
    assert (found.fine, fits.fine, ports.fine) == (True, False, True)
    assert "apt-get" in fits.advice


def test_a_chromedriver_that_fits_and_its_ports_that_nobody_accepted(tmp_path: Path):
    chrome, driver = program(tmp_path, "chrome", "156.0.1"), program(tmp_path, "driver", "156.0.1")
    found, fits, ports = doctor.chromedriver(driver, chrome, accepted=False)
    assert (found.fine, fits.fine, ports.fine) == (True, True, False)
    assert "127.0.0.1" in ports.text
    assert "WPP_UNDETECTED_ACCEPT_LOCAL_PORTS=true" in ports.advice


def test_missing_programs(tmp_path: Path):
    missing = doctor.chromium(tmp_path / "none")
    assert not missing.fine
    assert "chromium" in missing.advice
    assert [
        finding.fine for finding in doctor.chromedriver(tmp_path / "none", tmp_path / "x", accepted=True)
    ] == [False, True]


def test_chromedriver_is_looked_for_where_it_is_used_alone(call: Call, tmp_path: Path):
    nowhere = {"WPP_CHROMEDRIVER": str(tmp_path / "none")}
    assert "none" not in call("doctor", **nowhere).stdout
    assert "none: não encontrado" in call("doctor", WPP_BROWSER_ENGINE="undetected", **nowhere).stdout


class TestFolder:
    def test_that_does_not_exist_yet(self, tmp_path: Path):
        assert doctor.private_folder("WPP_STATE_DIR", tmp_path / "a" / "b").fine
        assert not (tmp_path / "a").exists()

    def test_that_is_private(self, tmp_path: Path):
        tmp_path.chmod(0o700)
        assert doctor.private_folder("WPP_STATE_DIR", tmp_path).fine
        assert list(tmp_path.iterdir()) == []

    def test_that_others_can_read(self, tmp_path: Path):
        tmp_path.chmod(0o755)
        finding = doctor.private_folder("WPP_STATE_DIR", tmp_path)
        assert not finding.fine
        assert f"chmod 700 {tmp_path}" in finding.advice
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755

    def test_that_is_a_file(self, tmp_path: Path):
        (tmp_path / "file").write_text("")
        assert not doctor.private_folder("WPP_STATE_DIR", tmp_path / "file").fine


def test_taken_port_names_its_setting(settings: Settings):
    with socket.socket() as taken:
        taken.bind((settings.http.host, settings.http.port))
        findings = list(doctor.ports(settings))
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
    assert doctor.sandbox(is_root=is_root, settings=settings, can_unshare=lambda: can_unshare).fine is fine


def test_disk(tmp_path: Path):
    assert doctor.disk(tmp_path / "yet" / "to be made", 1).fine
    full = doctor.disk(tmp_path, 10**9)
    assert not full.fine
    assert "Libere espaço" in full.advice


def test_memory():
    assert doctor.memory(10, 1_590).fine
    assert not doctor.memory(10, 1_589).fine


def test_report_ends_with_1_when_something_is_missing(call: Call, tmp_path: Path):
    result = call("doctor", WPP_CHROME=str(tmp_path / "none"))
    assert result.exit_code == 1
    assert f"✗ {tmp_path / 'none'}: não encontrado. Instale" in result.stdout
