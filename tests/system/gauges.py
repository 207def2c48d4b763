"""What is measured beside something else: how long work takes meanwhile, how much processes grow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import psutil

from tests.support import meanwhile
from tests.system import processes
from tests.system.daemon import Daemon
from tests.system.tenant import Tenant


class Stopwatch:
    """Does something again and again; how long each time took, in seconds."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.times: list[float] = []
        self._work = work
        self._over = threading.Event()

    def running(self) -> AbstractContextManager[None]:
        return meanwhile(self._run, self._over)

    def _run(self) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            self._work()
            self.times.append(time.monotonic() - began)


class Scale:
    """What the daemon, and a tenant's browser, weigh at most while it runs, in bytes above the beginning."""

    def __init__(self, daemon: Daemon, tenant: Tenant) -> None:
        self._daemon = psutil.Process(daemon.pid)
        self._browser = processes.groups({tenant.browser})
        self.began = self._weigh()
        self.most = self.began

    def look(self) -> None:
        now = self._weigh()
        self.most = max(now[0], self.most[0]), max(now[1], self.most[1])
        time.sleep(0.02)

    def _weigh(self) -> tuple[int, int]:
        alive = processes.alive(self._browser)
        return self._daemon.memory_info().rss, sum(process.memory_full_info().pss for process in alive)

    @property
    def growth(self) -> tuple[int, int]:
        return self.most[0] - self.began[0], self.most[1] - self.began[1]
