"""The daemon's folders and its locks."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from wppmt.app import host
from wppmt.domain.errors import SetupError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What was made private, and what it was before."""
    lines: list[tuple[str, str]] = []
    monkeypatch.setattr("wppmt.app.logs.log", lambda event, **more: lines.append((more["path"], more["was"])))
    return lines


def test_a_new_folder_is_private(tmp_path: Path, told: list[tuple[str, str]]):
    host.require_folder(tmp_path / "a" / "state", "WPP_STATE_DIR")
    assert mode(tmp_path / "a" / "state") == 0o700
    assert told == []


def test_an_open_folder_or_database_is_made_private_and_reported(tmp_path: Path, told: list[tuple[str, str]]):
    database, wal, other = (tmp_path / name for name in ("wppmt.sqlite", "wppmt.sqlite-wal", "simulator.err"))
    for file in (database, wal, other):
        file.touch()
        file.chmod(0o644)
    tmp_path.chmod(0o755)
    host.require_folder(tmp_path, "WPP_STATE_DIR")
    assert (mode(tmp_path), mode(database), mode(wal)) == (0o700, 0o600, 0o600)
    assert sorted(told) == [
        (str(tmp_path), "0755"),
        (str(database), "0644"),
        (str(wal), "0644"),
    ]
    told.clear()
    host.require_folder(tmp_path, "WPP_STATE_DIR")
    assert told == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_anothers_folder_is_refused(tmp_path: Path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    with pytest.raises(SetupError, match="WPP_TOKENS_DIR"):
        host.require_folder(folder, "WPP_TOKENS_DIR")


def test_the_soft_limit_of_descriptors_is_raised_to_the_hard_one():
    code = (
        "import resource; from wppmt.app import host\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, 512)); host.raise_descriptors(); print(host.descriptors())"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "512\n"


def test_one_daemon_a_folder_and_its_pid_is_known(tmp_path: Path):
    state, tokens, other = (tmp_path / name for name in ("state", "tokens", "other"))
    assert host.running(state) is None
    with host.only_one(state, tokens, simulated=False):
        assert host.running(state) == os.getpid()
        for folders, setting in (((state, other), "WPP_STATE_DIR"), ((other, tokens), "WPP_TOKENS_DIR")):
            refused = pytest.raises(SetupError, match=f"Outro wppmt já usa a pasta .*{setting}")
            with refused, host.only_one(*folders, simulated=True):
                pass
        assert host.running(state) == os.getpid(), "whoever was refused has changed nothing"
        assert not host.runs_simulated(state)
        assert host.running(other) is None
    assert host.running(state) is None
    with host.only_one(state, tokens, simulated=False):
        pass


def test_it_is_known_whether_its_whatsapp_is_simulated(tmp_path: Path):
    assert not host.runs_simulated(tmp_path)
    with host.only_one(tmp_path, tmp_path, simulated=True):
        assert host.runs_simulated(tmp_path)
        assert host.running(tmp_path) == os.getpid()
    assert not host.runs_simulated(tmp_path)


async def test_systemd_learns_how_long_the_stop_may_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        with host.notified_systemd(lambda: False, stop_seconds=300.0):
            assert systemd.recv(200) == b"READY=1"
        said = systemd.recv(200).decode().splitlines()
    assert said == ["STOPPING=1", "WATCHDOG_USEC=300000000", "EXTEND_TIMEOUT_USEC=300000000"]
