"""What the etcd cost while something happened, and what this process did."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import psutil

from tests.cluster.etcd_server import EtcdServers


@dataclass(frozen=True, slots=True)
class Usage:
    cores: float = 0.0
    """Of all members together, on average."""
    cores_of_one: float = 0.0
    """Of the busiest member."""
    megabytes: float = 0.0
    """Resident, of the largest member, at the end."""
    own_cores: float = 0.0
    """Of this process, which plays all machines."""


class Meter:
    def __init__(self, servers: EtcdServers) -> None:
        self._members = [psutil.Process(member.process.pid) for member in servers.members]
        self._own = psutil.Process(os.getpid())
        self.usage = Usage()

    def __enter__(self) -> Self:
        self._began, self._before, self._own_before = time.monotonic(), self._cpu(), _cpu(self._own)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds = time.monotonic() - self._began
        spent = [now - before for now, before in zip(self._cpu(), self._before, strict=True)]
        self.usage = Usage(
            sum(spent) / seconds, max(spent) / seconds,
            max(one.memory_info().rss for one in self._members) / 2**20,
            (_cpu(self._own) - self._own_before) / seconds,
        )  # fmt: skip

    def _cpu(self) -> list[float]:
        return [_cpu(one) for one in self._members]


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
