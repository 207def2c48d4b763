"""The processes of a tenant, by way of /proc: who they are, what they weigh, how they end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tenacity import wait_none

from wppmt.polling import poll

PROC = Path("/proc")


def members(group: int) -> Sequence[int]:
    """The living processes of a process group, zombies left out."""
    return [pid for pid in _pids() if _stat(pid)[1:] == (group, False)]


def threads(pid: int) -> Sequence[int]:
    """None, where the process is gone."""
    try:
        return [int(task.name) for task in (PROC / str(pid) / "task").iterdir()]
    except OSError:
        return []


def groups(known: Mapping[int, int]) -> Mapping[int, int]:
    """The process group of each process of the machine; that of those already `known` is not read again."""
    return {pid: known[pid] if pid in known else group_of(pid) for pid in _pids()}


def fields(pid: int) -> Sequence[str] | None:
    """Of /proc/PID/stat, from the state on (proc_pid_stat(5), its number 3); None when it is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The name in parentheses may hold spaces and parentheses itself.
    return text.rpartition(")")[2].split()


def carrying(argument: str) -> Sequence[int]:
    """Own processes started with exactly this argument, Chrome's helper processes (`--type=`) left out."""
    return [pid for pid, arguments in own_commands() if argument in arguments]


def own_commands() -> Iterator[tuple[int, Sequence[str]]]:
    """Our user's processes and their command lines, Chrome's helper processes left out."""
    for pid in _pids():
        with contextlib.suppress(OSError):
            if (PROC / str(pid)).stat().st_uid != os.getuid():
                continue
            arguments = arguments_of(pid)
            if not any(argument.startswith("--type=") for argument in arguments):
                yield pid, arguments


def arguments_of(pid: int) -> Sequence[str]:
    """Its command line, the program first; empty when it is a zombie. Raises OSError when it is gone."""
    text = (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace")
    return text.removesuffix("\0").split("\0") if text else []


def is_own(pid: int) -> bool:
    """Whether it lives and runs as our user."""
    try:
        return (PROC / str(pid)).stat().st_uid == os.getuid() and is_alive(pid)
    except OSError:
        return False


def has_open(pid: int, path: Path) -> bool:
    """Whether this very file is among its open ones. Raises OSError when it is gone, or not ours."""
    wanted = path.stat()
    for descriptor in (PROC / str(pid) / "fd").iterdir():
        with contextlib.suppress(OSError):
            found = descriptor.stat()
            if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
                return True
    return False


def group_of(pid: int) -> int:
    """Its process group; 0 when it is gone."""
    return _stat(pid)[1]


def began(pid: int) -> int:
    """When it began, in ticks since the boot: with its number, which is given to others later, it is one of a kind; 0 when it is gone."""
    found = fields(pid)
    return int(found[19]) if found else 0


def is_alive(pid: int) -> bool:
    """Whether it runs, or could if it were not stopped; a zombie does not."""
    _, group, zombie = _stat(pid)
    return group != 0 and not zombie


def wait_until_gone(pid: int, seconds: float) -> bool:
    """Blocks until the process has ended, a child of ours or not; reaps it if it is. False after `seconds`."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        ended = bool(select.select([descriptor], [], [], seconds)[0])
    finally:
        os.close(descriptor)
    if ended:
        _reap(pid)
    return ended


def send(pid: int, number: signal.Signals) -> None:
    """A signal, to a process that may be gone already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def kill_group(group: int) -> None:
    """SIGKILL to all of a process group, which may be gone already. Works on stopped processes too."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def end_group(group: int, seconds: float) -> None:
    """SIGKILL and wait: when this returns, no process of the group is left, nor a zombie that is our child's."""
    deadline = time.monotonic() + seconds

    def has_ended() -> bool:
        kill_group(group)
        left = [pid for pid in _pids() if _stat(pid)[1] == group]
        for pid in left:
            wait_until_gone(pid, max(0.0, deadline - time.monotonic()))
        # Orphans of Chrome go to whoever reaps orphans; that may take a moment, and is not ours to wait for.
        return not members(group)

    poll(has_ended, seconds, wait_none())


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal())


def _stat(pid: int) -> tuple[int, int, bool]:
    """Parent, process group, whether a zombie; zeros when it is gone."""
    found = fields(pid)
    if found is None:
        return 0, 0, False
    state, parent, group = found[:3]
    return int(parent), int(group), state == "Z"
