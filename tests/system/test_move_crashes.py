"""A session on its way between two daemons, one of which is killed (-9) at each step: one of them has it, and only one."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import urllib3

from tests.support import wait_until
from tests.system.api import Json
from tests.system.chromeless import chromeless
from tests.system.daemon import Daemon
from tests.system.relay import Relay
from wppmt.app.running import DATABASE
from wppmt.store.records import Desired, EventDraft, SessionRecord
from wppmt.store.sqlite.store import SqliteStore

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

SETTLED_SECONDS = 30.0
EVENTS = 5
FALSE_VERSION = "8.0"
"""No later than what /bin/false says of itself, which stands for Chrome here."""
LOGIN = "Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb/CURRENT"
STEPS = ("GET {arrival}", "PUT {arrival}", "POST {take}")


@dataclass
class Pair:
    """Two instances, and the way from one to the other."""

    source: Daemon
    target: Daemon
    relay: Relay
    _names: Iterator[str] = field(default_factory=lambda: iter(f"loja-{number}" for number in range(100)))

    def next_session(self) -> str:
        return next(self._names)

    def move(self, session: str) -> Json:
        """The job, as it ended; empty where the daemon that had it is gone."""
        body = {"to": self.relay.url, "token": self.target.api.token()}
        try:
            begun = self.source.api.call("POST", f"/api/admin/sessions/{session}/move", body)
        except urllib3.exceptions.HTTPError:
            return {}
        assert begun.status == 202, begun
        job = begun.json["job"]
        found = wait_until(lambda: self._ended(job), SETTLED_SECONDS)
        return found if isinstance(found, dict) else {}

    def _ended(self, job: str) -> Json | str:
        try:
            answer = self.source.api.call("GET", f"/api/admin/jobs/{job}")
        except urllib3.exceptions.HTTPError:
            return "gone"
        if answer.status == 404:
            return "gone"
        return answer.json if answer.json["status"] != "running" else {}

    def owner(self, session: str) -> str:
        """Who has it, where both agree; empty while they do not."""
        try:
            here = self.source.api.call("GET", f"/api/sessions/{session}/status")
            there = self.target.api.call("GET", f"/api/sessions/{session}/status")
        except urllib3.exceptions.HTTPError:
            # A connection to the one that was killed.
            return ""
        match here.status, there.status:
            case 200, 404:
                return "source"
            case 421, 200 if here.json["owner"] == self.relay.url:
                return "target"
            case _:
                return ""

    def settled_owner(self, session: str) -> str:
        """Once both have answered on a connection that is not one to the killed."""
        return wait_until(lambda: self.owner(session), SETTLED_SECONDS)

    def has_all(self, session: str) -> bool:
        """The owner has the login and every event, and there is no other login under the session's name."""
        daemon, other = self.source, self.target
        if self.settled_owner(session) == "target":
            daemon, other = other, daemon
        events = daemon.api.get(f"/api/sessions/{session}/events?limit=1000")["events"]
        received = [event for event in events if event["event"] == "message_received"]
        return (
            (daemon.profile(session) / LOGIN).read_text() == session
            and not other.profile(session).exists()
            and [event["sequence"] for event in events] == list(range(1, len(events) + 1))
            and len(received) == EVENTS
        )


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder, secret = tmp_path_factory.mktemp("pair"), secrets.token_hex(32)
    source = chromeless(folder / "source", WPP_SECRET=secret)
    target = chromeless(folder / "target", WPP_SECRET=secret)
    # Their API takes tokens of one key.
    target.api = type(target.api)(target.port, secret)
    source.api = type(source.api)(source.port, secret)
    linked_before(source.folder)
    with Relay(target.port) as relay:
        try:
            source.start()
            target.start()
            yield Pair(source, target, relay)
        finally:
            source.end()
            target.end()


def linked_before(folder: Path) -> None:
    """Sessions with a login and some events, half of them wanted."""
    (folder / "state").mkdir(mode=0o700, parents=True)
    # Older ones would be dropped.
    store, now = SqliteStore(folder / "state" / DATABASE), time.time()
    with store.transaction() as transaction:
        for number in range(20):
            name = f"loja-{number}"
            desired = Desired.RUNNING if number % 2 else Desired.STOPPED
            transaction.save(SessionRecord(name, 1.0, desired=desired, since=1.0, has_login=True))
            for event in range(EVENTS):
                transaction.record(
                    name, EventDraft(f"evt_{name}_{event}", "message_received", now, {"message": {}})
                )
            (folder / "tokens" / name / LOGIN).parent.mkdir(mode=0o700, parents=True)
            (folder / "tokens" / name / LOGIN).write_text(name)
            (folder / "tokens" / name / "Last Version").write_text(FALSE_VERSION)
    store.close()


@contextmanager
def at(relay: Relay, moment: str, act: Callable[[], None]) -> Iterator[None]:
    """Once, when that moment comes; it has been done when the block ends."""
    once, is_done = threading.Lock(), threading.Event()

    def hook(told: str) -> None:
        if told == moment and once.acquire(blocking=False):
            act()
            is_done.set()

    relay.hook = hook
    try:
        yield
        assert is_done.wait(SETTLED_SECONDS)
    finally:
        relay.hook = lambda _: None


def test_without_trouble_it_goes(pair: Pair):
    session = pair.next_session()
    ended = pair.move(session)
    assert ended["error"] is None
    assert pair.settled_owner(session) == "target"
    assert pair.has_all(session)
    assert (pair.source.folder / "tokens" / ".moved" / session / LOGIN).exists()
    pair.source.kill()
    pair.source.start()
    assert pair.settled_owner(session) == "target"
    actions = {
        name: {
            entry["action"]
            for entry in daemon.api.get("/api/admin/audit?last=200")["entries"]
            if entry["sessionId"] == session
        }
        for name, daemon in (("source", pair.source), ("target", pair.target))
    }
    assert {"session.move", "session.move_away"} <= actions["source"]
    assert {"session.receive", "session.move_in"} <= actions["target"]


def killed_and_started(daemon: Daemon) -> None:
    daemon.kill()
    daemon.start()


@pytest.mark.parametrize("victim", ["source", "target"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_each_step_one_of_them_has_it(pair: Pair, step: str, when: str, victim: str):
    session = pair.next_session()
    line = step.format(arrival=f"/api/admin/arrivals/{session}", take=f"/api/arrivals/{session}/take")
    killed: Daemon = getattr(pair, victim)
    with at(pair.relay, f"{when} {line}", lambda: killed_and_started(killed)):
        ended = pair.move(session)
    owner = pair.settled_owner(session)
    assert pair.has_all(session)
    assert pair.settled_owner(session) == owner
    if "take" in step:
        assert owner == "target"
    elif victim == "source":
        assert owner == "source"
    if ended:
        assert (ended["status"] == "done") == (owner == "target")


def test_a_session_that_stayed_can_go_later_and_come_back(pair: Pair):
    session = pair.next_session()
    moment = f"before PUT /api/admin/arrivals/{session}"
    with at(pair.relay, moment, pair.target.kill):
        ended = pair.move(session)
    assert ended["status"] == "failed"
    pair.target.start()
    wait_until(lambda: pair.owner(session) == "source", SETTLED_SECONDS)
    assert pair.move(session)["status"] == "done"
    back = Pair(pair.target, pair.source, Relay(pair.source.port))
    with back.relay:
        assert back.move(session)["status"] == "done"
        assert back.settled_owner(session) == "target"
        assert back.has_all(session)
