"""Starts a tenant's Chrome, with a line to it, and finds those that an earlier daemon left."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from socket import socket
from threading import Lock

from wppmt.browser.cdp import line
from wppmt.browser.chrome import processes
from wppmt.browser.port import StartFailed
from wppmt.domain.system_errors import explain

# The program itself: /usr/bin/chromium is a script that adds flags of its own.
CHROME = Path("/usr/lib/chromium/chromium")
HEADLESS_SHELL = Path("/usr/lib/chromium/chromium-headless-shell")
ENVIRONMENT: Mapping[str, str] = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
"""Never the daemon's own, which holds secrets."""

CHROME_LOG = ".chrome.log"
PIPE = (3, 4)
"""Where --remote-debugging-pipe reads and writes."""
FREE_DESCRIPTOR = 10
"""Above all those that have a meaning to Chrome."""
POLL_SECONDS = 0.004

_asking = Lock()


@dataclass(frozen=True, slots=True)
class Programs:
    """What is installed where, and the environment that it gets."""

    chrome: Path
    environment: Mapping[str, str]


def chrome_version(chrome: Path) -> str:
    """Such as "156.0.8078.79"; asked anew after an upgrade. Raises StartFailed."""
    try:
        # One asks, all others wait for its answer: a whole daemon's sessions are adopted at the same moment.
        with _asking:
            return _version(chrome, chrome.stat().st_mtime_ns)
    except OSError as trouble:
        raise StartFailed("CHROME_MISSING", f"{chrome}: {explain(trouble)}") from trouble
    except subprocess.TimeoutExpired as trouble:
        raise StartFailed("CHROME_MISSING", f"{chrome} não disse a sua versão a tempo") from trouble


@cache
def _version(chrome: Path, _modified: int) -> str:
    answer = subprocess.run(
        [chrome, "--version"], capture_output=True, text=True, timeout=20, check=False, env=ENVIRONMENT
    )
    found = re.search(r"\d+(\.\d+)+", answer.stdout)
    if not found:
        raise StartFailed("CHROME_MISSING", f"{chrome} não disse a sua versão")
    return found[0]


def start_chrome(
    programs: Programs,
    command: Sequence[str],
    profile: Path,
    writer: int,
    expected: Callable[[socket], None] = lambda _: None,
) -> tuple[int, socket]:
    """Its pid, which is also its process group, and our end of the line to it. Raises StartFailed.

    Chrome inherits the profile's lock and holds it while it lives. `expected` is handed our end before there is a Chrome.
    """
    ours, theirs = line.pair()
    with theirs, moved_up(writer) as lock, moved_up(theirs.fileno()) as end:
        inherited = [(os.POSIX_SPAWN_DUP2, lock, lock)]
        inherited += [(os.POSIX_SPAWN_DUP2, end, place) for place in PIPE]
        try:
            expected(ours)
            pid = spawn(command, programs, profile / CHROME_LOG, also=inherited)
        except (StartFailed, OSError):
            ours.close()
            raise
    return pid, ours


def leftovers(profile: Path, *marks: str) -> Sequence[int]:
    """The process groups that an earlier daemon left on this profile; `marks` are arguments of Chrome's companions."""
    pids = [pid for mark in (f"--user-data-dir={profile}", *marks) for pid in processes.carrying(mark)]
    groups = {processes.group_of(pid) for pid in pids}
    return sorted(groups - {0, os.getpgrp()})


def occupied(root: Path, *options: str) -> set[str]:
    """The profiles in this folder that something runs on: what was started with `--user-data-dir` or one of `options`."""
    starts = [f"{option}={root}/" for option in ("--user-data-dir", *options)]
    return {
        argument.removeprefix(start).partition("/")[0]
        for _, arguments in processes.own_commands()
        for argument in arguments
        for start in starts
        if argument.startswith(start)
    }


def spawn(
    command: Sequence[str],
    programs: Programs,
    output: Path,
    *,
    group: int = 0,
    also: Sequence[tuple[int, int, int]] = (),
) -> int:
    """Its pid; 0 is a process group of its own. Raises StartFailed.

    Output goes into a file: a pipe that nobody reads would stop the browser one day.
    """
    write_anew = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    files = [
        *also,
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(output), write_anew, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    try:
        return os.posix_spawn(
            command[0],
            list(command),
            programs.environment,
            file_actions=files,
            setpgroup=group,
            # Also where the daemon was started with SIGINT ignored: it is a rung of the stop ladder.
            setsigdef=[signal.SIGPIPE, signal.SIGINT],
        )
    except OSError as trouble:
        raise StartFailed("CHROME_MISSING", f"{command[0]}: {explain(trouble)}") from trouble


@contextmanager
def moved_up(descriptor: int) -> Iterator[int]:
    """A copy that no file action of a spawn overwrites."""
    copy = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, FREE_DESCRIPTOR)
    try:
        yield copy
    finally:
        os.close(copy)


def read(path: Path) -> str:
    """Empty where there is nothing to read."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:300] if lines else "sem mensagem"
