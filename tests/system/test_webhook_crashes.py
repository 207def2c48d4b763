"""kill -9 of the whole daemon while events are made, committed, sent, answered and written back: none is lost.

Sessions that are started and closed again make events enough; no Chrome takes part.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3

from tests.support import wait_until
from tests.system.chromeless import chromeless, log_of, settle
from tests.system.daemon import Daemon
from wppmt.cli.sink import ReceivedWebhook, Sink

SESSIONS = [f"cliente-{number}" for number in range(5)]
ROUND_SECONDS = 0.4
"""Of traffic before each kill, at most."""
ARRIVAL_SECONDS = 20.0
"""What was refused once is tried again after a while."""
Kill = Callable[[Daemon, "Taker", random.Random], None]


class Taker:
    """The receiver. Every eighth event is refused at first; `hook` is called before an arrival is answered."""

    def __init__(self) -> None:
        self.bodies: dict[str, set[bytes]] = defaultdict(set)
        self.arrivals = 0
        self.hook: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    def take(self, delivery: ReceivedWebhook) -> int:
        event_id = delivery.headers["webhook-id"]
        with self._lock:
            self.bodies[event_id].add(delivery.body)
            self.arrivals += 1
        self.hook()
        refuse = delivery.headers["x-webhook-attempt"] == "1" and delivery.event["sequence"] % 8 == 0
        return 503 if refuse else 204


@pytest.fixture
def taker() -> Taker:
    return Taker()


@pytest.fixture
def sink(taker: Taker) -> Iterator[Sink]:
    with Sink(0, taker.take) as running:
        yield running


@pytest.fixture
def daemon(tmp_path: Path, sink: Sink) -> Iterator[Daemon]:
    made = chromeless(tmp_path, WEBHOOK_URL=sink.url, LOG_LEVEL="warning")
    try:
        yield made
    finally:
        made.end()


def make_events(daemon: Daemon, session_id: str) -> None:
    """One commit after the other, until nobody answers any more."""
    path = f"/api/sessions/{session_id}"
    try:
        while True:
            daemon.api.call("POST", f"{path}/start")
            daemon.api.call("DELETE", path)
    except (urllib3.exceptions.HTTPError, OSError):
        pass


def at_some_time(daemon: Daemon, _: Taker, pick: random.Random) -> None:
    time.sleep(pick.uniform(0, ROUND_SECONDS))
    daemon.process.kill()


def before_an_answer(daemon: Daemon, taker: Taker, pick: random.Random) -> None:
    """The receiver has the event, the daemon will never hear so."""
    wanted = taker.arrivals + pick.randrange(1, 12)

    def kill() -> None:
        if taker.arrivals >= wanted:
            daemon.process.kill()

    taker.hook = kill
    wait_until(lambda: taker.arrivals >= wanted, ARRIVAL_SECONDS)
    daemon.process.kill()


def after_an_answer(daemon: Daemon, taker: Taker, pick: random.Random) -> None:
    """Delivered, and perhaps not yet written back."""
    wanted = taker.arrivals + pick.randrange(1, 12)
    wait_until(lambda: taker.arrivals >= wanted, ARRIVAL_SECONDS)
    time.sleep(pick.uniform(0, 0.03))
    daemon.process.kill()


def after_a_commit(daemon: Daemon, _: Taker, pick: random.Random) -> None:
    daemon.api.call("POST", f"/api/sessions/{pick.choice(SESSIONS)}/start")
    daemon.process.kill()


KILLS: list[Kill] = [at_some_time, before_an_answer, after_an_answer, after_a_commit]


def live_and_die(daemon: Daemon, taker: Taker, kill: Kill, pick: random.Random) -> None:
    daemon.start()
    threads = [threading.Thread(target=make_events, args=(daemon, session_id)) for session_id in SESSIONS]
    for thread in threads:
        thread.start()
    kill(daemon, taker, pick)
    daemon.process.wait()
    taker.hook = lambda: None
    for thread in threads:
        thread.join()


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(4, marks=[pytest.mark.slow, pytest.mark.timeout(120)]),
        pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(1800)]),
    ],
)
def test_kill_9_loses_no_event_and_repeats_are_the_same_to_the_byte(daemon: Daemon, taker: Taker, kills: int):
    pick = random.Random(kills)
    for number in range(kills):
        live_and_die(daemon, taker, KILLS[number % len(KILLS)], pick)
    daemon.start()
    for session_id in SESSIONS:
        daemon.api.call("DELETE", f"/api/sessions/{session_id}")
    assert settle(daemon, 60) == {"pending": 0, "dead": 0}
    logged = {event["id"]: event for session_id in SESSIONS for event in log_of(daemon, session_id)}
    assert taker.bodies.keys() == logged.keys()
    for event_id, bodies in taker.bodies.items():
        [body] = bodies
        assert json.loads(body) == logged[event_id]
    print(f"{kills} kills, {len(logged)} events, {taker.arrivals - len(logged)} repeats")  # noqa: T201 - a figure
    daemon.stop()


@pytest.mark.slow
@pytest.mark.timeout(60)
def test_a_stop_waits_for_what_is_in_flight_and_nothing_is_sent_twice(daemon: Daemon, taker: Taker):
    in_flight = threading.Event()

    def answer_slowly() -> None:
        in_flight.set()
        time.sleep(1.0)

    daemon.start()
    taker.hook = answer_slowly
    daemon.api.call("POST", "/api/sessions/cliente-0/start")
    assert in_flight.wait(5)
    daemon.api.call("DELETE", "/api/sessions/cliente-0")
    daemon.stop()
    taker.hook = lambda: None
    daemon.start()
    settle(daemon)
    assert taker.arrivals == len(taker.bodies) == len(log_of(daemon, "cliente-0"))
    daemon.stop()
