"""A session's profile folder: private, with one writer whom the kernel watches, pruned of caches."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tenacity import wait_fixed

from wppmt.app import logs
from wppmt.browser.profile import mending
from wppmt.browser.profile.snapshots import copy_login, remove, shelve
from wppmt.polling import poll

LOCK = ".writer.lock"
OPENED_BY = ".opened-by"
"""Which engine opened it last, and its version."""
QUARANTINE = ".quarantine"
"""Beside the profiles; no session id begins with a dot."""
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


class ProfileUnreadable(Exception):
    """Chrome could not read the login that should be here; the message says why, in Portuguese."""


class ProfileFolder:
    """`<tokens root>/<session id>/`. The session id has been checked by whoever took it in."""

    def __init__(self, root: Path, session_id: str) -> None:
        self.path = root / session_id

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
        """Delete the login. Raises ProfileLocked while a browser has it, ProfileUnusable for another user's folder.

        A link or a file in its place never was a login: it goes by itself, and what a link leads to is left alone.
        """
        if not os.path.lexists(self.path):
            return
        if not stat.S_ISDIR(self.path.lstat().st_mode):
            self.path.unlink()
            return
        with self.writer(patience):
            # Renamed first, so that a half-deleted profile is never taken for a login.
            doomed = self.path.with_name(f".removed-{self.path.name}-{os.getpid()}")
            self.path.rename(doomed)
        shutil.rmtree(doomed)

    def check(self) -> None:
        """By its writer, before Chrome starts: what it would replace by an empty profile. Raises ProfileUnreadable."""
        inner = self.path / "Default"
        if inner.is_symlink():
            raise ProfileUnusable(f"{inner} é um link")
        if inner.exists() and not (inner.is_dir() and os.access(inner, os.R_OK | os.W_OK | os.X_OK)):
            raise ProfileUnreadable(f"{inner} não é uma pasta que se possa ler e escrever")

    def mend(self) -> bool:
        """By the profile's writer, before Chrome opens it. Whether something was amiss."""
        dropped = mending.mend(self.path)
        if dropped:
            what = {file: each._asdict() for file, each in dropped.items()}
            logs.log("login_mended", self.path.name, level="warning", dropped=what)
        return bool(dropped)

    def set_aside(self, keep: int, patience: float = 0.0) -> None:
        """Out of the way, into `.quarantine/`, where a person can look at it. Raises ProfileLocked."""
        if not os.path.lexists(self.path):
            return
        with self.writer(patience):
            shelve(self.path, self._quarantine, max(keep, 1))

    def replace(self, login: Path, keep: int, patience: float = 0.0) -> None:
        """A copy of `login` instead of what is here, which is set aside. Raises ProfileLocked."""
        made = self.path.with_name(f".restored-{self.path.name}")
        remove(made)
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy_login(login, made)
        self.set_aside(keep, patience)
        made.rename(self.path)

    def forget_quarantine(self) -> None:
        """The login was ended: what was set aside of it goes, too."""
        remove(self._quarantine)

    @property
    def _quarantine(self) -> Path:
        return self.path.parent / QUARANTINE / self.path.name

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
        if not os.path.lexists(self.path):
            self.path.mkdir(mode=0o700)
        found = self.path.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise ProfileUnusable(f"{self.path} não é uma pasta")
        if found.st_uid != os.getuid():
            raise ProfileUnusable(f"{self.path} pertence a outro usuário")
        if stat.S_IMODE(found.st_mode) != 0o700:
            self.path.chmod(0o700)
            logs.log(
                "made_private", level="warning", path=str(self.path), was=f"{stat.S_IMODE(found.st_mode):04o}"
            )


def _lock(descriptor: int, patience: float) -> bool:
    def is_ours() -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    return bool(poll(is_ours, patience, wait_fixed(POLL_SECONDS)))
