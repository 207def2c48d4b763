"""Streams of events over a daemon that is killed: whoever comes back with the last id misses nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
import urllib3

from tests.support import wait_until
from tests.system.api import Json
from tests.system.chromeless import chromeless, log_of
from tests.system.daemon import Daemon

SESSIONS = ("a", "b", "c")


class Reader:
    """Reads a stream for ever, as a browser does: it comes back with the last id that it has."""

    def __init__(self, daemon: Daemon, path: str) -> None:
        self.events: list[Json] = []
        self.openings = 0
        self._daemon = daemon
        self._path = path
        self._last = "0"
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def sequences(self, session: str) -> list[int]:
        return [event["sequence"] for event in self.events if event["sessionId"] == session]

    def _run(self) -> None:
        while not self._is_over.wait(0.05):
            try:
                self._read()
            except (urllib3.exceptions.HTTPError, OSError):
                continue

    def _read(self) -> None:
        headers = {"Authorization": f"Bearer {self._daemon.api.token()}", "Last-Event-ID": self._last}
        with urllib3.PoolManager(retries=False, timeout=1.0) as pool:
            response = pool.request(
                "GET", f"{self._daemon.api.url}{self._path}", headers=headers, preload_content=False
            )
            assert response.status in {200, 503}, response.data
            self.openings += response.status == 200
            begun = ""
            for line in response:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "id":
                    begun = value
                elif name == "data":
                    self.events.append(json.loads(value))
                    # What was cut off before its end is not counted as had.
                    self._last = begun
                if self._is_over.is_set():
                    return


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    made = chromeless(tmp_path)
    yield made
    made.end()


@pytest.mark.chrome
@pytest.mark.slow
def test_no_event_is_missed_or_out_of_order_over_kill_9(daemon: Daemon):
    daemon.start()
    with (
        Reader(daemon, "/api/sessions/a/events/stream") as one,
        Reader(daemon, "/api/events/stream") as everything,
    ):
        for _ in range(3):
            for session in SESSIONS:
                daemon.api.call("POST", f"/api/sessions/{session}/start")
                daemon.api.call("POST", f"/api/sessions/{session}/restart")
            wait_until(lambda: one.openings and everything.openings, 20)
            daemon.kill()
            daemon.start()
        logs = {session: [event["sequence"] for event in log_of(daemon, session)] for session in SESSIONS}
        wait_until(lambda: len(one.sequences("a")) >= len(logs["a"]), 20)
        wait_until(lambda: all(len(everything.sequences(name)) >= len(log) for name, log in logs.items()), 20)
    assert one.openings >= 2
    assert one.sequences("a")[: len(logs["a"])] == logs["a"]
    for session, log in logs.items():
        assert everything.sequences(session)[: len(log)] == log
    assert len({event["id"] for event in everything.events}) == len(everything.events)
    # A stream does not hold up the end of its daemon.
    with Reader(daemon, "/api/events/stream") as reader:
        wait_until(lambda: reader.openings, 10)
        assert daemon.stop() < 10
