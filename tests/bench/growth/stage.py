"""What the daemon costs with so many sessions: one process of it, looked at from outside and over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.bench.load import asked
from tests.bench.weights import cpu_percent, weigh
from tests.support import free_port, wait_until
from tests.system.daemon import ROOT, Daemon
from wppmt.app.running import DATABASE
from wppmt.domain.states import State
from wppmt.store.records import SessionRecord
from wppmt.store.sqlite.store import SqliteStore

BOOT_SECONDS = 180.0
EVENTS_SECONDS = 60.0
SETTLE_SECONDS = 2.0
LOOK_SECONDS = 0.1
READERS = 1
"""Connections that read statuses, one request at a time each: it is the latency that is measured, not the rate."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Of one daemon. Memory is PSS (MB), that of the fake browsers included; times are seconds."""

    sessions: int
    memory_mb: float
    threads: int
    boot: float
    boot_cpu: float
    status_p50: float
    status_p99: float
    events_per_second: float
    event_cpu: float
    """The daemon's processor time for each; as `boot_cpu`, it says something on a busy machine, too, and is without what it
    would have used meanwhile with nothing happening."""
    idle_percent: float
    """Of one core, nothing happening."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long each measure lasts."""

    read_seconds: float = 5.0
    events: int = 3000
    idle_seconds: float = 30.0


class FakeDaemon(Daemon):
    """`tests.bench.growth.fake_daemon` on a store with so many connected sessions; webhooks go to `sink`."""

    ready_seconds = BOOT_SECONDS

    def __init__(self, folder: Path, sessions: int, sink: str) -> None:
        super().__init__(
            folder,
            WPP_SIMULATOR="external",
            WPP_MAX_SESSIONS=str(max(sessions, 1)),
            WPP_MEMORY_LIMIT_MB="1000000",
            WEBHOOK_URL=sink,
        )
        self.names = [f"cliente-{number:04d}" for number in range(sessions)]
        self._fill(folder / "state")

    def launch(self) -> subprocess.Popen[bytes]:
        with (self.folder / "stderr").open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.growth.fake_daemon"],
                cwd=ROOT,
                env=self.environ,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                process_group=0,
            )
        return self._process

    def end(self) -> None:
        super().end()
        if self._process and self._process.stdin:
            self._process.stdin.close()

    def receive(self, messages: int) -> None:
        """So many arrive, spread over all sessions."""
        assert self.process.stdin
        self.process.stdin.write(f"{messages}\n".encode())
        self.process.stdin.flush()

    def await_connected(self) -> None:
        """All of them."""
        _look(lambda: self.connected == len(self.names), BOOT_SECONDS)

    def await_told(self) -> None:
        """No webhook waits."""
        _look(lambda: self.pending == 0, EVENTS_SECONDS)

    @property
    def connected(self) -> int:
        counts: dict[str, int] = self.api.get("/api/health")["sessions"]
        return counts.get(State.CONNECTED.value, 0)

    @property
    def pending(self) -> int:
        return int(self.api.get("/api/health")["webhooks"]["pending"])

    def _fill(self, state: Path) -> None:
        state.mkdir(mode=0o700, parents=True)
        store, now = SqliteStore(state / DATABASE), time.time()
        with store.transaction() as transaction:
            for number, name in enumerate(self.names):
                phone = f"55119{number:08d}"
                transaction.save(
                    SessionRecord(
                        name,
                        now,
                        state=State.CONNECTED,
                        since=now,
                        has_login=True,
                        phone=phone,
                        last_phone=phone,
                    )
                )
        store.close()


def measure(sessions: int, effort: Effort, progress: Callable[[str], None]) -> Costs:
    """Boot, rest, status reads, events; then the process ends."""
    with (
        tempfile.TemporaryDirectory(prefix="wppmt-bench-", ignore_cleanup_errors=True) as folder,
        _sink() as port,
    ):
        daemon = FakeDaemon(Path(folder), sessions, f"http://127.0.0.1:{port}/")
        try:
            return _measured(daemon, port, effort, progress)
        finally:
            daemon.end()


def _measured(daemon: FakeDaemon, port: int, effort: Effort, progress: Callable[[str], None]) -> Costs:
    sessions = len(daemon.names)
    progress(f"{sessions} sessões: início")
    began = time.monotonic()
    daemon.start()
    process = psutil.Process(daemon.pid)
    daemon.await_connected()
    boot, boot_cpu = time.monotonic() - began, _cpu_seconds(process)
    daemon.await_told()
    time.sleep(SETTLE_SECONDS)
    progress(f"{sessions} sessões: em repouso")
    idle = cpu_percent(lambda: [process], effort.idle_seconds)
    memory, threads = weigh([process]).pss, process.num_threads()
    progress(f"{sessions} sessões: leituras de status")
    read = _read(daemon, effort.read_seconds)
    progress(f"{sessions} sessões: {effort.events} mensagens recebidas")
    used, told_since = _cpu_seconds(process), time.monotonic()
    rate = _events_per_second(daemon, port, effort.events)
    at_rest = idle / 100
    event_cpu = _cpu_seconds(process) - used - at_rest * (time.monotonic() - told_since)
    return Costs(
        sessions=sessions,
        memory_mb=memory,
        threads=threads,
        boot=boot,
        boot_cpu=boot_cpu - at_rest * boot,
        status_p50=read["p50"] / 1000,
        status_p99=read["p99"] / 1000,
        events_per_second=rate,
        event_cpu=event_cpu / effort.events,
        idle_percent=idle,
    )


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _read(daemon: FakeDaemon, seconds: float) -> dict[str, float]:
    paths = [f"/api/sessions/{name}/status" for name in daemon.names]
    token = daemon.api.token()
    return asked(
        {"port": daemon.port, "paths": paths, "token": token, "seconds": seconds, "connections": READERS}
    )


def _events_per_second(daemon: FakeDaemon, port: int, events: int) -> float:
    """From the first message in a page to the last webhook at its receiver."""
    before = len(_received(port))
    began = time.time()
    daemon.receive(events)
    _look(lambda: len(_received(port)) >= before + events, EVENTS_SECONDS)
    return events / (max(_received(port).values()) - began)


def _look(predicate: Callable[[], bool], limit: float) -> None:
    """Now and then only: an answer costs the more, the more sessions there are, and would be measured with the rest."""
    end = time.monotonic() + limit
    while not predicate():
        assert time.monotonic() < end, f"not within {limit} s"
        time.sleep(LOOK_SECONDS)


def _received(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
        return dict(json.load(answer))


@contextmanager
def _sink() -> Iterator[int]:
    port = free_port()
    with subprocess.Popen([sys.executable, "-m", "tests.bench.sink", str(port)], cwd=ROOT) as process:
        try:
            wait_until(lambda: _is_up(port), 10)
            yield port
        finally:
            process.terminate()


def _is_up(port: int) -> bool:
    try:
        _received(port)
    except OSError:
        return False
    return True
