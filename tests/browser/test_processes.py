"""What /proc tells of a tenant's processes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import wait_until
from wppmt.browser.chrome import processes
from wppmt.browser.chrome.census import Census
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


def weigh(group: int) -> Load:
    return processes.load(group, Census().members(group))


def test_one_walk_serves_all_groups_of_a_moment() -> None:
    walks: list[float] = []
    now = 0.0

    def walk() -> dict[int, list[int]]:
        walks.append(now)
        return {7: [7, 8], **({9: [9]} if len(walks) > 1 else {})}

    census = Census(walk, lambda: now)
    assert [census.members(7), census.members(7)] == [[7, 8], [7, 8]]
    assert len(walks) == 1
    assert census.members(9) == [9], "one that has just begun is looked for"
    assert len(walks) == 2
    now = 2.0
    assert census.members(7) == [7, 8]
    assert len(walks) == 3


def test_weight_is_of_the_whole_group(sleeper: Sleeper) -> None:
    weight = weigh(sleeper.pid)
    assert 1 < weight.uss <= weight.pss < 100
    processes.end_group(sleeper.pid, 5)
    assert weigh(sleeper.pid).pss == 0


BURNS = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time\\nwhile time.process_time() < 0.3: pass'])"
"""A child works for a third of a second and is waited for; then the parent waits for its input."""
STAYS = f"{BURNS}\nsys.stdin.read()"


def test_processor_time_of_a_child_that_has_ended_still_counts() -> None:
    with subprocess.Popen([sys.executable, "-c", STAYS], stdin=subprocess.PIPE, process_group=0) as parent:
        wait_until(lambda: weigh(parent.pid).cpu_seconds >= 0.1)
        # A child that has ended counts nothing until its parent has waited for it.
        wait_until(
            lambda: processes.members(parent.pid) == [parent.pid] and weigh(parent.pid).cpu_seconds >= 0.1
        )
        processes.end_group(parent.pid, 5)
    assert weigh(parent.pid) == Load()
