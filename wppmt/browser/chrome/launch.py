"""Starts and ends a tenant's Chrome and chromedriver, which form one process group."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TypeVar
from urllib.parse import urlsplit

import websocket
from tenacity import wait_fixed

from wppmt.browser.cdp import sockets
from wppmt.browser.chrome import processes
from wppmt.browser.port import StartFailed
from wppmt.polling import poll

# The program itself: /usr/bin/chromium is a script that adds flags of its own.
CHROME = Path("/usr/lib/chromium/chromium")
DRIVER = Path("/usr/bin/chromedriver")
ENVIRONMENT: Mapping[str, str] = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}

DEVTOOLS_PORT = "DevToolsActivePort"
CHROME_LOG = ".chrome.log"
DRIVER_LOG = ".chromedriver.log"
POLL_SECONDS = 0.004

ASK_SECONDS = 2.0
INTERRUPT_SHARE = 1 / 3
"""Of the time for a clean end: what is kept for SIGINT, where Browser.close has not ended Chrome."""
KILL_SECONDS = 5.0

Found = TypeVar("Found")
_asking = Lock()


@dataclass(frozen=True, slots=True)
class Programs:
    """What is installed where, and the environment that it gets."""

    chrome: Path
    driver: Path
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Launched:
    """A Chrome and a chromedriver that listen, not yet attached to each other."""

    pid: int
    devtools_url: str
    """Chrome's own socket: whoever reaches it holds the login, so it listens on loopback only."""
    driver_url: str

    @property
    def devtools_address(self) -> str:
        """Host and port."""
        return urlsplit(self.devtools_url).netloc

    def page_url(self, page: str) -> str:
        """The socket of one page."""
        return f"ws://{self.devtools_address}/devtools/page/{page}"

    @property
    def group(self) -> int:
        """Chrome leads the group."""
        return self.pid


def chrome_version(chrome: Path) -> str:
    """Such as "156.0.8078.79"; asked anew after an upgrade. Raises StartFailed."""
    try:
        # One asks, all others wait for its answer: a whole daemon's sessions are adopted at the same moment.
        with _asking:
            return _version(chrome, chrome.stat().st_mtime_ns)
    except (OSError, subprocess.TimeoutExpired) as trouble:
        raise StartFailed("CHROME_MISSING", f"{chrome}: {trouble}") from trouble


@cache
def _version(chrome: Path, _modified: int) -> str:
    answer = subprocess.run(
        [chrome, "--version"], capture_output=True, text=True, timeout=20, check=False, env=ENVIRONMENT
    )
    found = re.search(r"\d+(\.\d+)+", answer.stdout)
    if not found:
        raise StartFailed("CHROME_MISSING", f"{chrome} não disse a sua versão")
    return found[0]


def start_chrome(programs: Programs, arguments: Sequence[str], profile: Path, writer: int) -> int:
    """Its pid, which is also its process group. Chrome inherits the profile's lock and holds it while it lives."""
    (profile / DEVTOOLS_PORT).unlink(missing_ok=True)
    keep_lock = (os.POSIX_SPAWN_DUP2, writer, writer)
    return _spawn(
        [str(programs.chrome), *arguments], programs, profile / CHROME_LOG, group=0, also=[keep_lock]
    )


def start_driver(programs: Programs, profile: Path, group: int) -> int:
    """Its pid. It joins Chrome's process group, so that one signal ends both."""
    # Its usual log would hold every command, message texts included; OFF would also hide the port.
    arguments = [str(programs.driver), "--port=0", "--log-level=SEVERE", driver_mark(profile)]
    return _spawn(arguments, programs, profile / DRIVER_LOG, group=group)


def driver_mark(profile: Path) -> str:
    """An argument by which a chromedriver is found again whose Chrome is gone."""
    return f"--log-path={profile / '.chromedriver.severe.log'}"


def await_both(programs: Programs, chrome: int, driver: int, profile: Path, seconds: float) -> Launched:
    """Waits until both listen. Raises StartFailed."""
    deadline = time.monotonic() + seconds
    devtools = _await(lambda: devtools_url(profile), chrome, deadline, lambda: _chrome_failure(profile))
    address = None
    while address is None:
        try:
            address = _await(
                lambda: _driver_port(profile), driver, deadline, lambda: _driver_failure(profile)
            )
        except StartFailed as failure:
            # It chooses a free port, wants the same one of the other address family, and gives up if that is taken.
            if "port not available" not in failure.detail or time.monotonic() > deadline:
                raise
            driver = start_driver(programs, profile, chrome)
    return Launched(chrome, devtools, f"http://127.0.0.1:{address}")


def close_cleanly(pid: int, profile: Path, seconds: float) -> bool:
    """The rungs of the stop ladder that flush the login: Browser.close, then SIGINT. Whether Chrome ended by them in time.

    Never SIGTERM: it loses cookies and localStorage (measured: 7 of 8 times).
    """
    if not processes.is_alive(pid):
        return False
    deadline = time.monotonic() + seconds

    def gone_within(reserve: float) -> bool:
        return processes.wait_until_gone(pid, max(0.0, deadline - time.monotonic() - reserve))

    if _ask_to_close(profile) and gone_within(INTERRUPT_SHARE * seconds):
        return True
    processes.send(pid, signal.SIGINT)
    return gone_within(0.0)


def end(group: int) -> None:
    """The last rung: whatever of the group is left is killed and reaped, chromedriver always among it."""
    processes.end_group(group, KILL_SECONDS)


def leftovers(profile: Path) -> Sequence[int]:
    """The process groups that an earlier daemon left on this profile."""
    marks = (f"--user-data-dir={profile}", driver_mark(profile))
    pids = [pid for mark in marks for pid in processes.carrying(mark)]
    groups = {processes.group_of(pid) for pid in pids}
    return sorted(groups - {0, os.getpgrp()})


def occupied(root: Path) -> set[str]:
    """The profiles in this folder on which a Chrome or a chromedriver runs."""
    starts = (f"--user-data-dir={root}/", f"--log-path={root}/")
    return {
        argument.removeprefix(start).partition("/")[0]
        for _, arguments in processes.own_commands()
        for argument in arguments
        for start in starts
        if argument.startswith(start)
    }


def _spawn(
    command: Sequence[str],
    programs: Programs,
    output: Path,
    *,
    group: int,
    also: Sequence[tuple[int, int, int]] = (),
) -> int:
    """Output goes into a file: a pipe that nobody reads would stop the browser one day."""
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
        raise StartFailed("CHROME_MISSING", f"{command[0]}: {trouble.strerror}") from trouble


def _await(
    read: Callable[[], Found | None], pid: int, deadline: float, why: Callable[[], StartFailed]
) -> Found:
    left = deadline - time.monotonic()
    found = poll(read, left, wait_fixed(POLL_SECONDS), unless=lambda: not processes.is_alive(pid))
    if found is None:
        raise why()
    return found


def devtools_url(profile: Path) -> str | None:
    """Chrome's own socket, as it wrote it into its profile; None before."""
    # The port, then the path of the browser's own socket.
    lines = _read(profile / DEVTOOLS_PORT).splitlines()
    return f"ws://127.0.0.1:{lines[0]}{lines[1]}" if len(lines) > 1 else None


def _driver_port(profile: Path) -> int | None:
    found = re.search(r"successfully on port (\d+)", _read(profile / DRIVER_LOG))
    return int(found[1]) if found else None


def _chrome_failure(profile: Path) -> StartFailed:
    log = _read(profile / CHROME_LOG)
    if "profile appears to be in use" in log or "SingletonLock" in log:
        return StartFailed("PROFILE_LOCKED", "o Chrome diz que outro computador ou processo usa este perfil")
    if "Running as root without --no-sandbox" in log:
        return StartFailed("BROWSER_CRASHED", "o Chrome não roda como root com sandbox: use outro usuário")
    return StartFailed("BROWSER_CRASHED", f"o Chrome não abriu: {_last_line(log)}")


def _driver_failure(profile: Path) -> StartFailed:
    return StartFailed(
        "BROWSER_CRASHED", f"o chromedriver não abriu: {_last_line(_read(profile / DRIVER_LOG))}"
    )


def _ask_to_close(profile: Path) -> bool:
    """Browser.close straight to Chrome, past a chromedriver that may hang or be gone. Whether Chrome took it."""
    url = devtools_url(profile)
    if url is None:
        return False
    try:
        connection = sockets.connect(url, ASK_SECONDS)
        connection.send(json.dumps({"id": 1, "method": "Browser.close"}))
        # Its answer, or the end of the connection: either says that it was taken.
        connection.recv()
        sockets.release(connection)
    except websocket.WebSocketConnectionClosedException:
        return True
    except (OSError, websocket.WebSocketException):
        return False
    return True


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:300] if lines else "sem mensagem"
