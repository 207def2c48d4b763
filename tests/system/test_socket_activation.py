"""On a socket that outlives the daemon a restart costs nobody a request: 200, or 503 with Retry-After; no Chrome."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
import urllib3

from tests.support import wait_until
from tests.system.chromeless import chromeless
from tests.system.daemon import STOP_SECONDS, Daemon

pytestmark = [pytest.mark.slow, pytest.mark.timeout(90)]

CLIENTS = 4
"""Of each kind."""


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    made = chromeless(tmp_path, activated=True)
    try:
        yield made
    finally:
        made.end()


class Hammer:
    """Asks for the sessions without a pause: some on a connection that is kept, some on a new one each time."""

    def __init__(self, daemon: Daemon) -> None:
        self._url = f"{daemon.api.url}/api/sessions"
        self._headers = {"Authorization": f"Bearer {daemon.api.token()}"}
        self.outcomes: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._over = threading.Event()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        threads = [
            threading.Thread(target=self._ask, args=(keeps,))
            for keeps in (True, False)
            for _ in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def answers(self, status: str) -> int:
        with self._lock:
            return self.outcomes[status]

    def _ask(self, keeps: bool) -> None:
        with urllib3.PoolManager(maxsize=1, retries=False, timeout=urllib3.Timeout(30)) as pool:
            headers = self._headers | ({} if keeps else {"Connection": "close"})
            while not self._over.is_set():
                try:
                    outcome = _told(pool.request("GET", self._url, headers=headers))
                except urllib3.exceptions.HTTPError as failure:
                    outcome = repr(failure)
                with self._lock:
                    self.outcomes[outcome] += 1


def _told(answer: urllib3.BaseHTTPResponse) -> str:
    if answer.status == 503:
        in_form = answer.json()["code"] == "DRAINING" and answer.headers["Retry-After"]
        return "later" if in_form and answer.headers["Connection"] == "close" else f"503 {answer.data!r}"
    return str(answer.status)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR2], ids=["stop", "handover"])
def test_a_restart_costs_nobody_a_request(daemon: Daemon, number: signal.Signals):
    daemon.start()
    hammer = Hammer(daemon)
    with hammer.at_work():
        for _ in range(3):
            before = hammer.answers("200")
            wait_until(lambda before=before: hammer.answers("200") > before + 50, 20)  # type: ignore[misc]
            daemon.process.send_signal(number)
            assert daemon.process.wait(STOP_SECONDS) == 0, daemon.stderr()
            daemon.start()
    assert set(hammer.outcomes) <= {"200", "later"}, hammer.outcomes
    assert hammer.outcomes["later"] > 0


def test_no_child_inherits_it_and_its_address_is_the_one_that_counts(tmp_path: Path):
    daemon = Daemon(tmp_path, activated=True, WPP_CHROME="/bin/false", WPP_CHROMEDRIVER="/bin/false")
    daemon.environ["WPP_PORT"] = "1"
    try:
        daemon.start()
        [simulator] = psutil.Process(daemon.pid).children()
        assert daemon.port in listened_to(psutil.Process(daemon.pid))
        assert daemon.port not in listened_to(simulator)
        assert not [name for name in simulator.environ() if name.startswith("LISTEN_")]
        differs, ready = wait_until(lambda: both(daemon)) or [{}, {}]
        assert "127.0.0.1:1" in differs["details"]["note"]
        assert (ready["details"]["host"], ready["details"]["port"]) == ("127.0.0.1", daemon.port)
        daemon.stop()
    finally:
        daemon.end()


def both(daemon: Daemon) -> list[dict[str, Any]] | None:
    """A line may be on its way to the file still."""
    lines = [line for line in daemon.log() if line["event"] in {"socket_differs", "ready"}]
    return lines if len(lines) == 2 else None


def listened_to(process: psutil.Process) -> set[int]:
    return {one.laddr.port for one in process.net_connections() if one.status == psutil.CONN_LISTEN}
