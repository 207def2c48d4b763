"""What the sessions' profiles take of the disk: thousands of files each, so they are looked at in small portions."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from wppmt.domain.units import MEGABYTE

FRESH_SECONDS = 60.0
WINDOW_SECONDS = 10.0
WINDOW_BUDGET = 0.1
"""Seconds of looking in each window: one hundredth of a core, however many profiles there are."""


class ProfileSizes:
    """Sizes in MB, each measured when somebody asks and the last measure is old; what does not fit now is next."""

    def __init__(self, tokens_dir: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._tokens_dir = tokens_dir
        self._clock = clock
        self._known: dict[str, tuple[float, int]] = {}
        """When it was measured, and what came of it."""
        self._window_ends = 0.0
        self._left = 0.0

    def of(self, session_id: str) -> int | None:
        """None: there is no profile, or there was no time for it yet. May read the disk."""
        # Of hundreds at once: a Path would cost more than the look itself.
        folder = os.path.join(self._tokens_dir, session_id)  # noqa: PTH118
        if not os.path.isdir(folder):  # noqa: PTH112
            self._known.pop(session_id, None)
            return None
        now = self._clock()
        measured_at, size = self._known.get(session_id, (None, None))
        is_fresh = measured_at is not None and now - measured_at < FRESH_SECONDS
        if is_fresh or not self._has_time(now):
            return size
        size = _megabytes(Path(folder))
        self._known[session_id] = now, size
        self._left -= self._clock() - now
        return size

    def _has_time(self, now: float) -> bool:
        if now >= self._window_ends:
            self._window_ends, self._left = now + WINDOW_SECONDS, WINDOW_BUDGET
        return self._left > 0


def _megabytes(folder: Path) -> int:
    """Files that Chrome removes meanwhile are passed over."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.lstat().st_blocks * 512
    return round(total / MEGABYTE)
