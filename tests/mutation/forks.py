"""A pytest plugin: collects the tests once, then runs each mutant in a fork of this process, to the first test that fails.

Without a mutant, where none fails, it notes of each test which functions it runs and how long it takes.

Nothing here goes by the clock, which on a busy machine says nothing of the code: what never ends is ended by the
processor's time (processor_time.py), and what waits for what never comes is known by that it takes none.
"""

from __future__ import annotations

import gc
import json
import os
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import IO

import psutil
import pytest
from mutmut.mutation import trampoline

PASSED, FAILED, STOPPED, BROKEN, HANGS = range(5)
"""Exit codes; stopped: from outside."""
LOOK_SECONDS = 0.05
IDLE_SECONDS = 60.0
"""Asleep for so long, and nothing done meanwhile."""
NO_MUTANT = "stats"
"""mutmut's word for a run that notes which functions are run."""


class Active:
    """Which mutant is active in this process. mutmut's functions ask at every call: by its own way that costs more than most of them."""

    def __init__(self) -> None:
        self.mutant = ""
        self.functions: set[str] = set()
        trampoline.get_mutant_under_test = lambda: self.mutant
        trampoline.record_trampoline_hit = self._record  # type: ignore[assignment, attr-defined] # imported there

    def _record(self, function: str, caller: str | None = None) -> None:
        self.functions.add(function)


ACTIVE = Active()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mutants", type=Path, help="JSON: pairs of a mutant and the tests to run with it")
    parser.addoption(
        "--outcomes", type=Path, help="One JSON line each: mutant, code, seconds of the processor"
    )
    parser.addoption("--runs", type=Path, help="One JSON line each: test, its functions, seconds")
    parser.addoption("--children", type=int, default=2, help="How many are run at once")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    option = session.config.option
    plan = json.loads(option.mutants.read_text()) or _halves([item.nodeid for item in session.items])
    gc.freeze()
    with option.outcomes.open("w") as outcomes, option.runs.open("a") as runs:
        Forks(session, outcomes, runs, option.children).run(plan)
    return True


def _halves(tests: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
    """For two processors."""
    return [(NO_MUTANT, tests[::2]), (NO_MUTANT, tests[1::2])]


@dataclass(slots=True)
class Fork:
    mutant: str
    process: psutil.Process
    used: float = 0.0
    idle_since: float | None = None
    hangs: bool = False

    def look(self, now: float) -> None:
        """End it where it waits for what never comes."""
        times = self.process.cpu_times()
        used = times.user + times.system
        if self.process.status() != psutil.STATUS_SLEEPING or used != self.used:
            self.used, self.idle_since = used, None
        elif self.idle_since is None:
            self.idle_since = now
        elif now - self.idle_since > IDLE_SECONDS:
            self.hangs = True
            self.process.kill()


class Forks:
    def __init__(self, session: pytest.Session, outcomes: IO[str], runs: IO[str], children: int) -> None:
        self._session = session
        self._runs = runs
        self._items = {item.nodeid: item for item in session.items}
        self._outcomes = outcomes
        self._children = children
        self._running: dict[int, Fork] = {}

    def run(self, plan: Iterable[tuple[str, Sequence[str]]]) -> None:
        waiting = deque(plan)
        while waiting or self._running:
            while waiting and len(self._running) < self._children:
                self._start(*waiting.popleft())
            self._reap()

    def _start(self, mutant: str, tests: Sequence[str]) -> None:
        pid = os.fork()
        if pid == 0:
            ACTIVE.mutant = mutant
            try:
                os._exit(self._code([self._items[test] for test in tests]))
            except Exception:  # noqa: BLE001 - whatever it is, it must not go on as if it were the parent
                os._exit(BROKEN)
            except BaseException:  # noqa: BLE001 - neither then
                os._exit(STOPPED)
        self._running[pid] = Fork(mutant, psutil.Process(pid))

    def _code(self, items: Sequence[pytest.Item]) -> int:
        for item, following in zip_longest(items, items[1:]):
            began = time.process_time()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._session.testsfailed:
                return FAILED
            if ACTIVE.mutant == NO_MUTANT:
                self._note(item.nodeid, time.process_time() - began)
        return PASSED

    def _note(self, test: str, seconds: float) -> None:
        self._runs.write(json.dumps([test, sorted(ACTIVE.functions), round(seconds, 4)]) + "\n")
        self._runs.flush()
        ACTIVE.functions.clear()

    def _reap(self) -> None:
        pid, status, usage = os.wait4(-1, os.WNOHANG)
        if not pid:
            for fork in self._running.values():
                fork.look(time.monotonic())
            time.sleep(LOOK_SECONDS)
        else:
            fork = self._running.pop(pid)
            code = HANGS if fork.hangs else os.waitstatus_to_exitcode(status)
            seconds = usage.ru_utime + usage.ru_stime
            self._outcomes.write(json.dumps([fork.mutant, code, round(seconds, 2)]) + "\n")
            self._outcomes.flush()
