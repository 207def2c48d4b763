"""The daemon's folders and its lock; the socket that it may inherit."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

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


ME = 4711
WORDS = st.one_of(st.sampled_from(["", "0", "1", "2", "-1", " 1", "01", str(ME)]), st.text(max_size=8))


@pytest.fixture
def given_fd() -> Iterator[int]:
    """A listening socket as another process left it, to be taken over."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield os.dup(listening.fileno())


def variables(pid: int = ME, count: str = "1") -> dict[str, str]:
    return {"LISTEN_PID": str(pid), "LISTEN_FDS": count, "LISTEN_FDNAMES": "wppmt.socket", "LANG": "C"}


def test_a_socket_is_taken_over_and_kept_from_children(given_fd: int):
    os.set_inheritable(given_fd, True)
    environ = variables()
    inherited = host.inherited_socket(environ, ME, given_fd)
    assert inherited
    with inherited, socket.create_connection(inherited.getsockname()):
        inherited.accept()[0].close()
        assert not inherited.get_inheritable()
    assert environ == {"LANG": "C"}


def test_another_processs_socket_is_left_alone(given_fd: int):
    environ = variables(pid=ME + 1)
    assert host.inherited_socket(environ, ME, given_fd) is None
    assert environ == {"LANG": "C"}
    os.close(given_fd)


CLOSED = 65_000
"""A file descriptor that no process here has open."""


@given(pid=WORDS, count=WORDS)
@example(pid=str(ME), count="1")
@example(pid="", count="")
@example(pid=str(ME), count="2")
def test_odd_variables_are_refused_or_ignored(pid: str, count: str):
    """There is no socket either: a request that gets that far is refused."""
    environ = {"LISTEN_PID": pid, "LISTEN_FDS": count}
    if pid == str(ME):
        with pytest.raises(SetupError, match=r"wppmt\.socket"):
            host.inherited_socket(environ, ME, CLOSED)
    else:
        assert host.inherited_socket(environ, ME, CLOSED) is None
    assert environ == {}


@pytest.mark.parametrize("kind", ["file", "deaf", "udp", "unix"])
def test_what_is_no_listening_tcp_socket_is_refused(tmp_path: Path, kind: str):
    if kind == "file":
        fd = os.open(tmp_path, os.O_RDONLY)
    else:
        made = socket.socket(
            socket.AF_UNIX if kind == "unix" else socket.AF_INET,
            socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM,
        )
        with closing(made):
            if kind == "unix":
                made.bind(str(tmp_path / "x"))
                made.listen()
            fd = os.dup(made.fileno())
    with pytest.raises(SetupError, match=r"wppmt\.socket"):
        host.inherited_socket(variables(), ME, fd)
    if kind == "file":
        os.close(fd)


async def test_systemd_learns_how_long_the_stop_may_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        with host.notified_systemd(lambda: False, stop_seconds=300.0):
            assert systemd.recv(200) == b"READY=1"
        said = systemd.recv(200).decode().splitlines()
    assert said == ["STOPPING=1", "WATCHDOG_USEC=300000000", "EXTEND_TIMEOUT_USEC=300000000"]
