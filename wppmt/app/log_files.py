"""Which of the log files that were rotated away have to go."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from pathlib import Path

MEGABYTE = 1_000_000
_DAY = 86_400.0

Retention = Callable[[Iterable[str | Path]], None]
"""loguru's: called with all files of one log at every rotation, when the file that was written to has been renamed."""


def rotate_at(rotate_mb: int, total_mb: int) -> int:
    """Bytes: at least two files have to fit."""
    return min(rotate_mb, max(total_mb // 2, 1)) * MEGABYTE


def retention(keep_days: int, total_mb: int, room: int, now: Callable[[], float] = time.time) -> Retention:
    """Keeps files for so long, and no more of them than leave `room` bytes of the total for the one to come."""

    def delete(files: Iterable[str | Path]) -> None:
        left = total_mb * MEGABYTE - room
        for file in sorted(map(Path, files), key=_written_at, reverse=True):
            with contextlib.suppress(OSError):
                found = file.stat()
                left -= found.st_size
                if left < 0 or found.st_mtime < now() - keep_days * _DAY:
                    file.unlink()

    return delete


def _written_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0
