"""Who is running: found by folder and by descent, never by name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil


def of_folder(folder: Path) -> set[psutil.Process]:
    """Own processes whose command line names something in `folder`."""
    return {process for process in _own() if str(folder) in "\0".join(command(process))}


def descendants(process: psutil.Process) -> set[psutil.Process]:
    """The process and all that it started, as far as they still descend from it."""
    with suppress(psutil.NoSuchProcess):
        return {process, *process.children(recursive=True)}
    return set()


def groups(processes: Iterable[psutil.Process]) -> set[psutil.Process]:
    """All members of the process groups of `processes`: a browser's helpers need not name its folder."""
    wanted = set()
    for process in processes:
        with suppress(ProcessLookupError):
            wanted.add(os.getpgid(process.pid))
    wanted -= {os.getpgrp()}
    return {process for process in _own() if _group(process) in wanted}


def alive(processes: Iterable[psutil.Process]) -> set[psutil.Process]:
    """Those that still run; a zombie that nobody has reaped yet does not."""
    left = set()
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                left.add(process)
    return left


def browser(profile: Path) -> psutil.Process | None:
    """The Chrome on this profile: the one process that is not a helper of another."""
    for process in _own():
        words = command(process)
        if f"--user-data-dir={profile}" in words and not any(part.startswith("--type=") for part in words):
            return process
    return None


def carrying(argument: str) -> psutil.Process | None:
    """The own process that was started with exactly this argument."""
    return next((process for process in _own() if argument in command(process)), None)


def command(process: psutil.Process) -> list[str]:
    """Its words; none of one that has just ended."""
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return list(process.cmdline())
    return []


def _own() -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess):
            if process.uids().real == os.getuid():
                yield process


def _group(process: psutil.Process) -> int:
    with suppress(ProcessLookupError):
        return os.getpgid(process.pid)
    return 0
