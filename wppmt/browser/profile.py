"""A session's profile folder: private, with one writer whom the kernel watches, pruned of caches."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = ".writer.lock"
POLL_SECONDS = 0.01
# Written by Chrome anew; measured: cookies, localStorage and IndexedDB are untouched without them.
CACHES = (
    "BrowserMetrics",
    "Crash Reports",
    "GPUPersistentCache",
    "GrShaderCache",
    "GraphiteDawnCache",
    "Safe Browsing",
    "ShaderCache",
    "component_crx_cache",
    "segmentation_platform",
    "Default/Cache",
    "Default/Code Cache",
    "Default/DawnGraphiteCache",
    "Default/DawnWebGPUCache",
    "Default/GPUCache",
    "Default/Service Worker/CacheStorage",
    "Default/Service Worker/ScriptCache",
    "Default/blob_storage",
    "Default/shared_proto_db",
)


class ProfileLocked(Exception):
    """Another process, alive, writes to this profile."""


class ProfileUnusable(Exception):
    """The folder is not a private folder of ours; the message says why, in Portuguese."""


class Profile:
    """`<tokens root>/<session id>/`. The session id has been checked by whoever took it in."""

    def __init__(self, root: Path, session_id: str) -> None:
        self.path = root / session_id

    def has_login(self) -> bool:
        """Whether Chrome has ever kept anything here."""
        return (self.path / "Default").is_dir() and not self.path.is_symlink()

    @contextmanager
    def writer(self, patience: float = 0.0) -> Iterator[int]:
        """The writer's lock as a file descriptor; a process that inherits it keeps the lock until it ends.

        The lock belongs to the open file, not to us: after the `with`, it is held exactly as long as the browser lives.
        Chrome's own SingletonLock is never touched. A killed browser is gone from the process list before it lets go
        of the lock: that is waited for, `patience` seconds. Raises ProfileLocked, ProfileUnusable.
        """
        self._make()
        descriptor = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            if not _lock(descriptor, patience):
                raise ProfileLocked(str(self.path))
            yield descriptor
        finally:
            os.close(descriptor)

    def remove(self, patience: float = 0.0) -> None:
        """Delete the login. Raises ProfileLocked while a browser has it."""
        if not os.path.lexists(self.path):
            return
        with self.writer(patience):
            # Renamed first, so that a half-deleted profile is never taken for a login.
            doomed = self.path.with_name(f".removed-{self.path.name}-{os.getpid()}")
            self.path.rename(doomed)
        shutil.rmtree(doomed)

    def prune(self) -> None:
        """Delete what Chrome can make anew. Only after a clean stop; skipped while a browser has the profile."""
        try:
            with self.writer():
                for cache in CACHES:
                    shutil.rmtree(self.path / cache, ignore_errors=True)
        except ProfileLocked:
            return

    def _make(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.mkdir(mode=0o700, exist_ok=True)
        found = self.path.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise ProfileUnusable(f"{self.path} não é uma pasta")
        if found.st_uid != os.getuid():
            raise ProfileUnusable(f"{self.path} pertence a outro usuário")
        if stat.S_IMODE(found.st_mode) != 0o700:
            self.path.chmod(0o700)


def _lock(descriptor: int, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS)
        else:
            return True
