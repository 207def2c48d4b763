"""The daemon's folders and its lock."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from wppmt import host
from wppmt.errors import SetupError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What was made private, and what it was before."""
    lines: list[tuple[str, str]] = []
    monkeypatch.setattr("wppmt.logs.log", lambda event, **more: lines.append((more["path"], more["was"])))
    return lines


def test_a_new_folder_is_private(tmp_path: Path, told: list[tuple[str, str]]):
    host.require_folder(tmp_path / "a" / "state", "WPP_STATE_DIR")
    assert mode(tmp_path / "a" / "state") == 0o700
    assert told == []


def test_a64_an_open_folder_or_database_is_made_private_and_told(tmp_path: Path, told: list[tuple[str, str]]):
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
def test_a64_anothers_folder_is_refused(tmp_path: Path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    with pytest.raises(SetupError, match="WPP_TOKENS_DIR"):
        host.require_folder(folder, "WPP_TOKENS_DIR")


def test_one_daemon_a_folder_and_its_pid_is_known(tmp_path: Path):
    assert host.running(tmp_path) is None
    with host.only_one(tmp_path):
        assert host.running(tmp_path) == os.getpid()
        with pytest.raises(SetupError, match="Outro wppmt"), host.only_one(tmp_path):
            pass
        assert host.running(tmp_path) == os.getpid(), "whoever was refused has changed nothing"
    assert host.running(tmp_path) is None
    with host.only_one(tmp_path):
        pass
