"""A whole gateway in one thread: real Root, sessions, webhooks and store; fake browsers, receivers and time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from actors.runtime.dependencies import RuntimeDependencies
from actors.runtime.directory import Directory
from actors.runtime.effects import Ask, Mind, Post, Worker
from actors.runtime.interpreter import Interpreter
from actors.session.assembly import Tools, session_mind
from actors.session.policy import SessionPolicy
from actors.supervisor.disk_policy import DiskPolicy
from actors.supervisor.memory_pressure import MemoryPressure
from actors.supervisor.messages import Boot, DiskMeasured, ShutDown, Watch
from actors.supervisor.root import Root
from actors.webhooks.actor import WebhookMind
from actors.webhooks.messages import Attempted, OutboxGrew
from actors.workers.wa_js import WA_JS_ACTOR, LookAtWaJs, Plans, WaJsWorker
from tests.actors.seeded_scheduler import SeededMailbox, SeededScheduler, VirtualTime
from tests.defaults import session_policy, webhook_policy, webhook_schedule
from wppmt.browser.fake.adoption import FakeAdoption
from wppmt.browser.fake.browsers import FakeBrowser, FakeBrowsers, FakeTimes
from wppmt.domain import messages, sends
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import ROOT_ACTOR, WEBHOOK_ACTOR, session_address
from wppmt.domain.occurrences import Occurrence
from wppmt.domain.process import Process
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.media.received import ReceivedMediaFiles
from wppmt.store.port import StoreUnavailable
from wppmt.store.records import SessionRecord, SessionStatus
from wppmt.store.sqlite.store import SqliteStore
from wppmt.store.sqlite.transaction import SqliteTransaction
from wppmt.webhook.classify import Answered, AttemptResult, Fault, Unanswered
from wppmt.webhook.schedule import WebhookSchedule

ENDPOINT = "http://turbozap.test/webhook"
POST_SECONDS = 0.01
TIMEOUT_SECONDS = 30.0
ASK_SECONDS = 120.0
MIN_FREE_MB = 200

OK = Answered(200)
DOWN = Answered(500)
HANGS = Unanswered(Fault.TIMEOUT, "sem resposta")


class FlakyStore(SqliteStore):
    """Real SQLite on a disk that can be full: reading goes on, no commit does."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "wppmt.sqlite")
        # Durability against power loss is tests/store's business; here it would only cost time.
        with self._database._writing:
            self._database._open_writer().execute("PRAGMA synchronous = OFF")
        self.is_full = False
        self.commits = 0
        self.fill_after: int | None = None
        """So many more commits succeed, then the disk is full."""
        self.before_write: Callable[[], None] = lambda: None
        """What happens while somebody waits for his turn to write."""
        self.before_commit: Callable[[], None] = lambda: None
        """What happens while a commit hangs, as in its fsync, which succeeds in the end."""

    @contextmanager
    def transaction(self) -> Iterator[SqliteTransaction]:
        self.before_write()
        with super().transaction() as transaction:
            yield transaction
            self._commit()

    def settle(self, *arguments: Any) -> None:
        self._commit()
        super().settle(*arguments)

    def replay(self, *arguments: Any, **more: Any) -> int:
        self._commit()
        return super().replay(*arguments, **more)

    def prune(self, before: float, journal_before: float | None = None) -> int:
        self._commit()
        return super().prune(before, journal_before)

    def trim(self, *arguments: Any) -> Any:
        self._commit()
        return super().trim(*arguments)

    def dead_letter(self, *arguments: Any) -> int:
        self._commit()
        return super().dead_letter(*arguments)

    def _commit(self) -> None:
        if self.fill_after is not None:
            self.fill_after -= 1
            self.is_full = self.is_full or self.fill_after < 0
        if self.is_full:
            raise StoreUnavailable("disk full, as the test asked")
        self.before_commit()
        self.commits += 1


@dataclass(frozen=True, slots=True)
class Posted:
    """One webhook attempt as the receiver saw it."""

    at: float
    session_id: str
    id: str
    name: str
    body: bytes
    attempt: int
    outcome: AttemptResult

    @property
    def fields(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(slots=True)
class Pending:
    """Implements actors.runtime.effects.Reply: what became of an ask."""

    now: Callable[[], float]
    request_id: str = ""
    answers: list[Any] = field(default_factory=list)
    answered_at: float = float("inf")
    is_taken: bool = False
    is_withdrawn: bool = False

    def take(self) -> bool:
        self.is_taken = not self.is_withdrawn
        return self.is_taken

    def answer(self, value: Any) -> None:
        self.answers.append(value)
        self.answered_at = self.now()

    def withdraw(self) -> bool:
        self.is_withdrawn = not self.is_taken
        return self.is_withdrawn

    @property
    def value(self) -> Any:
        """The answer. Raises the refusal that it was."""
        assert self.answers, "not answered yet"
        if isinstance(self.answers[0], Refusal):
            raise self.answers[0]
        return self.answers[0]


@dataclass(frozen=True, slots=True)
class Logged:
    at: float
    event: str
    session_id: str | None
    level: str
    details: dict[str, object]


class WatchedBrowsers(FakeBrowsers):
    """Notes when a browser is started, and whether one of the same daemon was still there."""

    def __init__(
        self, later: Callable[[float, Callable[[], None]], object], time: VirtualTime, times: FakeTimes | None
    ):
        super().__init__(later, time.now, times)
        self.daemon = 0
        self.openings: list[tuple[float, str]] = []
        self.doubles: list[tuple[float, str]] = []
        self.adoptions: list[FakeAdoption] = []
        self._born: dict[int, int] = {}

    def adopt(self, session_id: str, left: Process) -> FakeAdoption:
        self.adoptions.append(super().adopt(session_id, left))
        return self.adoptions[-1]

    def open(self, session_id: str) -> FakeBrowser:
        self.openings.append((self.now(), session_id))
        browser = super().open(session_id)
        self._born[browser.pid] = self.daemon
        return browser

    def end_leftovers(self, session_id: str) -> int:
        if any(self._is_ours(browser) for browser in self.living(session_id)):
            self.doubles.append((self.now(), session_id))
        return super().end_leftovers(session_id)

    def _is_ours(self, browser: FakeBrowser) -> bool:
        """Of the daemon that runs now: started by it, or adopted."""
        adopted = [adoption.browser for adoption in self.adoptions]
        return self._born[browser.pid] == self.daemon or browser in adopted


class Gateway:
    """One world: its time, phones and browsers, its disk; and in it a daemon that can be killed and booted again."""

    def __init__(
        self,
        folder: Path,
        seed: int = 0,
        *,
        policy: SessionPolicy | None = None,
        max_sessions: int = 10,
        starts_at_once: int = 2,
        times: FakeTimes | None = None,
        endpoint: str = ENDPOINT,
        schedule: WebhookSchedule | None = None,
        plans: Plans | None = None,
        pressure_percent: float = 0.0,
    ) -> None:
        self.random = Random(seed)
        self.time = VirtualTime()
        self.browsers = WatchedBrowsers(self.time.later, self.time, times)
        self.world = self.browsers.world
        self.store = FlakyStore(folder)
        self.policy = policy or session_policy()
        self.media_files = ReceivedMediaFiles(
            folder / "received",
            limit=self.policy.media_bytes,
            quota=10**9,
            keep_seconds=3600.0,
            now=time.time,
        )
        self.posts: list[Posted] = []
        self.receive: Callable[[Post], AttemptResult | None] = lambda post: OK
        """What the receiver answers; None: never, not even by a timeout."""
        self.logs: list[Logged] = []
        self.counted: list[Occurrence] = []
        self.free_mb = 10_000
        """On the disk of the logins."""
        self._endpoint = endpoint
        self._schedule = schedule or webhook_schedule()
        self._plans = plans
        self._pressure_percent = pressure_percent
        self._max_sessions = max_sessions
        self._starts_at_once = starts_at_once
        self._message_ids = count(1)
        self._event_ids = count(1)
        self._secrets = count(1)
        self._given_up: set[str] = set()
        self.boot()

    # ---- the daemon

    def boot(self) -> None:
        """A daemon as wppmt/app/daemon.py composes it."""
        self.browsers.daemon += 1
        self.browsers.adoptions.clear()
        self.directory = Directory()
        self.scheduler = SeededScheduler(self.time, self.random)
        world = RuntimeDependencies(
            now=self.time.now,
            browsers=self.browsers,
            new_session=self._new_session,
            new_shared_actor=self._new_shared_actor,
            post=self._post,
            log=self._log,
            received=self.media_files,
            count=self.counted.append,
            is_disk_short=lambda: self.free_mb < MIN_FREE_MB,
        )
        self.runtime = Interpreter(self.directory, self.scheduler, world)
        root = Root(
            self.store,
            shared_actors=(WEBHOOK_ACTOR, WA_JS_ACTOR) if self._plans else (WEBHOOK_ACTOR,),
            max_sessions=self._max_sessions,
            starts_at_once=self._starts_at_once,
            memory_limit_mb=4096,
            is_alive=lambda address: address not in self._given_up and self.directory.is_alive(address),
            status=self.directory.status,
            disk=DiskPolicy("/tokens", MIN_FREE_MB),
            pressure=MemoryPressure(self._pressure_percent),
        )
        supervisor = self.runtime.spawn(ROOT_ACTOR, self.watched(root))
        supervisor.put(DiskMeasured(self.free_mb))
        supervisor.put(Boot())

    def kill_daemon(self) -> None:
        """kill -9: every actor and all memory is gone; store, browsers and phones stay."""
        self.scheduler.go_dark()

    def shut_down(self, deadline: float = 45.0) -> tuple[str, ...]:
        """SIGTERM. The sessions whose browser had to be killed."""
        killed: tuple[str, ...] = self.ask(ROOT_ACTOR, ShutDown(deadline))
        self.scheduler.go_dark()
        return killed

    def has_profile(self, session_id: str) -> bool:
        """Whether a browser has kept anything for this session."""
        return self.world.profiles[session_id].was_used

    # ---- time

    def step(self) -> None:
        """The next thing that can happen."""
        if not self.scheduler.step():
            self.time.advance()

    def settle(self) -> None:
        """Until nobody has mail; no time passes."""
        while self.scheduler.step():
            pass

    def run(self, seconds: float) -> None:
        end = self.time.moment + seconds
        while True:
            if self.scheduler.step():
                continue
            if self.time.next_alarm() > end:
                self.time.moment = max(self.time.moment, end)
                return
            self.time.advance()

    def run_until(self, condition: Callable[[], object], limit: float = 300.0) -> float:
        """How many seconds it took."""
        begin = self.time.moment
        while not condition():
            assert self.time.moment - begin <= limit, f"not within {limit} virtual seconds"
            self.step()
        return self.time.moment - begin

    # ---- the front

    def request(self, address: str, message: object) -> Pending:
        """Ask without waiting."""
        reply = Pending(self.time.now)
        if not self.directory.tell(address, Ask(message, reply)):
            known = address in self.directory._mailboxes
            reply.answer(Refusal(Code.SESSION_BUSY if known else Code.SESSION_NOT_FOUND))
        return reply

    def ask(self, address: str, message: object, limit: float = ASK_SECONDS) -> Any:
        """Ask and run until answered. Raises the refusal."""
        reply = self.request(address, message)
        self.run_until(lambda: reply.answers, limit)
        return reply.value

    def start(self, session_id: str, **settings: Any) -> messages.Started:
        started: messages.Started = self.ask(ROOT_ACTOR, messages.StartSession(session_id, **settings))
        return started

    def close(self, session_id: str) -> SessionStatus:
        status: SessionStatus = self.ask(session_address(session_id), messages.CloseSession())
        return status

    def restart(self, session_id: str) -> SessionStatus:
        status: SessionStatus = self.ask(ROOT_ACTOR, messages.RestartSession(session_id))
        return status

    def log_out(self, session_id: str) -> messages.LoggedOut:
        outcome: messages.LoggedOut = self.ask(session_address(session_id), messages.LogOut())
        return outcome

    def purge(self, session_id: str) -> messages.LoggedOut:
        outcome: messages.LoggedOut = self.ask(ROOT_ACTOR, messages.PurgeSession(session_id))
        return outcome

    def send(self, session_id: str, to: str, text: str = "oi", **more: Any) -> sends.Sent:
        sent: sends.Sent = self.ask(session_address(session_id), sends.SendText(to, text, **more))
        return sent

    # ---- what can be seen

    def status(self, session_id: str) -> SessionStatus:
        status = self.directory.status(session_id)
        assert status is not None, f"{session_id} is unknown"
        return status

    def record(self, session_id: str) -> SessionRecord:
        """As committed."""
        record = self.store.session(session_id)
        assert record is not None
        return record

    def state(self, session_id: str) -> State | None:
        status = self.directory.status(session_id)
        return status.record.state if status else None

    def reason(self, session_id: str) -> Reason:
        return self.status(session_id).record.reason

    def browser(self, session_id: str) -> FakeBrowser:
        return self.browsers.browser(session_id)

    def count_browsers(self, session_id: str) -> int:
        """All that were ever opened."""
        return len(self.browsers.opened.get(session_id, []))

    def mailbox(self, address: str) -> SeededMailbox:
        mailbox = self.directory._mailboxes[address]
        assert isinstance(mailbox, SeededMailbox)
        return mailbox

    def events(self, session_id: str, name: str | None = None) -> list[dict[str, Any]]:
        """The durable log, in order."""
        rows = [json.loads(event.body) for event in self.store.events_after(session_id, 0, 100_000)]
        return [row for row in rows if name is None or row["event"] == name]

    def changes(self, session_id: str) -> list[str]:
        """The states that a session's connection_change events tell, in order."""
        return [row["status"] for row in self.events(session_id, "connection_change")]

    def received(self, session_id: str) -> list[str]:
        """The ids of the inbound messages in the log."""
        return [row["message"]["id"] for row in self.events(session_id, "message_received")]

    def acks(self, session_id: str, message_id: str) -> list[str]:
        rows = self.events(session_id, "message_ack")
        return [row["status"] for row in rows if row["messageId"] == message_id]

    def inbox(self, number: str) -> list[str]:
        """The ids of all arrivals at a phone, a second one with the same id too."""
        return [message["id"] for message in self.world.inboxes[number]]

    def logged(self, event: str) -> list[Logged]:
        return [line for line in self.logs if line.event == event]

    def measure_disk(self, free_mb: int) -> None:
        """As the disk watch tells Root every second."""
        self.free_mb = free_mb
        self.directory.tell(ROOT_ACTOR, DiskMeasured(free_mb))

    def hang_in_turn(self, address: str, seconds: float) -> None:
        """Its next turn that writes hangs before it can; its thread wakes up so much later, and goes on."""

        def hang() -> None:
            acting = self.scheduler.acting
            if acting is None or acting.cell.address != address:
                return
            self.store.before_write = lambda: None
            acting.stall()
            self.run(seconds)
            acting.resume()

        self.store.before_write = hang

    def replace(self, address: str) -> None:
        """Root looks, finds this actor no longer there, and replaces it; nobody but Root acts meanwhile."""
        self._given_up.add(address)
        self.directory.tell(ROOT_ACTOR, Watch())
        self.mailbox(ROOT_ACTOR).read_all()
        self._given_up.discard(address)

    def replace_in_commit(self, address: str, when: Callable[[], object] = lambda: True) -> None:
        """Its next commit, once `when` holds, hangs until Root has replaced it, and then succeeds after all."""

        def hang() -> None:
            acting = self.scheduler.acting
            if acting is not None and acting.cell.address == address and when():
                self.store.before_commit = lambda: None
                self.replace(address)

        self.store.before_commit = hang

    def hang_start(self, session_id: str) -> None:
        """The next browser of this session never answers its start: its actor's thread is stuck in it."""
        self.scheduler.stall_next(f"browser:{session_id}:")

    # ---- short ways

    def until(self, session_id: str, state: State, limit: float = 300.0) -> float:
        return self.run_until(lambda: self.state(session_id) == state, limit)

    def show_qr(self, session_id: str, **settings: Any) -> str:
        """Started, and at the QR screen; the code."""
        self.start(session_id, **settings)
        self.until(session_id, State.WAITING_SCAN)
        qr = self.status(session_id).qr
        assert qr is not None
        return qr.text

    def connect(self, session_id: str, number: str = "5511999990001", **settings: Any) -> FakeBrowser:
        """Started, scanned, connected."""
        code = self.show_qr(session_id, **settings)
        assert self.browsers.scan(code, number)
        self.until(session_id, State.CONNECTED)
        self.run_until(lambda: self.record(session_id).login_saved)
        return self.browser(session_id)

    # ---- what the daemon is given

    def watched(self, mind: Mind) -> Mind:
        """The mind; a test that looks at every turn puts something around it."""
        return mind

    def _new_session(self, session_id: str) -> Mind:
        record = self.store.session(session_id) or SessionRecord(id=session_id, created_at=self.time.moment)
        return self.watched(session_mind(record, self._tools()))

    def _tools(self) -> Tools:
        return Tools(
            store=self.store,
            policy=self.policy,
            random=self.random,
            default_webhook=self._endpoint,
            new_event_id=lambda now: f"evt_{next(self._event_ids):026d}",
            new_message_id=lambda: f"3EB0A{next(self._message_ids):017X}",
            new_secret=lambda: f"whsec_{next(self._secrets)}",
            qr_picture=lambda text: f"picture of {text}",
            media_url=lambda session_id, message_id: f"http://gateway/{session_id}/{message_id}",
        )

    def _new_shared_actor(self, address: str) -> tuple[Mind | Worker, object]:
        if address == WA_JS_ACTOR and self._plans:
            return WaJsWorker(self._plans, self.directory.statuses, self.time.moment), LookAtWaJs()
        assert address == WEBHOOK_ACTOR
        return self.watched(WebhookMind(self.store, self._schedule, webhook_policy())), OutboxGrew()

    def _post(self, post: Post, tell: Callable[[object], object]) -> None:
        event, outcome = post.delivery.event, self.receive(post)
        if outcome is None:
            return
        posted = Posted(
            self.time.moment, event.session_id, event.id, event.name, event.body, post.attempt, outcome
        )
        self.posts.append(posted)
        hangs = isinstance(outcome, Unanswered) and outcome.fault is Fault.TIMEOUT
        seconds = TIMEOUT_SECONDS if hangs else POST_SECONDS
        self.scheduler.later(seconds, partial(tell, Attempted(post.delivery.number, outcome)))

    def _log(
        self, event: str, session_id: str | None = None, /, *, level: str = "info", **details: object
    ) -> None:
        self.logs.append(Logged(self.time.moment, event, session_id, level, details))
