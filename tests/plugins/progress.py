"""Says every half minute how far a long test run is, also while one test takes its time."""

from __future__ import annotations

import threading
import time

import pytest

EVERY_SECONDS = 25.0


class Progress:
    """A pytest plugin for the process that prints."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self._terminal = terminal
        self._began = time.monotonic()
        self._total = self._done = self._failed = 0
        self._running: list[str] = []
        self._over = threading.Event()
        threading.Thread(target=self._tell, name="progress", daemon=True).start()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._total = len(session.items)

    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._total = len(ids)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._running.append(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed += report.failed

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._done += 1
        self._running.remove(nodeid)

    def pytest_sessionfinish(self) -> None:
        self._over.set()

    def _tell(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            seconds = round(time.monotonic() - self._began)
            now = ", ".join(self._running[:2]) or "collecting"
            self._terminal.ensure_newline()
            self._terminal.write_line(
                f"[{seconds} s] {self._done} of {self._total} tests, {self._failed} failed; now: {now}"
            )
