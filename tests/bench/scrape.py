"""`/metrics` beside 500 sessions with fake browsers: how long a reading takes, and what it does to sends meanwhile.

A part of `make bench`; `python -m tests.bench.scrape` measures it alone.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from statistics import quantiles

from actors.runtime.dependencies import RuntimeDependencies
from actors.runtime.directory import Directory
from actors.runtime.effects import Mind, Worker
from actors.runtime.interpreter import Interpreter
from actors.runtime.pykka_threads import PykkaThreads
from actors.supervisor.messages import Boot
from actors.supervisor.root import Root
from actors.workers.load import MONITOR_ACTOR, Measure
from tests.bench.figures import Report, machine
from tests.defaults import SETTINGS
from tests.support import eventually
from wppmt.app import metering, wiring
from wppmt.browser.fake.browsers import FakeBrowsers
from wppmt.domain.messages import ROOT_ACTOR, session_address
from wppmt.domain.occurrences import SendAnswered, SendOutcome
from wppmt.domain.sends import SendText
from wppmt.domain.states import State
from wppmt.http.handlers.metrics import listening
from wppmt.media.received import ReceivedMediaFiles
from wppmt.metrics.exposition import exposition
from wppmt.metrics.loop_lag import LoopLag
from wppmt.store.records import SessionRecord
from wppmt.store.sqlite.store import SqliteStore

SESSIONS = 500
SENDS_PER_SECOND = 40
BLOCKS = 3
SCRAPE_SECONDS = 1.0
"""Fifteen times as often as usual."""
READ = (
    f"while sleep {SCRAPE_SECONDS}; do curl -s -f -o /dev/null -w '%{{time_total}}\\n' \"$0\" || exit 1; done"
)
CONNECT_SECONDS = 90.0
FRIEND = "5511888880001"
GOAL_MS = 100.0


class Crowd:
    """As wppmt/app/daemon.py composes it, but for the browsers and the webhooks."""

    def __init__(self, folder: Path, sessions: int) -> None:
        self.loop = asyncio.get_running_loop()
        self.directory = Directory()
        self.meter = metering.new_meter(SETTINGS, self.directory.statuses)
        self.store = SqliteStore(folder / "wppmt.sqlite", count=self.meter.count)
        self.threads = PykkaThreads(self.loop)
        self.lag = LoopLag()
        self.names = [f"cliente-{number:03d}" for number in range(sessions)]
        self.browsers = FakeBrowsers(self._later, time.time)
        self.browsers.world.add_phone(FRIEND)
        for number, name in enumerate(self.names):
            self._pair(name, f"55119{number:08d}")
        world = RuntimeDependencies(
            now=time.time,
            browsers=self.browsers,
            new_session=partial(wiring.new_session, self.store, wiring.tools(SETTINGS, self.store)),
            new_shared_actor=self._new_shared_actor,
            post=lambda _, __: None,
            log=lambda *_, **__: None,
            received=ReceivedMediaFiles(folder, limit=1, quota=1, keep_seconds=1, now=time.time),
            count=self.meter.count,
        )
        self.runtime = Interpreter(self.directory, self.threads, world)
        root = Root(
            self.store,
            shared_actors=(MONITOR_ACTOR,),
            max_sessions=sessions,
            starts_at_once=sessions,
            memory_limit_mb=10**6,
            is_alive=self.directory.is_alive,
            status=self.directory.status,
        )
        self.runtime.spawn(ROOT_ACTOR, root).put(Boot())

    def text(self) -> bytes:
        mailboxes = self.directory.mailboxes
        return exposition(metering.sources(SETTINGS, self.meter, self.store, mailboxes, self.lag, time.time))

    async def connected(self) -> None:
        def are_all() -> bool:
            states = [status.record.state for status in self.directory.statuses()]
            return states == [State.CONNECTED] * len(self.names)

        await eventually(are_all, CONNECT_SECONDS)

    async def send(self, name: str) -> float:
        """Milliseconds until WhatsApp's acknowledgement was answered."""
        began = time.perf_counter()
        await self.directory.ask(session_address(name), SendText(FRIEND, "oi"), 30)
        seconds = time.perf_counter() - began
        self.meter.count(SendAnswered(name, SendOutcome.SENT, seconds))
        return 1000 * seconds

    def _pair(self, name: str, number: str) -> None:
        """It was connected when the daemon before went."""
        self.browsers.world.link(number, name)
        self.browsers.world.profiles[name].is_saved = True
        now = time.time()
        record = SessionRecord(
            name, now, state=State.CONNECTED, since=now, has_login=True, phone=number, last_phone=number
        )
        with self.store.transaction() as transaction:
            transaction.save(record)

    def _later(self, delay: float, function: Callable[[], None]) -> None:
        self.loop.call_soon_threadsafe(self.loop.call_later, delay, function)

    def _new_shared_actor(self, _: str) -> tuple[Mind | Worker, object]:
        return wiring.monitor(SETTINGS, self.runtime.browsers.loads, self.meter), Measure()


@asynccontextmanager
async def crowd(sessions: int) -> AsyncIterator[Crowd]:
    with tempfile.TemporaryDirectory(prefix="wppmt-bench-", ignore_cleanup_errors=True) as folder:
        made = Crowd(Path(folder), sessions)
        try:
            await made.connected()
            async with made.lag.watched():
                yield made
        finally:
            await asyncio.to_thread(made.threads.stop)
            made.store.close()


@contextmanager
def _place() -> Iterator[socket.socket]:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        yield place


async def _send_for(seconds: float, made: Crowd) -> list[float]:
    """At an even pace, whether earlier ones are answered or not."""
    under_way, numbers = [], count()
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        name = made.names[next(numbers) * 7 % len(made.names)]
        under_way.append(asyncio.create_task(made.send(name)))
        await asyncio.sleep(1 / SENDS_PER_SECOND)
    return list(await asyncio.gather(*under_way))


@asynccontextmanager
async def _reading(url: str, times: list[float]) -> AsyncIterator[None]:
    """By another process, all the time; milliseconds, as it sees them. Started before anything is measured."""
    reader = await asyncio.create_subprocess_exec("bash", "-c", READ, url, stdout=asyncio.subprocess.PIPE)
    assert reader.stdout
    await asyncio.sleep(SCRAPE_SECONDS)
    try:
        yield
    finally:
        reader.terminate()
        times += [1000 * float(line) for line in (await reader.stdout.read()).split()]
        await reader.wait()


async def _measure(report: Report, progress: Callable[[str], None], seconds: float, sessions: int) -> None:
    progress(f"{sessions} sessões com navegadores simulados")
    alone, beside, reads = list[float](), list[float](), list[float]()
    async with crowd(sessions) as made:
        with _place() as place:
            url = f"http://127.0.0.1:{place.getsockname()[1]}/metrics"
            async with listening([place], made.text):
                await _send_for(2, made)
                for block in range(BLOCKS):
                    progress(f"envios com e sem leituras {block + 1} de {BLOCKS}")
                    alone.append(_p99(await _send_for(seconds, made)))
                    async with _reading(url, reads):
                        beside.append(_p99(await _send_for(seconds, made)))
    add = report.add
    add("scrape", f"ler /metrics com {sessions} sessões", "ms", reads, GOAL_MS)
    add("scrape_sends_alone_p99", f"envios, {SENDS_PER_SECOND}/s, percentil 99", "ms", alone)
    add("scrape_sends_p99", "o mesmo, com /metrics lido a cada segundo", "ms", beside)


def _p99(values: list[float]) -> float:
    return quantiles(values, n=100)[98]


def measure_scrape(report: Report, progress: Callable[[str], None], *, quick: bool = False) -> None:
    seconds, sessions = (4.0, 100) if quick else (10.0, SESSIONS)
    asyncio.run(_measure(report, progress, seconds, sessions))


def main() -> None:
    report = Report()
    measure_scrape(report, partial(print, file=sys.stderr), quick="--quick" in sys.argv)
    print(machine(), report.table(), sep="\n")  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
