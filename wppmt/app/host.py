"""The daemon and its host: one per folder, usable folders, the signs of life for systemd."""

from __future__ import annotations

import asyncio
import fcntl
import os
import resource
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import sdnotify

from wppmt.app import logs
from wppmt.browser.chrome import processes
from wppmt.domain.errors import SetupError
from wppmt.domain.system_errors import explain

LOCK = "daemon.lock"
"""In the state folder; holds the pid of the daemon that has it locked, and whether its WhatsApp is simulated."""
TOKENS_LOCK = ".daemon.lock"
"""In the tokens folder; no session id begins with a dot."""
SIMULATED = "simulated"
WATCHDOG_SECONDS = 10.0


@contextmanager
def only_one(state_dir: Path, tokens_dir: Path, *, simulated: bool) -> Iterator[None]:
    """Two daemons on one folder would start, or end, every browser of the other. The kernel frees a dead one's locks."""
    with (
        _locked(tokens_dir, TOKENS_LOCK, "WPP_TOKENS_DIR"),
        _locked(state_dir, LOCK, "WPP_STATE_DIR") as lock,
    ):
        lock.write(f"{os.getpid()} {SIMULATED if simulated else ''}")
        lock.flush()
        yield


def raise_descriptors() -> None:
    """Systemd's soft limit is for programs that still use select(2); the hard one is what we may have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def descriptors() -> int:
    """How many this process may have open."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


@contextmanager
def _locked(folder: Path, name: str, setting: str) -> Iterator[TextIO]:
    require_folder(folder, setting)
    with (folder / name).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError(
                f"Outro wppmt já usa a pasta {folder}. Encerre-o ou use outra pasta ({setting})"
            ) from None
        lock.truncate(0)
        yield lock


def running(state_dir: Path) -> int | None:
    """The pid of the daemon that works on this folder. Raises OSError where its process may not be looked at."""
    pid, _ = _holder(state_dir)
    return pid


def runs_simulated(state_dir: Path) -> bool:
    """Whether a daemon works on this folder whose WhatsApp is the simulator."""
    try:
        pid, words = _holder(state_dir)
    except OSError:
        return False
    return pid is not None and SIMULATED in words


def _holder(state_dir: Path) -> tuple[int | None, Sequence[str]]:
    lock = state_dir / LOCK
    try:
        pid, *words = lock.read_text().split()
        return (int(pid), words) if processes.has_open(int(pid), lock) else (None, ())
    except (FileNotFoundError, ValueError):
        return None, ()


def require_folder(folder: Path, setting: str) -> None:
    """Make sure that the folder is ours, private and writable. Raises SetupError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_uid != os.geteuid():
            raise SetupError(
                f"A pasta {folder} pertence a outro usuário: mude o dono para o usuário que roda o wppmt ({setting})"
            )
        for path in (folder, *folder.glob("*.sqlite*")):
            _make_private(path)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as failure:
        raise SetupError(f"A pasta {folder} não pode ser usada: {explain(failure)} ({setting})") from None


def _make_private(path: Path) -> None:
    found = path.stat().st_mode
    if found & 0o077:
        path.chmod(stat.S_IMODE(found) & 0o700)
        logs.log("made_private", level="warning", path=str(path), was=f"{stat.S_IMODE(found):04o}")


@contextmanager
def notified_systemd(is_alive: Callable[[], bool], stop_seconds: float) -> Iterator[None]:
    """Type=notify with a watchdog that this very event loop has to feed, and only while `is_alive`.

    The stop that follows the block takes up to `stop_seconds`.
    """
    systemd = sdnotify.SystemdNotifier()
    loop = asyncio.get_running_loop()

    async def feed() -> None:
        while True:
            if is_alive():
                systemd.notify("WATCHDOG=1")
            await asyncio.sleep(WATCHDOG_SECONDS)

    systemd.notify("READY=1")
    feeding = loop.create_task(feed())
    try:
        yield
    finally:
        # Neither the watchdog nor TimeoutStopSec may end a stop that takes browsers down in order.
        stop_usec = round(stop_seconds * 1_000_000)
        systemd.notify(f"STOPPING=1\nWATCHDOG_USEC={stop_usec}\nEXTEND_TIMEOUT_USEC={stop_usec}")
        feeding.cancel()
        if systemd.socket:
            systemd.socket.close()
