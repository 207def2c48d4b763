"""What the processes of a group take of the machine.

Their memory costs the kernel a walk through all their page tables, a millisecond each and more: where a process is as
large as when it was when last measured, it is not measured again.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from wppmt.browser.chrome import processes
from wppmt.browser.chrome.census import Census
from wppmt.browser.port import Load
from wppmt.domain.units import MEGABYTE

KIBIBYTES_PER_MEGABYTE = MEGABYTE / 1024
"""/proc says kB and means 1024 bytes."""
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
MOVED_PAGES = MEGABYTE // os.sysconf("SC_PAGE_SIZE")
MOVED_PART = 1 / 32
"""Less than either is what a page does at rest."""
ANEW_SECONDS = 60.0
"""What a process shares changes with the others, too."""
PRIVATE = {"Private_Clean:", "Private_Dirty:", "Private_Hugetlb:"}


def memory_of(pid: int) -> tuple[int, int]:
    """A process's share of what it has in memory, and what is its own alone. Raises OSError when it is gone."""
    pss = uss = 0
    for line in (processes.PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        name, *value = line.split()
        if name == "Pss:":
            pss += int(value[0])
        elif name in PRIVATE:
            uss += int(value[0])
    return pss, uss


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Of one process, in kibibytes; as large as it was then, in pages."""

    pss: int
    uss: int
    began: str
    resident: int
    at: float

    def holds(self, began: str, resident: int, now: float) -> bool:
        moved = abs(resident - self.resident)
        has_stayed = moved < max(MOVED_PAGES, MOVED_PART * self.resident)
        return began == self.began and has_stayed and now - self.at < ANEW_SECONDS


class LoadMeter:
    """For one group, and one thread at a time."""

    def __init__(
        self,
        census: Census,
        measure: Callable[[int], tuple[int, int]] = memory_of,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._census = census
        self._measure = measure
        self._clock = clock
        self._known: dict[int, MemoryUse] = {}

    def load(self, group: int) -> Load:
        """What ends meanwhile counts nothing, but with who has waited for it."""
        ticks = 0
        found: dict[int, MemoryUse] = {}
        for pid in self._census.members(group):
            fields = processes.fields(pid)
            if fields is None or int(fields[2]) != group or fields[0] == "Z":
                continue
            # User and system time, its own and that of the children it has waited for.
            ticks += sum(map(int, fields[11:15]))
            with contextlib.suppress(OSError):
                found[pid] = self._memory(pid, fields[19], int(fields[21]))
        self._known = found
        pss = sum(one.pss for one in found.values())
        uss = sum(one.uss for one in found.values())
        return Load(pss / KIBIBYTES_PER_MEGABYTE, uss / KIBIBYTES_PER_MEGABYTE, ticks / TICKS_PER_SECOND)

    def _memory(self, pid: int, began: str, resident: int) -> MemoryUse:
        now = self._clock()
        known = self._known.get(pid)
        if known and known.holds(began, resident, now):
            return known
        return MemoryUse(*self._measure(pid), began, resident, now)
