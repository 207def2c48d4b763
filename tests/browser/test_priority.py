"""A browser that starts is behind the others, and beside them when it is up; only where that can be taken back."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import wait_until
from wppmt.browser.chrome import priority, processes

THREADS = 3
WORK = f"""
import threading
input()
for _ in range({THREADS}):
    threading.Thread(target=threading.Event().wait).start()
"""


@pytest.fixture
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """Starts its threads when it is given a line."""
    with subprocess.Popen([sys.executable, "-c", WORK], stdin=subprocess.PIPE, process_group=0) as process:
        yield process
        process.kill()


def ranks(pid: int) -> list[int]:
    return [os.getpriority(os.PRIO_PROCESS, thread) for thread in processes.threads(pid)]


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root, or a limit as in the service's unit")
def test_every_thread_goes_back_and_forward(worker: subprocess.Popen[bytes]) -> None:
    priority.step_back(worker.pid)
    assert worker.stdin
    worker.stdin.write(b"\n")
    worker.stdin.flush()
    wait_until(lambda: len(processes.threads(worker.pid)) == 1 + THREADS)
    assert set(ranks(worker.pid)) == {priority.STARTING}
    os.setpriority(os.PRIO_PROCESS, worker.pid, 5)
    priority.step_forward(worker.pid)
    assert sorted(ranks(worker.pid)) == [0] * THREADS + [5]


def test_who_could_not_come_back_does_not_go(
    worker: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (19, 19))
    priority.step_back(worker.pid)
    assert ranks(worker.pid) == [0]


def score(pid: int) -> int:
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


@pytest.mark.parametrize(("found", "then"), [(-500, 100), (0, 100), (300, 300)])
def test_a_browser_gives_up_the_daemon_s_protection_from_the_end_of_memory(
    worker: subprocess.Popen[bytes], tmp_path: Path, found: int, then: int
) -> None:
    """On a stand-in for /proc: only root may take a score below the one it has."""
    file = tmp_path / str(worker.pid) / "oom_score_adj"
    file.parent.mkdir()
    file.write_text(f"{found}\n")
    priority.expend(worker.pid, tmp_path)
    assert int(file.read_text()) == then


def test_anyone_may_do_so(worker: subprocess.Popen[bytes]) -> None:
    priority.expend(worker.pid)
    assert score(worker.pid) >= priority.EXPENDABLE


def test_a_process_that_is_gone_is_nobodys_trouble(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait()
    priority.step_back(worker.pid)
    priority.step_forward(worker.pid)
