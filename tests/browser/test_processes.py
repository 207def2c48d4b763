"""What /proc tells of a tenant's processes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support import wait_until
from wppmt.browser.chrome import processes
from wppmt.browser.chrome.census import ANEW_SECONDS as CENSUS_ANEW_SECONDS
from wppmt.browser.chrome.census import FRESH_SECONDS, Census
from wppmt.browser.chrome.load_meter import ANEW_SECONDS as MEMORY_ANEW_SECONDS
from wppmt.browser.chrome.load_meter import LoadMeter, memory_of
from wppmt.browser.port import Load

Sleeper = subprocess.Popen[bytes]


@pytest.fixture
def sleeper() -> Iterator[Sleeper]:
    """A process that leads a group of two."""
    script = "import subprocess,time; subprocess.Popen(['/bin/sleep', '60']); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", script, "--mark=/tmp/a b"], process_group=0)
    wait_until(lambda: len(processes.members(process.pid)) == 2)
    yield process
    processes.end_group(process.pid, 5)
    process.wait()


def test_a_group_is_ended_to_the_last(sleeper: Sleeper) -> None:
    assert sleeper.pid in processes.members(sleeper.pid)
    assert processes.is_alive(sleeper.pid)
    processes.end_group(sleeper.pid, 5)
    assert processes.members(sleeper.pid) == []
    assert not processes.is_alive(sleeper.pid)


def test_a_stopped_group_is_ended_too(sleeper: Sleeper) -> None:
    for pid in processes.members(sleeper.pid):
        processes.send(pid, signal.SIGSTOP)
    processes.end_group(sleeper.pid, 5)
    assert processes.members(sleeper.pid) == []


def test_ending_what_is_gone_does_nothing(sleeper: Sleeper) -> None:
    processes.end_group(sleeper.pid, 5)
    started = time.monotonic()
    processes.end_group(sleeper.pid, 5)
    processes.send(sleeper.pid, signal.SIGINT)
    assert processes.wait_until_gone(sleeper.pid, 5)
    assert time.monotonic() - started < 1
    assert processes.group_of(sleeper.pid) == 0


def test_waiting_has_a_limit(sleeper: Sleeper) -> None:
    assert not processes.wait_until_gone(sleeper.pid, 0.05)
    assert processes.is_alive(sleeper.pid)


def test_a_zombie_is_not_alive_and_is_reaped() -> None:
    child = subprocess.Popen(["/bin/true"])
    wait_until(lambda: not processes.is_alive(child.pid))
    assert processes.group_of(child.pid) != 0
    assert processes.wait_until_gone(child.pid, 5)
    assert processes.group_of(child.pid) == 0
    child.wait()


def test_processes_are_found_by_an_exact_argument(sleeper: Sleeper) -> None:
    assert processes.carrying("--mark=/tmp/a b") == [sleeper.pid]
    assert processes.carrying("--mark=/tmp/a") == []
    assert processes.carrying("--mark") == []


def test_helpers_are_not_found() -> None:
    helper = subprocess.Popen(["/bin/sh", "-c", "sleep 60; :", "--mark=helper", "--type=renderer"])
    try:
        assert processes.carrying("--mark=helper") == []
    finally:
        helper.kill()
        helper.wait()


def test_a_name_that_looks_like_the_rest_of_the_line_misleads_nobody(tmp_path: Path) -> None:
    program = tmp_path / "a) S 1 1 ("
    program.write_bytes(Path("/bin/sleep").read_bytes())
    program.chmod(0o700)
    process = subprocess.Popen([program, "60"], process_group=0)
    try:
        assert processes.group_of(process.pid) == process.pid
        assert processes.members(process.pid) == [process.pid]
    finally:
        process.kill()
        process.wait()


GROWS = "print(flush=True); input(); held = bytearray(b'1' * (20 << 20)); print(flush=True); input()"


class Machine:
    """Its processes, and their groups."""

    def __init__(self, running: dict[int, int], walk_seconds: float = 0.0) -> None:
        self.running = running
        self.walk_seconds = walk_seconds
        self.now = 0.0
        self.walks = 0
        self.read: list[int] = []

    def groups(self, known: Mapping[int, int]) -> Mapping[int, int]:
        self.walks += 1
        self.now += self.walk_seconds
        self.read += [pid for pid in self.running if pid not in known]
        return {pid: known.get(pid, group) for pid, group in self.running.items()}


def load_of(group: int) -> Load:
    return LoadMeter(Census()).load(group)


def test_one_walk_serves_all_groups_of_a_moment() -> None:
    machine = Machine({7: 7, 8: 7})
    census = Census(machine.groups, lambda: machine.now)
    assert [census.members(7), census.members(7)] == [[7, 8], [7, 8]]
    assert machine.walks == 1
    machine.running[9] = 9
    assert census.members(9) == [9], "one that has just begun is looked for"
    assert machine.walks == 2
    machine.now = FRESH_SECONDS + 1
    assert census.members(7) == [7, 8]
    assert machine.walks == 3


def test_a_walk_that_takes_long_serves_all_of_them() -> None:
    machine = Machine({7: 7, 8: 8, 9: 9}, walk_seconds=2 * FRESH_SECONDS)
    census = Census(machine.groups, lambda: machine.now)
    assert [census.members(group) for group in (7, 8, 9)] == [[7], [8], [9]]
    assert machine.walks == 1


def test_who_is_known_is_not_read_again_for_a_minute() -> None:
    machine = Machine({7: 7, 8: 7})
    census = Census(machine.groups, lambda: machine.now)
    census.members(7)
    machine.running[9] = 7
    machine.now = FRESH_SECONDS + 1
    assert census.members(7) == [7, 8, 9]
    assert machine.read == [7, 8, 9]
    machine.running[8] = 10
    machine.now += CENSUS_ANEW_SECONDS
    assert census.members(7) == [7, 9], "its number has gone to another"


def test_what_is_as_large_as_before_is_not_measured_again_for_a_minute(sleeper: Sleeper) -> None:
    now = 0.0
    measured: list[int] = []

    def measure(pid: int) -> tuple[int, int]:
        measured.append(pid)
        return memory_of(pid)

    meter = LoadMeter(Census(), measure, lambda: now)
    first = meter.load(sleeper.pid)
    assert len(measured) == 2
    assert meter.load(sleeper.pid) == first
    assert len(measured) == 2
    now = MEMORY_ANEW_SECONDS
    meter.load(sleeper.pid)
    assert len(measured) == 4


def test_what_could_not_be_measured_is_tried_again(sleeper: Sleeper) -> None:
    refused = set(processes.members(sleeper.pid))

    def measure(pid: int) -> tuple[int, int]:
        if pid in refused:
            refused.remove(pid)
            raise PermissionError
        return memory_of(pid)

    meter = LoadMeter(Census(), measure, lambda: 0.0)
    assert meter.load(sleeper.pid).pss == 0
    assert meter.load(sleeper.pid).pss > 1


def test_what_has_grown_is_measured_again() -> None:
    measured: list[int] = []

    def measure(pid: int) -> tuple[int, int]:
        measured.append(pid)
        return memory_of(pid)

    with subprocess.Popen(
        [sys.executable, "-c", GROWS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0
    ) as grows:
        assert grows.stdin
        assert grows.stdout
        grows.stdout.readline()
        meter = LoadMeter(Census(), measure, lambda: 0.0)
        before = meter.load(grows.pid).uss
        grows.stdin.write(b"\n")
        grows.stdin.flush()
        grows.stdout.readline()
        assert meter.load(grows.pid).uss > before + 15
        assert len(measured) == 2
        processes.end_group(grows.pid, 5)


def test_load_is_of_the_whole_group(sleeper: Sleeper) -> None:
    load = load_of(sleeper.pid)
    assert 1 < load.uss <= load.pss < 100
    processes.end_group(sleeper.pid, 5)
    assert load_of(sleeper.pid).pss == 0


BURNS = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time\\nwhile time.process_time() < 0.3: pass'])"
"""A child works for a third of a second and is waited for; then the parent waits for its input."""
STAYS = f"{BURNS}\nsys.stdin.read()"


def test_processor_time_of_a_child_that_has_ended_still_counts() -> None:
    with subprocess.Popen([sys.executable, "-c", STAYS], stdin=subprocess.PIPE, process_group=0) as parent:
        wait_until(lambda: load_of(parent.pid).cpu_seconds >= 0.1)
        # A child that has ended counts nothing until its parent has waited for it.
        wait_until(
            lambda: processes.members(parent.pid) == [parent.pid] and load_of(parent.pid).cpu_seconds >= 0.1
        )
        processes.end_group(parent.pid, 5)
    assert load_of(parent.pid) == Load()
