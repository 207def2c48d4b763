"""A file system as the disk watch sees it: how much is free, and a ballast that can be let go."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

BALLAST = ".ballast"
"""In the folder that is watched."""
MEGABYTE = 1_000_000


class Disk:
    """Implements actors.disk.Disk."""

    def __init__(self, folder: Path, ballast_mb: int) -> None:
        self._folder = folder
        self._ballast = folder / BALLAST
        self._size = ballast_mb * MEGABYTE

    def free_mb(self) -> int:
        """What this user may still write: nothing, where the folder is gone."""
        try:
            found = os.statvfs(self._folder)
        except OSError:
            return 0
        return found.f_bavail * found.f_frsize // MEGABYTE

    def keep_ballast(self) -> None:
        if not self._size or self._has_ballast():
            return
        try:
            with self._ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size)
        except OSError:
            self.let_ballast_go()

    def let_ballast_go(self) -> None:
        with contextlib.suppress(OSError):
            self._ballast.unlink(missing_ok=True)

    def _has_ballast(self) -> bool:
        try:
            return self._ballast.stat().st_size == self._size
        except OSError:
            return False
