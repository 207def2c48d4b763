"""Who keeps the lines to the browsers while no daemon runs; pairs of sockets stand for browsers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support import wait_until
from wppmt.browser.chrome import processes
from wppmt.browser.keeper.lines import InMemory, Keeper, is_line_name, line_name
from wppmt.browser.keeper.process import SOCKET, KeeperProcess
from wppmt.browser.keeper.systemd import SystemdStore

NOBODY = 65534


class Lines:
    """Pairs of sockets by name: one end is kept, the other stands for a Chrome."""

    def __init__(self) -> None:
        self.chromes: dict[str, socket.socket] = {}
        self._ours: list[socket.socket] = []

    def new(self, name: str) -> socket.socket:
        ours, self.chromes[name] = socket.socketpair()
        self._ours.append(ours)
        return ours

    def drop_ours(self) -> None:
        """As a daemon's death does."""
        for end in self._ours:
            end.close()
        self._ours.clear()

    def is_open(self, name: str) -> bool:
        """Whether somebody has the other end still."""
        chrome = self.chromes[name]
        chrome.setblocking(False)
        try:
            return chrome.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True

    def reaches(self, name: str, end: socket.socket | None) -> bool:
        """Whether `end` is that line's."""
        assert end
        with end:
            end.sendall(name.encode() + b"\0")
        self.chromes[name].settimeout(2)
        return self.chromes[name].recv(100) == name.encode() + b"\0"

    def close(self) -> None:
        self.drop_ours()
        for chrome in self.chromes.values():
            chrome.close()


@pytest.fixture
def lines() -> Iterator[Lines]:
    made = Lines()
    yield made
    made.close()


def keepers(folder: Path) -> list[int]:
    return [pid for pid in processes.carrying(str(folder / SOCKET)) if processes.is_alive(pid)]


@pytest.fixture
def keeper_on(tmp_path: Path) -> Iterator[Callable[[], KeeperProcess]]:
    """The keeper as one daemon after the other has it."""
    made: list[KeeperProcess] = []

    def new() -> KeeperProcess:
        made.append(KeeperProcess(tmp_path))
        return made[-1]

    yield new
    for one in made:
        one.close()
    for pid in keepers(tmp_path):
        os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)


def test_nothing_runs_before_there_is_a_line_to_keep(keeper_on: Callable[[], Keeper], tmp_path: Path) -> None:
    keeper_on()
    assert keepers(tmp_path) == []


def test_the_next_daemon_finds_every_line(
    keeper_on: Callable[[], Keeper], lines: Lines, tmp_path: Path
) -> None:
    first = keeper_on()
    for name in ("a", "b", "c"):
        first.keep(name, lines.new(name))
    first.forget("b")
    first.close()
    lines.drop_ours()
    [pid] = wait_until(lambda: keepers(tmp_path))
    second = keeper_on()
    assert lines.reaches("a", second.take("a"))
    assert lines.reaches("c", second.take("c"))
    assert lines.reaches("c", second.take("c")), "what could not be used may be taken once more"
    assert second.take("b") is None
    wait_until(lambda: not lines.is_open("b"))
    assert keepers(tmp_path) == [pid]


def test_with_both_dead_the_line_is_closed(
    keeper_on: Callable[[], Keeper], lines: Lines, tmp_path: Path
) -> None:
    keeper = keeper_on()
    keeper.keep("a", lines.new("a"))
    keeper.close()
    lines.drop_ours()
    assert lines.is_open("a")
    [pid] = wait_until(lambda: keepers(tmp_path))
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not lines.is_open("a"))


def test_a_dead_keeper_is_replaced_by_a_full_one(
    keeper_on: Callable[[], Keeper], lines: Lines, tmp_path: Path
) -> None:
    first = keeper_on()
    for name in ("a", "b"):
        first.keep(name, lines.new(name))
    [pid] = wait_until(lambda: keepers(tmp_path))
    os.kill(pid, signal.SIGKILL)
    [successor] = wait_until(lambda: [one for one in keepers(tmp_path) if one != pid])
    first.keep("c", lines.new("c"))
    first.close()
    lines.drop_ours()
    second = keeper_on()
    for name in ("a", "b", "c"):
        assert lines.reaches(name, second.take(name))
    assert keepers(tmp_path) == [successor]
    assert processes.group_of(pid) == 0, "it is reaped"


def test_a_keeper_of_nothing_ends_with_its_daemon(
    keeper_on: Callable[[], Keeper], lines: Lines, tmp_path: Path
) -> None:
    keeper = keeper_on()
    keeper.keep("a", lines.new("a"))
    keeper.forget("a")
    wait_until(lambda: keepers(tmp_path))
    keeper.close()
    wait_until(lambda: not keepers(tmp_path))
    assert not (tmp_path / SOCKET).exists()


def test_a_keeper_ends_when_the_last_browser_has(
    keeper_on: Callable[[], Keeper], lines: Lines, tmp_path: Path
) -> None:
    keeper = keeper_on()
    keeper.keep("a", lines.new("a"))
    keeper.close()
    lines.drop_ours()
    wait_until(lambda: keepers(tmp_path))
    lines.chromes["a"].close()
    wait_until(lambda: not keepers(tmp_path))


def test_a_line_whose_chrome_is_gone_is_not_handed_over(
    keeper_on: Callable[[], Keeper], lines: Lines
) -> None:
    keeper = keeper_on()
    keeper.keep("a", lines.new("a"))
    keeper.keep("b", lines.new("b"))
    lines.chromes["a"].close()
    assert keeper_on().take("a") is None


def test_a_terminals_signals_are_not_for_the_keeper(
    keeper_on: Callable[[], Keeper], lines: Lines, tmp_path: Path
) -> None:
    keeper_on().keep("a", lines.new("a"))
    [pid] = wait_until(lambda: keepers(tmp_path))
    assert os.getsid(pid) != os.getsid(0)


def test_its_socket_is_private(keeper_on: Callable[[], Keeper], lines: Lines, tmp_path: Path) -> None:
    keeper_on().keep("a", lines.new("a"))
    assert (tmp_path / SOCKET).stat().st_mode & 0o777 == 0o600


ASK = """
import os, socket, sys
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as keeper:
    keeper.connect(sys.argv[1])
    keeper.send(b"all")
    print(socket.recv_fds(keeper, 100, 1)[:2])
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can play another user")
@pytest.mark.parametrize(("user", "answer"), [(0, "(b'a', ["), (NOBODY, "")])
def test_another_user_gets_nothing_whatever_the_files_mode(
    keeper_on: Callable[[], Keeper], lines: Lines, tmp_path: Path, user: int, answer: str
) -> None:
    keeper_on().keep("a", lines.new("a"))
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(0o755)
    (tmp_path / SOCKET).chmod(0o777)
    command = [sys.executable, "-I", "-S", "-c", ASK, str(tmp_path / SOCKET), str(user)]
    asked = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    if answer:
        assert asked.stdout.startswith(answer), asked.stderr
    else:
        assert asked.stdout in {"", "(b'', [])\n"}
        assert "PermissionError" not in asked.stderr, "it could ask, and was not answered"


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    """systemd's end of NOTIFY_SOCKET."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(tmp_path / "notify"))
        end.settimeout(2)
        yield end


def test_systemd_gets_a_copy_with_its_name_and_is_told_the_end(
    systemd: socket.socket, lines: Lines, tmp_path: Path
) -> None:
    store = SystemdStore(str(tmp_path / "notify"), {"left": lines.new("left")})
    store.keep("a", lines.new("a"))
    text, descriptors, _, _ = socket.recv_fds(systemd, 1000, 1)
    assert set(text.decode().splitlines()) == {"FDSTORE=1", "FDNAME=a"}
    assert lines.reaches("a", socket.socket(fileno=descriptors[0]))
    assert lines.reaches("left", store.take("left"))
    store.forget("a")
    assert set(systemd.recv(1000).decode().splitlines()) == {"FDSTOREREMOVE=1", "FDNAME=a"}
    assert store.take("a") is None
    store.close()


def test_a_systemd_that_does_not_listen_is_an_error_of_the_system(lines: Lines, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        SystemdStore(str(tmp_path / "nowhere"), {}).keep("a", lines.new("a"))


def test_without_a_keeper_a_line_lives_as_long_as_we_do(lines: Lines) -> None:
    keeper = InMemory()
    keeper.keep("a", lines.new("a"))
    assert lines.reaches("a", keeper.take("a"))
    keeper.close()
    assert keeper.take("a") is None


def test_a_line_of_another_life_has_another_name() -> None:
    names = {line_name("cliente-1", 5), line_name("cliente-1", 6), line_name("cliente-15", 6)}
    assert len(names) == 3
    assert all(is_line_name(name) and ":" not in name for name in names)
