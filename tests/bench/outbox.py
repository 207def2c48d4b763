"""The durable half, without browsers: commits, webhooks end to end, and a store with a million rows.

A part of `make bench`; `python -m tests.bench.outbox` measures it alone.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Self

from actors.runtime.dependencies import RuntimeDependencies
from actors.runtime.directory import Directory
from actors.runtime.effects import Post
from actors.runtime.interpreter import Interpreter
from actors.runtime.pykka_threads import PykkaThreads
from actors.webhooks.actor import WebhookMind
from actors.webhooks.messages import Attempted, OutboxGrew
from tests.bench.figures import Report, machine
from tests.defaults import webhook_policy, webhook_schedule
from tests.support import free_port, wait_until
from wppmt.domain.messages import WEBHOOK_ACTOR
from wppmt.net.egress import Egress, policy
from wppmt.store.outbox_records import Lane, SigningSecrets
from wppmt.store.records import EventDraft, SessionRecord
from wppmt.store.sqlite.store import SqliteStore
from wppmt.webhook.signature import new_secret
from wppmt.webhook.transport import WebhookTransport

RUNS = 3
PAYLOAD = {"message": {"id": "3EB0F6F2E2E2E2E2E30", "body": "x" * 400, "timestamp": 1739202900}}
_ids = count(1)
NOTHING: Any = None
"""Parts of the world that webhooks never touch."""


def draft(endpoint: str | None, at: float) -> EventDraft:
    return EventDraft(f"evt_{next(_ids):026d}", "message_received", at, PAYLOAD, endpoint)


def p99(values: list[float]) -> float:
    return quantiles(values, n=100)[98]


@contextmanager
def store() -> Iterator[SqliteStore]:
    folder = Path(tempfile.mkdtemp(prefix="wppmt-bench-"))
    made = SqliteStore(folder / "wppmt.sqlite")
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(folder)


def commits(total: int = 3000) -> dict[str, float]:
    """A received message as a session commits it: registry row, received id, event, outbox."""
    taken = []
    with store() as made:
        for number in range(total):
            began = time.perf_counter()
            with made.transaction() as transaction:
                transaction.save(SessionRecord("a", 1.0, messages_received=number))
                transaction.remember_received("a", f"m{number}", 1.0)
                transaction.record("a", draft("http://x.test/", 1.0))
            taken.append(time.perf_counter() - began)
    return {
        "commits/s": total / sum(taken),
        "commit p50 ms": median(taken) * 1e3,
        "commit p99 ms": p99(taken) * 1e3,
    }


class Delivery:
    """The real actor in its thread, the real transport on a loop of its own, a receiver in another process."""

    def __init__(self, made: SqliteStore) -> None:
        self.store = made
        self.port = free_port()
        self.sink = subprocess.Popen([sys.executable, "-m", "tests.bench.sink", str(self.port)])
        wait_until(self._is_up)
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.transport = WebhookTransport(
            Egress(policy([f"127.0.0.1:{self.port}"])), timeout_seconds=30.0, now=time.time
        )
        world = RuntimeDependencies(
            now=time.time,
            browsers=NOTHING,
            new_session=NOTHING,
            new_shared_actor=NOTHING,
            post=self._post,
            log=lambda *_, **__: None,
            received=NOTHING,
        )
        runtime = Interpreter(Directory(), PykkaThreads(self.loop), world)
        self.mailbox = runtime.spawn(WEBHOOK_ACTOR, WebhookMind(made, webhook_schedule(), webhook_policy()))
        self.mailbox.put(OutboxGrew())

    def _is_up(self) -> bool:
        with suppress(OSError):
            self.received()
            return True
        return False

    def _post(self, effect: Post, tell: Callable[[object], object]) -> None:
        async def attempt() -> None:
            outcome = await self.transport.post(effect.delivery, effect.attempt, effect.secrets)
            tell(Attempted(effect.delivery.number, outcome))

        asyncio.run_coroutine_threadsafe(attempt(), self.loop)

    def received(self) -> dict[str, float]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/") as answer:
            return dict(json.load(answer))

    def record(self, session_id: str, path: str) -> tuple[str, float]:
        made = draft(f"http://127.0.0.1:{self.port}/{path}", time.time())
        with self.store.transaction() as transaction:
            transaction.record(session_id, made)
        committed = time.time()
        self.mailbox.put(OutboxGrew())
        return made.id, committed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.mailbox.close()
        asyncio.run_coroutine_threadsafe(self.transport.close(), self.loop).result(5)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.sink.terminate()
        self.sink.wait()


def webhooks(rate: float, seconds: float, *, hanging: bool = False) -> dict[str, float]:
    """`rate` events a second over ten tenants with an endpoint each; 0: as fast as they can be committed.

    `hanging`: the first one's endpoint never answers, and the others are measured.
    """
    sessions = 10
    committed: dict[str, float] = {}
    with store() as made:
        for number in range(sessions):
            with made.transaction() as transaction:
                transaction.save_secrets(f"s{number}", SigningSecrets(new_secret(b"x" * 32)))
        with Delivery(made) as delivery:
            began = time.time()
            for number in count():
                if time.time() - began > seconds:
                    break
                session_id = f"s{number % sessions}"
                if hanging and session_id == "s0":
                    delivery.record(session_id, "hang")
                else:
                    event_id, at = delivery.record(session_id, session_id)
                    committed[event_id] = at
                if rate:
                    time.sleep(max(0.0, began + (number + 1) / rate - time.time()))
            wait_until(lambda: committed.keys() <= delivery.received().keys(), limit=60)
            received = delivery.received()
    waits = [received[event_id] - at for event_id, at in committed.items()]
    return {
        "events/s": len(committed) / (max(received.values()) - began),
        "p50 ms": median(waits) * 1e3,
        "p99 ms": p99(waits) * 1e3,
    }


def backlog(total: int = 5000, sessions: int = 10) -> dict[str, float]:
    """A queue that waits when the daemon starts: what delivery alone can do."""
    with store() as made, Delivery(made) as delivery:
        with made.transaction() as transaction:
            for number in range(total):
                address = f"http://127.0.0.1:{delivery.port}/s{number % sessions}"
                transaction.record(f"s{number % sessions}", draft(address, time.time()))
        began = time.time()
        delivery.mailbox.put(OutboxGrew())
        wait_until(lambda: made.webhook_counts().pending == 0, limit=60)
        received = delivery.received()
    return {"events/s": total / (max(received.values()) - began)}


def slowdown(few: int, many: int, blocks: int = 10) -> dict[str, list[float]]:
    """How many times longer each call takes with `many` events in the log, all delivered, than with `few`.

    In turns, block by block, so that whatever else the machine does meets both.
    """
    with store() as small, store() as large:
        _fill(small, few)
        _fill(large, many)
        found: dict[str, list[float]] = {}
        for _ in range(blocks):
            for name, call in _calls(few).items():
                found.setdefault(name, []).append(
                    timed(partial(_calls(many)[name], large)) / timed(partial(call, small))
                )
        return found


def _fill(made: SqliteStore, total: int, sessions: int = 10) -> None:
    for start in range(0, total, 10_000):
        with made.transaction() as transaction:
            for number in range(start, min(start + 10_000, total)):
                transaction.record(f"s{number % sessions}", draft("http://x.test/", float(number)))
            transaction._execute("UPDATE deliveries SET state = 'done' WHERE state = 'pending'")


def _calls(total: int) -> dict[str, Callable[[SqliteStore], object]]:
    return {
        "insert": _insert,
        "first attempt": lambda made: made.first_attempt(Lane("http://x.test/", "s0")),
        "lanes": lambda made: made.lanes(),
        "page of events": lambda made: made.events_after("s5", total // 20, 100),
        "counts": lambda made: made.webhook_counts(),
        "prune": lambda made: made.prune(1.0),
    }


def purge(total: int) -> tuple[float, list[float]]:
    """Milliseconds to put a session's history of `total` events out of sight, and of each step that deletes it."""
    with store() as made:
        _fill(made, total, sessions=1)

        def forget() -> None:
            with made.transaction() as transaction:
                transaction.forget("s0")

        took, steps, left = timed(forget, 1), [], 1
        while left:
            began = time.perf_counter()
            left = made.prune(0.0)
            steps.append((time.perf_counter() - began) * 1e3)
        return took, steps


def _insert(made: SqliteStore) -> None:
    with made.transaction() as transaction:
        transaction.record("s0", draft("http://x.test/", 1e9))


def timed(function: Callable[[], Any], times: int = 100) -> float:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        function()
        taken.append(time.perf_counter() - began)
    return median(taken) * 1e3


def measure_outbox(report: Report, progress: Callable[[str], None], *, quick: bool = False) -> None:
    """Durable, signed, with the receiver on the same machine."""
    runs, seconds, many = (1, 2, 50_000) if quick else (RUNS, 10, 1_000_000)

    def repeat(step: str, measure: Callable[[], dict[str, float]]) -> dict[str, list[float]]:
        progress(step)
        found = [measure() for _ in range(runs)]
        return {name: [one[name] for one in found] for name in found[0]}

    figures = repeat("gravações", commits)
    report.add(
        "commit", "gravar uma mensagem recebida: registro, evento, fila", "ms", figures["commit p50 ms"]
    )
    report.add("commit_p99", "o mesmo, percentil 99", "ms", figures["commit p99 ms"])
    figures = repeat("webhooks sem parar", partial(webhooks, 0, seconds))
    report.add_rate(
        "webhooks_rate", "webhooks sem parar, da gravação à chegada", "/s", figures["events/s"], 1000
    )
    figures = repeat("webhooks a 200/s", partial(webhooks, 200, seconds))
    report.add("webhook", "webhooks a 200/s: gravação → chegada", "ms", figures["p50 ms"], 10)
    report.add("webhook_p99", "o mesmo, percentil 99", "ms", figures["p99 ms"], 50)
    figures = repeat("um destino travado", partial(webhooks, 200, seconds, hanging=True))
    report.add(
        "webhook_beside_hanging_p99",
        "os outros nove, com um destino travado, percentil 99",
        "ms",
        figures["p99 ms"],
        100,
    )
    figures = repeat("fila acumulada", backlog)
    report.add_rate("webhooks_backlog", "webhooks de uma fila acumulada", "/s", figures["events/s"])
    progress(f"{many} linhas")
    took, steps = purge(many // 5)
    report.add("purge", f"apagar uma sessão com {many // 5000} mil eventos", "ms", [took])
    report.add("purge_step", "cada passo da limpeza que se segue", "ms", steps)
    slower = slowdown(10_000, many)
    text = f"com {many // 1000} mil eventos / com 10 mil:"
    report.add("rows_insert", f"{text} gravar", "×", slower.pop("insert"), 1.5)
    reads = [median(values) for values in slower.values()]
    report.add("rows_read", f"{text} ler (fila, registro, contagens)", "×", reads, 1.5)


def main() -> None:
    report = Report()
    measure_outbox(report, partial(print, file=sys.stderr), quick="--quick" in sys.argv)
    print(machine(), report.table(), sep="\n")  # noqa: T201


if __name__ == "__main__":
    main()
