"""What a program can do inside the sandbox, and what it cannot."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.support import eventually
from wppmt.media.sandbox import Limits, Sandbox, SandboxFailed

PYTHON = (sys.executable, "-I", "-c")


NO_FILES = Limits()


async def run(code: str, limits: Limits = NO_FILES) -> str:
    return (await Sandbox().run(*PYTHON, code, limits=limits)).decode().strip()


async def test_a_program_does_its_work_and_is_heard():
    assert await run("print(6 * 7)") == "42"


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "socket.socketpair()",
        "socket.create_connection(('127.0.0.1', {port}))",
    ],
)
async def test_there_are_no_sockets(attempt: str):
    with socket.create_server(("127.0.0.1", 0)) as server:
        tried = attempt.format(port=server.getsockname()[1])
        code = f"import socket\ntry:\n    {tried}\nexcept PermissionError:\n    print('refused')"
        assert await run(code) == "refused"


@pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="Linux alone")
async def test_nor_for_what_it_starts():
    child = "import socket; socket.socket()"
    code = (
        f"import subprocess, sys\nprint(subprocess.call([sys.executable, '-I', '-c', {child!r}], stderr=-3))"
    )
    assert await run(code) == "1"


@pytest.mark.slow
async def test_memory_is_limited():
    code = "try:\n    bytearray(800_000_000)\nexcept MemoryError:\n    print('short')"
    assert await run(code, Limits(memory_mb=400)) == "short"
    assert await run(code.replace("'short'", "''"), Limits(memory_mb=2000)) == ""


@pytest.mark.slow
async def test_processor_time_is_limited():
    with pytest.raises(SandboxFailed):
        await run("while True: pass", Limits(cpu_seconds=1, seconds=8))


@pytest.mark.parametrize(("limit", "size", "fits"), [(0, 1, False), (1000, 1000, True), (1000, 1001, False)])
async def test_files_are_limited(tmp_path: Path, limit: int, size: int, fits: bool):
    code = (
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"import pathlib\npathlib.Path({str(tmp_path / 'x')!r}).write_bytes(b'x' * {size})"
    )
    if fits:
        assert await run(code, Limits(file_bytes=limit)) == ""
    else:
        with pytest.raises(SandboxFailed):
            await run(code, Limits(file_bytes=limit))


async def test_what_it_says_is_limited():
    with pytest.raises(SandboxFailed):
        await run("while True: print('x' * 1000)")
    assert len(await run("print('x' * 100)", Limits(output_bytes=101))) == 100


async def test_it_sees_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WPP_SECRET", "segredo")
    assert await run("import os; print(os.environ.get('WPP_SECRET'), os.getcwd())") == "None /"


async def test_no_rights_are_gained():
    assert "NoNewPrivs:\t1" in await run("print(open('/proc/self/status').read())")


@pytest.mark.parametrize("code", ["import sys; sys.exit(3)", "import os; os.kill(os.getpid(), 9)", "1/0"])
async def test_a_bad_end_is_reported(code: str):
    with pytest.raises(SandboxFailed):
        await run(code)


async def test_a_program_that_is_not_there():
    with pytest.raises(SandboxFailed):
        await Sandbox().run("/nonexistent/program")


def pids_in(file: Path) -> list[int]:
    return [int(word) for word in file.read_text().split()] if file.exists() else []


FAMILY = """
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, '-I', '-c', 'import time; time.sleep(60)'])
os.write(os.open({file!r}, os.O_CREAT | os.O_WRONLY), f'{{os.getpid()}} {{child.pid}}'.encode())
time.sleep(60)
"""


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.slow
async def test_at_the_deadline_it_ends_with_all_that_it_started(tmp_path: Path):
    file, began = tmp_path / "pids", time.monotonic()
    with pytest.raises(SandboxFailed):
        await run(FAMILY.format(file=str(file)), Limits(seconds=3.0, file_bytes=100))
    assert time.monotonic() - began < 8
    pids = pids_in(file)
    assert len(pids) == 2
    await eventually(lambda: all(map(is_gone, pids)))


async def test_a_caller_who_leaves_ends_it(tmp_path: Path):
    file = tmp_path / "pids"
    running = asyncio.create_task(run(FAMILY.format(file=str(file)), Limits(file_bytes=100)))
    await eventually(lambda: len(pids_in(file)) == 2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await eventually(lambda: all(map(is_gone, pids_in(file))))


async def test_it_does_not_outlive_a_daemon_that_is_killed(tmp_path: Path):
    file = tmp_path / "pids"
    inner = f"import os,time\nos.write(os.open({str(file)!r}, os.O_CREAT | os.O_WRONLY), str(os.getpid()).encode())\ntime.sleep(60)"
    daemon = (
        "import asyncio, sys\nfrom wppmt.media.sandbox import Sandbox, Limits\n"
        f"asyncio.run(Sandbox().run(sys.executable, '-I', '-c', {inner!r}, limits=Limits(file_bytes=100)))"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", daemon)
    await eventually(lambda: len(pids_in(file)) == 1)
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    await eventually(lambda: is_gone(pids_in(file)[0]))


async def test_more_than_may_run_at_once_wait_for_their_turn(tmp_path: Path):
    sandbox, folder = Sandbox(at_once=1), tmp_path
    code = f"import pathlib, sys, time\nplace = pathlib.Path({str(folder)!r}, 'busy')\nplace.mkdir()\ntime.sleep(0.05)\nplace.rmdir()"
    await asyncio.gather(*(sandbox.run(*PYTHON, code) for _ in range(3)))
