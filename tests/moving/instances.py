"""Two instances on folders of their own, in one process: real stores and archives; actors that do at once what they are asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from wppmt.app.jobs import Jobs
from wppmt.archive.place import Place
from wppmt.domain import move_messages
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.log import LogLevel
from wppmt.domain.moves import Offer, Sender
from wppmt.moving.departing import Departing
from wppmt.moving.following import Following
from wppmt.moving.ownership import Alone, Ownership
from wppmt.moving.receiving import Receiving
from wppmt.moving.registry import MoveRegistry
from wppmt.moving.remote import Declined, Unreachable
from wppmt.store.move_records import DepartureState
from wppmt.store.records import Desired, EventDraft, SessionRecord, SessionStatus
from wppmt.store.sqlite.store import SqliteStore

LOGIN = "Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb/CURRENT"
OURS = "156.0.8078.79"
EVENTS = 3


@dataclass
class FakeActors:
    """Root, the webhooks and the sessions, as far as moves go."""

    store: SqliteStore
    running: set[str] = field(default_factory=set)
    """Sessions whose browser may be open."""
    refused: dict[type, Refusal] = field(default_factory=dict)
    """Lever: a message that is refused."""
    lost: set[type] = field(default_factory=set)
    """Lever: it is done, and its answer does not come."""
    are_paused: bool = True
    unknown: set[str] = field(default_factory=set)
    """Sessions that Root has refused to take up: their rows are here, and nobody serves them."""

    def status(self, session_id: str) -> SessionStatus | None:
        record = self.store.session(session_id) if session_id not in self.unknown else None
        return SessionStatus(record) if record else None

    def statuses(self) -> tuple[SessionStatus, ...]:
        return tuple(SessionStatus(record) for record in self.store.sessions())

    async def ask(self, address: str, message: object, deadline: float) -> Any:
        assert deadline > 0
        if refusal := self.refused.get(type(message)):
            if isinstance(message, move_messages.TakeUp):
                self.unknown.add(message.session_id)
            raise refusal
        answer = self._do(address.removeprefix("session:"), message)
        if type(message) in self.lost:
            raise Refusal(Code.OUTCOME_UNKNOWN)
        return answer

    def _do(self, session_id: str, message: object) -> Any:
        match message:
            case move_messages.PrepareToLeave():
                self.running.discard(session_id)
            case move_messages.Stay():
                self.running.add(session_id)
            case move_messages.TakeUp(session_id=taken):
                self.unknown.discard(taken)
                self.running.add(taken)
            case move_messages.ArePaused():
                return self.are_paused
            case move_messages.GiveAway(departure=departure, sequence=sequence):
                if self.store.last_sequence(session_id) != sequence:
                    raise Refusal(Code.SESSION_BUSY)
                with self.store.transaction() as transaction:
                    if not transaction.step_departure(departure, DepartureState.GONE, 2.0):
                        raise Refusal(Code.SESSION_BUSY)
                    transaction.forget(session_id)
            case _:
                pass
        return None


class Instance:
    def __init__(
        self,
        folder: Path,
        connect: Callable[[str, str], Any],
        chrome: str = OURS,
        ownership: Ownership | None = None,
    ) -> None:
        self.place = Place(folder / "state/wppmt.sqlite", folder / "tokens", folder / "state/media/out")
        self.place.tokens.mkdir(parents=True, exist_ok=True)
        self.chrome = chrome
        self.time = 1000.0
        self.logged: list[str] = []
        self._connect = connect
        self._ownership = ownership or Alone()
        self._jobs = 0
        self.boot()

    def boot(self) -> None:
        """A daemon on these folders, as after a kill."""
        self.store = self.open_store()
        self.actors = self.make_actors()
        self.jobs = Jobs(self._new_job, self.log)
        registry = MoveRegistry(self.store)
        self.departing = Departing(
            place=self.place, store=self.store, front=self.actors, jobs=self.jobs, registry=registry,
            now=lambda: self.time, log=self.log, connect=self._connect, take_seconds=0.0, ownership=self._ownership,
        )  # fmt: skip
        self.receiving = Receiving(
            place=self.place, chrome=lambda: self.chrome, store=self.store, front=self.actors, registry=registry,
            now=lambda: self.time, log=self.log, ownership=self._ownership,
        )  # fmt: skip
        self.forgotten: list[str] = []
        self.following = Following(self.departing, self.forgotten.append)
        self.departing.recover()
        self.receiving.recover()
        self.actors.running = {record.id for record in self.store.sessions()}

    def open_store(self) -> SqliteStore:
        return SqliteStore(self.place.database)

    def make_actors(self) -> FakeActors:
        return FakeActors(self.store)

    def has(self, session_id: str) -> None:
        """A session with a login and some events."""
        with self.store.transaction() as transaction:
            transaction.save(
                SessionRecord(session_id, 1.0, desired=Desired.RUNNING, since=1.0, has_login=True)
            )
            for number in range(EVENTS):
                draft = EventDraft(f"evt_{session_id}_{number}", "message_received", 1.0, {"message": {}})
                transaction.record(session_id, draft)
        (self.place.profile(session_id) / LOGIN).parent.mkdir(parents=True)
        (self.place.profile(session_id) / LOGIN).write_text(session_id)
        (self.place.profile(session_id) / "Last Version").write_text("156.0.1.1")
        self.actors.running.add(session_id)

    def owns(self, session_id: str) -> bool:
        """With login and all events, and its browser may run."""
        events = self.store.events_after(session_id, 0, 100)
        profile = self.place.profile(session_id) / LOGIN
        return (
            self.store.session(session_id) is not None
            and len(events) == EVENTS
            and profile.is_file()
            and profile.read_text() == session_id
            and session_id in self.actors.running
        )

    def has_nothing_of(self, session_id: str) -> bool:
        return self.store.session(session_id) is None and not self.place.profile(session_id).exists()

    def _new_job(self) -> str:
        self._jobs += 1
        return f"job_{self._jobs}"

    def log(
        self, event: str, session_id: str | None = None, /, *, level: LogLevel = "info", **details: object
    ) -> None:
        self.logged.append(event)


class Wire:
    """The other instance, without a network; `broken` are steps whose request, or whose answer, gets lost."""

    def __init__(self) -> None:
        self.target: Instance
        self.broken: dict[str, str] = {}
        """Lever: step → `before` or `after`."""
        self.who = "operator"
        """By whose right it sends."""

    def __call__(self, _: str, token: str) -> Wire:
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def offer(self, session_id: str, offer: Mapping[str, Any]) -> None:
        wanted = Offer(offer["schemaVersion"], offer["chrome"], offer["size"])
        await self._pass("offer", lambda: self.target.receiving.check(session_id, wanted))

    async def send(self, session_id: str, archive: Path, key: str) -> None:
        async def content() -> AsyncIterator[bytes]:
            yield archive.read_bytes()  # noqa: ASYNC240 - a test's file

        sender = Sender("10.0.0.1", self.who)
        await self._pass("send", lambda: self.target.receiving.accept(session_id, key, content(), sender))

    async def take(self, session_id: str, key: str) -> None:
        await self._pass("take", lambda: self.target.receiving.take(session_id, key))

    async def status(self, session_id: str, key: str) -> str | None:
        try:
            return self.target.receiving.state(session_id, key).state
        except Refusal as refusal:
            raise Declined(refusal.code, str(refusal.code)) from None

    async def drop(self, session_id: str, key: str) -> None:
        try:
            await self._pass("drop", lambda: self.target.receiving.drop(session_id, key))
        except Declined as declined:
            if declined.code != "NOT_FOUND":
                raise

    async def _pass(self, step: str, do: Callable[[], Any]) -> None:
        if self.broken.get(step) == "before":
            raise Unreachable(step)
        try:
            await do()
        except Refusal as refusal:
            raise Declined(refusal.code, str(refusal.code)) from None
        if self.broken.get(step) == "after":
            raise Unreachable(step)
