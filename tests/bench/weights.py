"""What processes weigh and how long they have computed, by way of /proc."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass

import psutil

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Weight:
    """Megabytes (2^20 bytes). PSS shares out what several processes map; USS is what would be free without them."""

    pss: float = 0.0
    uss: float = 0.0
    rss: float = 0.0


def weigh(processes: Iterable[psutil.Process]) -> Weight:
    """All together; who ends meanwhile counts nothing."""
    pss = uss = rss = 0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            memory = process.memory_full_info()
            pss, uss, rss = pss + memory.pss, uss + memory.uss, rss + memory.rss
    return Weight(pss / MEGABYTE, uss / MEGABYTE, rss / MEGABYTE)


def cpu_percent(processes: Callable[[], Iterable[psutil.Process]], seconds: float) -> float:
    """Percent of one core that they use together over `seconds`; asks before and after who they are."""
    before, began = _cpu_seconds(processes()), time.monotonic()
    time.sleep(seconds)
    after, passed = _cpu_seconds(processes()), time.monotonic() - began
    return 100 * sum(after[process] - before.get(process, 0.0) for process in after) / passed


def _cpu_seconds(processes: Iterable[psutil.Process]) -> dict[psutil.Process, float]:
    found = {}
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            found[process] = times.user + times.system
    return found
