"""The daemon's own memory: how much it is, and how it is returned to the system after a burst."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable

import psutil

from wppmt.domain.units import MEGABYTE

# From glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_LARGE_BYTES = 256 * 1024
_HEAVY_MB = 150.0
"""More than the daemon needs for ten tenants."""
_GROWN = 1.25
"""Times what was left after the last collection."""


def tame_allocator() -> None:
    """Before any thread: glibc keeps what threads have freed in heaps of their own, and large blocks after the first.

    With both thresholds fixed, a body of ten megabytes is the system's again as soon as it is freed.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, 2)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        libc.mallopt(_M_TRIM_THRESHOLD, _LARGE_BYTES)


def give_back() -> None:
    """What the daemon itself can spare. Some tens of milliseconds, in any thread."""
    gc.collect()
    _trim()


def _trim() -> None:
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)


def _resident() -> float:
    return float(psutil.Process().memory_info().rss) / MEGABYTE


class OwnWeight:
    """Resident megabytes, after what lies free in between has been given back. Takes milliseconds, in any thread.

    More only where they have grown: refused requests die in circles with their bodies, which an idle interpreter would keep
    for minutes. To look for these stops every thread, for the longer, the more sessions there are.
    """

    def __init__(
        self, resident: Callable[[], float] = _resident, collect: Callable[[], object] = gc.collect
    ) -> None:
        self._resident = resident
        self._collect = collect
        self._limit = _HEAVY_MB

    def __call__(self) -> float:
        has_grown = self._resident() > self._limit
        if has_grown:
            self._collect()
        _trim()
        found = self._resident()
        # Without a collection it may sink, not rise: what grows slowly is looked at, too.
        grown = _GROWN * found
        self._limit = max(_HEAVY_MB, grown if has_grown else min(self._limit, grown))
        return found
