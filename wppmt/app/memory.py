"""The daemon's own memory: how much it is, and how it is returned to the system after a burst."""

from __future__ import annotations

import ctypes
import gc

import psutil

from wppmt.domain.units import MEGABYTE

# From glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_LARGE_BYTES = 256 * 1024
_HEAVY_MB = 150.0
"""More than the daemon needs for ten tenants."""


def tame_allocator() -> None:
    """Before any thread: glibc keeps what threads have freed in heaps of their own, and large blocks after the first.

    With both thresholds fixed, a body of ten megabytes is the system's again as soon as it is freed.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, 2)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        libc.mallopt(_M_TRIM_THRESHOLD, _LARGE_BYTES)


def weigh() -> float:
    """Resident megabytes, after what lies free in between has been given back. Takes milliseconds, in any thread."""
    if _resident() > _HEAVY_MB:
        # Refused requests die in circles with their bodies, which an idle interpreter would keep for minutes.
        gc.collect()
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
    return _resident()


def give_back() -> None:
    """What the daemon itself can spare. Some tens of milliseconds, in any thread."""
    gc.collect()
    weigh()


def _resident() -> float:
    return float(psutil.Process().memory_info().rss) / MEGABYTE
