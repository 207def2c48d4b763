"""How many processors the service may use, and how much of them it has used itself."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def available(cgroups: Path = CGROUPS, own: Path = Path("/proc/self/cgroup")) -> float:
    """The machine's, or what a limit around this process leaves of them (CPUQuota=, a container's)."""
    return min([float(len(os.sched_getaffinity(0))), *_quotas(cgroups, own)])


def used_seconds() -> float:
    """By this process, not by its children."""
    return time.process_time()


def _quotas(cgroups: Path, own: Path) -> Iterator[float]:
    """Of this process's cgroup and of those above it; only of version 2."""
    try:
        paths = [line.removeprefix("0::") for line in own.read_text().splitlines() if line.startswith("0::")]
    except OSError:
        return
    for path in paths:
        folder = cgroups / path.lstrip("/")
        for above in (folder, *folder.parents):
            if above.is_relative_to(cgroups):
                yield from _quota(above / "cpu.max")


def _quota(file: Path) -> Iterator[float]:
    try:
        quota, period = file.read_text().split()
    except (OSError, ValueError):
        return
    if quota.isdecimal() and int(quota):
        yield int(quota) / int(period)
