"""Who ends browsers in time, whatever happens to their daemon; pairs of sockets and processes that sleep stand for browsers."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.support import wait_until
from wppmt.browser.chrome import processes
from wppmt.browser.chrome.permit import Permit
from wppmt.browser.keeper import keeper
from wppmt.browser.keeper.lines import line_name
from wppmt.browser.keeper.process import SOCKET, STARTING, KeeperProcess

GONE_SECONDS = 5.0
UP_SECONDS = 1.0
"""Within which a guard that was started is at work, also on a busy machine."""
TERM, LATER_TERM = 7, 8
NEVER = 3600.0


def boot_time() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Browser:
    """What stands for one: a process in a group of its own, and the other end of its line."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(["sleep", "600"], process_group=0)
        self.ours, self.theirs = socket.socketpair()
        self.theirs.settimeout(GONE_SECONDS)

    def heard(self) -> bytes:
        """Everything until its line is cut."""
        said = b""
        while piece := self.theirs.recv(4096):
            said += piece
        return said

    def is_cut(self) -> bool:
        self.theirs.setblocking(False)
        with suppress(BlockingIOError):
            while self.theirs.recv(4096):
                continue
            return True
        return False

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.ours.close()
        self.theirs.close()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


@pytest.fixture
def guard(tmp_path: Path, stack: ExitStack) -> KeeperProcess:
    made = KeeperProcess(tmp_path, guards=True)
    stack.callback(made.close)
    return made


@pytest.fixture
def new_browser(stack: ExitStack) -> Callable[[], Browser]:
    def new() -> Browser:
        browser = Browser()
        stack.callback(browser.close)
        return browser

    return new


def watched(guard: KeeperProcess, browser: Browser, name: str = "loja", term: int = TERM) -> None:
    guard.expect(name, browser.ours, term)
    guard.watch(name, browser.process.pid, browser.ours, term)


def guards_of(folder: Path) -> list[int]:
    return [pid for pid in processes.carrying(str(folder / SOCKET)) if processes.is_alive(pid)]


def test_a_browser_is_asked_to_close_and_killed_later(
    guard: KeeperProcess, new_browser: Callable[[], Browser]
):
    browser, now = new_browser(), boot_time()
    guard.until(TERM, now + UP_SECONDS, now + UP_SECONDS + 0.5)
    watched(guard, browser)
    assert browser.heard() == keeper.CLOSE
    assert boot_time() >= now + UP_SECONDS + 0.5
    wait_until(lambda: not browser.is_alive(), GONE_SECONDS)


def test_whoever_is_renewed_in_time_lives_on(guard: KeeperProcess, new_browser: Callable[[], Browser]):
    browser = new_browser()
    now = boot_time()
    guard.until(TERM, now + UP_SECONDS, now + UP_SECONDS + 0.1)
    watched(guard, browser)
    guard.until(TERM, boot_time() + NEVER, boot_time() + NEVER)
    witness = new_browser()
    wait_until(lambda: boot_time() > now + UP_SECONDS + 0.5, GONE_SECONDS)
    assert browser.is_alive()
    assert not browser.is_cut()
    assert witness.is_alive()


def test_past_the_deadline_a_line_is_cut_before_there_is_a_process(
    guard: KeeperProcess, new_browser: Callable[[], Browser]
):
    """As by a daemon that was stopped after it had asked, and goes on to spawn."""
    browser, past = new_browser(), boot_time() - 1
    guard.until(TERM, past, past)
    guard.expect("loja", browser.ours, TERM)
    assert browser.heard() == b""
    guard.watch("loja", browser.process.pid, browser.ours, TERM)
    wait_until(lambda: not browser.is_alive(), GONE_SECONDS)


def test_what_was_allowed_under_a_former_lease_is_ended_at_once(
    guard: KeeperProcess, new_browser: Callable[[], Browser]
):
    former, late, current = new_browser(), new_browser(), new_browser()
    guard.until(TERM, boot_time() + NEVER, boot_time() + NEVER)
    watched(guard, former, "a")
    guard.until(LATER_TERM, boot_time() + NEVER, boot_time() + NEVER)
    watched(guard, late, "b", TERM)
    watched(guard, current, "c", LATER_TERM)
    wait_until(lambda: not former.is_alive() and not late.is_alive(), GONE_SECONDS)
    assert former.is_cut()
    assert late.is_cut()
    assert current.is_alive()


def test_a_stopped_browser_is_killed_all_the_same(guard: KeeperProcess, new_browser: Callable[[], Browser]):
    browser = new_browser()
    browser.process.send_signal(signal.SIGSTOP)
    guard.until(TERM, boot_time(), boot_time() + 0.1)
    watched(guard, browser)
    wait_until(lambda: not browser.is_alive(), GONE_SECONDS)


def test_a_number_that_is_another_processes_by_now_is_left_alone(
    guard: KeeperProcess, new_browser: Callable[[], Browser], tmp_path: Path
):
    browser, other = new_browser(), new_browser()
    guard.until(TERM, boot_time() + NEVER, boot_time() + NEVER)
    watched(guard, browser)
    name = line_name("loja", browser.process.pid)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        client.connect(str(tmp_path / SOCKET))
        wrong = processes.began(other.process.pid) + 1
        client.send(f"group {name} {other.process.pid} {wrong} {TERM}".encode())
        client.send(f"until {TERM} 1 1".encode())
    assert browser.heard().endswith(b"")
    assert other.is_alive()


def test_it_ends_them_when_the_daemon_is_dead(tmp_path: Path, new_browser: Callable[[], Browser]):
    browser = new_browser()
    daemon = os.fork()
    if not daemon:
        made = KeeperProcess(tmp_path, guards=True)
        made.until(TERM, boot_time() + UP_SECONDS, boot_time() + UP_SECONDS + 0.5)
        watched(made, browser)
        os._exit(0)
    os.waitpid(daemon, 0)
    browser.ours.close()
    assert browser.heard() == keeper.CLOSE
    wait_until(lambda: not browser.is_alive(), GONE_SECONDS)
    wait_until(lambda: not guards_of(tmp_path), GONE_SECONDS)


def test_what_was_not_started_is_expected_no_more(guard: KeeperProcess, new_browser: Callable[[], Browser]):
    browser = new_browser()
    guard.until(TERM, boot_time() + NEVER, boot_time() + NEVER)
    permit = Permit(Path("loja"), lambda *_: TERM, guard)
    permit.expect(browser.ours)
    assert guard.watches("loja")
    permit.ended()
    assert not guard.watches("loja")
    assert guard.take(line_name("loja", STARTING)) is None


def test_what_has_begun_is_watched_on_when_a_former_life_ends(
    guard: KeeperProcess, new_browser: Callable[[], Browser]
):
    browser = new_browser()
    guard.until(TERM, boot_time() + NEVER, boot_time() + NEVER)
    former = Permit(Path("loja"), lambda *_: TERM, guard)
    former.expect(browser.ours)
    former.watch(browser.process.pid, browser.ours)
    Permit(Path("loja"), lambda *_: TERM, guard).expect(browser.ours)
    former.ended()
    taken = guard.take(line_name("loja", STARTING))
    assert taken
    taken.close()


def test_a_daemon_that_only_keeps_does_not_hold_back_a_guard_that_it_finds(
    tmp_path: Path, guard: KeeperProcess, new_browser: Callable[[], Browser], stack: ExitStack
):
    browser, now = new_browser(), boot_time()
    guard.until(TERM, now + 0.8, now + 0.9)
    watched(guard, browser)
    guard.close()
    made = KeeperProcess(tmp_path)
    stack.callback(made.close)
    wait_until(lambda: not browser.is_alive(), GONE_SECONDS)


def test_a_guard_that_dies_is_replaced_and_knows_all_again(
    guard: KeeperProcess, new_browser: Callable[[], Browser], tmp_path: Path
):
    browser, now = new_browser(), boot_time()
    guard.until(TERM, now + 2 * UP_SECONDS, now + 2 * UP_SECONDS + 0.5)
    watched(guard, browser)
    first = wait_until(lambda: guards_of(tmp_path), GONE_SECONDS)
    os.kill(first[0], signal.SIGKILL)
    wait_until(lambda: guards_of(tmp_path) not in ([], first), GONE_SECONDS)
    assert browser.heard() == keeper.CLOSE
    wait_until(lambda: not browser.is_alive(), GONE_SECONDS)


def test_one_of_an_older_version_which_only_keeps_is_replaced(
    tmp_path: Path, new_browser: Callable[[], Browser], stack: ExitStack
):
    browser, old = new_browser(), tmp_path / "old_keeper.py"
    old.write_text(Path(keeper.__file__).read_text().replace('["guards?"]', '["never asked"]'))
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(str(tmp_path / SOCKET))
        listening.listen(4)
        process = subprocess.Popen([sys.executable, "-I", "-S", str(old), "old"], stdin=listening.fileno())
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        client.connect(str(tmp_path / SOCKET))
        name = line_name("loja", browser.process.pid)
        socket.send_fds(client, [f"keep {name}".encode()], [browser.ours.fileno()])
    made = KeeperProcess(tmp_path, guards=True)
    stack.callback(made.close)
    process.wait(GONE_SECONDS)
    made.until(TERM, boot_time(), boot_time() + 0.2)
    taken = made.take(name)
    assert taken
    made.watch("loja", browser.process.pid, taken, TERM)
    taken.close()
    wait_until(lambda: not browser.is_alive(), GONE_SECONDS)
