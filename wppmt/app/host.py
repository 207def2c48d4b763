"""The daemon and its host: one per state folder, usable folders, the socket and the signs of life for systemd."""

from __future__ import annotations

import asyncio
import fcntl
import os
import resource
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path

import sdnotify

from wppmt.app import logs
from wppmt.browser.chrome import processes
from wppmt.domain.errors import SetupError
from wppmt.domain.system_errors import told

LOCK = "daemon.lock"
"""In the state folder; holds the pid of the daemon that has it locked."""
WATCHDOG_SECONDS = 10.0
LISTEN_FD = 3
"""The first one that is handed over, and the only one that we take: sd_listen_fds(3)."""


@contextmanager
def only_one(state_dir: Path) -> Iterator[None]:
    """Two daemons on one state folder would start every browser twice. The kernel frees the lock of a dead one."""
    require_folder(state_dir, "WPP_STATE_DIR")
    with (state_dir / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError(
                f"Outro wppmt já usa a pasta {state_dir}. Encerre-o ou use outra pasta (WPP_STATE_DIR)"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def raise_descriptors() -> None:
    """Systemd's soft limit is for programs that still use select(2); the hard one is what we may have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def descriptors() -> int:
    """How many this process may have open."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def running(state_dir: Path) -> int | None:
    """The pid of the daemon that works on this folder. Raises OSError where its process may not be looked at."""
    lock = state_dir / LOCK
    try:
        pid = int(lock.read_text())
        return pid if processes.has_open(pid, lock) else None
    except (FileNotFoundError, ValueError):
        return None


def require_folder(folder: Path, setting: str) -> None:
    """A folder that is ours alone: made private where it was not. Raises SetupError where that, or writing, fails."""
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
        raise SetupError(f"A pasta {folder} não pode ser usada: {told(failure)} ({setting})") from None


def _make_private(path: Path) -> None:
    found = path.stat().st_mode
    if found & 0o077:
        path.chmod(stat.S_IMODE(found) & 0o700)
        logs.log("made_private", level="warning", path=str(path), was=f"{stat.S_IMODE(found):04o}")


def inherited_socket(
    environ: MutableMapping[str, str], pid: int, fd: int = LISTEN_FD
) -> socket.socket | None:
    """The listening TCP socket that systemd, or whoever plays its part, handed to the process `pid`.

    Its variables leave `environ`, and no child gets it. Raises SetupError where it is nothing to serve HTTP on.
    """
    named = {name: environ.pop(name, "") for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")}
    if named["LISTEN_PID"] != str(pid):
        return None
    if named["LISTEN_FDS"] != "1":
        raise SetupError(f"wppmt.socket deve entregar um só soquete (LISTEN_FDS={named['LISTEN_FDS']})")
    try:
        listening = socket.socket(fileno=fd)
        is_listening = listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as failure:
        raise SetupError(f"O que wppmt.socket entregou não é um soquete: {told(failure)}") from None
    if not is_listening or listening.family not in {socket.AF_INET, socket.AF_INET6}:
        listening.close()
        raise SetupError("wppmt.socket deve entregar um soquete TCP que escuta: ListenStream=endereço:porta")
    listening.set_inheritable(False)
    return listening


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
