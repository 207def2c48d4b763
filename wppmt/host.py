"""The daemon and its host: one per state folder, usable folders, systemd."""

from __future__ import annotations

import asyncio
import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sdnotify

from wppmt.errors import SetupError

WATCHDOG_SECONDS = 10.0


@contextmanager
def only_one(state_dir: Path) -> Iterator[None]:
    """Two daemons on one state folder would start every browser twice. The kernel frees the lock of a dead one."""
    require_folder(state_dir, "WPP_STATE_DIR")
    with (state_dir / "daemon.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError(
                f"Outro wppmt já usa a pasta {state_dir}. Encerre-o, ou dê outra a este com WPP_STATE_DIR"
            ) from None
        yield


def require_folder(folder: Path, setting: str) -> None:
    """Raises SetupError where nothing can be written."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as failure:
        raise SetupError(f"A pasta {folder} não pode ser usada: {failure.strerror} ({setting})") from None


@contextmanager
def notified_systemd() -> Iterator[None]:
    """Type=notify with a watchdog that this very event loop has to feed."""
    systemd = sdnotify.SystemdNotifier()
    loop = asyncio.get_running_loop()

    async def feed() -> None:
        while True:
            systemd.notify("WATCHDOG=1")
            await asyncio.sleep(WATCHDOG_SECONDS)

    systemd.notify("READY=1")
    feeding = loop.create_task(feed())
    try:
        yield
    finally:
        # The watchdog must not bite while browsers go down in order.
        systemd.notify("STOPPING=1\nWATCHDOG_USEC=120000000")
        feeding.cancel()
