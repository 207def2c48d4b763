"""The root supervisor: starts sessions, watches them, replaces dead and hung ones by one path, stops them in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from actors.runtime.browser_effects import KillBrowser
from actors.runtime.effects import (
    AbandonSession,
    Answer,
    Ask,
    Effect,
    Log,
    Publish,
    Reply,
    SpawnSession,
    SpawnSharedActor,
    Tell,
    Wake,
)
from actors.session import messages as session_messages
from actors.supervisor.admission import Admission
from actors.supervisor.children import Children
from actors.supervisor.closing_all import ClosingAll
from actors.supervisor.common_cause import PAUSE_SECONDS, CommonCause
from actors.supervisor.disk_policy import DiskPolicy
from actors.supervisor.gate import Gate
from actors.supervisor.memory_pressure import MemoryPressure, longest_unused
from actors.supervisor.messages import (
    Boot,
    DiskMeasured,
    MemoryMeasured,
    PauseOver,
    PingDue,
    PressureMeasured,
    ShutDown,
    ShutDownDue,
    Watch,
)
from actors.supervisor.overall import Overall
from actors.supervisor.renewals import Renewals
from actors.supervisor.start_slots import StartSlots
from wppmt.domain import messages, move_messages
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import session_address
from wppmt.domain.reasons import Reason
from wppmt.domain.shortages import resource_limit
from wppmt.store.port import Store
from wppmt.store.records import Desired, SessionRecord, SessionStatus

WATCH_SECONDS = 5.0


class Root:
    """The mind of the RootSupervisor. It never blocks."""

    def __init__(  # noqa: PLR0913 - given once, by the composition root
        self,
        store: Store,
        *,
        shared_actors: tuple[str, ...],
        max_sessions: int,
        starts_at_once: int,
        memory_limit_mb: int,
        is_alive: Callable[[str], bool],
        status: Callable[[str], SessionStatus | None],
        disk: DiskPolicy | None = None,
        pressure: MemoryPressure | None = None,
    ) -> None:
        self._store = store
        self._children = Children(shared_actors, is_alive)
        self._admission = Admission(store, max_sessions)
        self._status = status
        self._slots = StartSlots(starts_at_once)
        self._common_cause = CommonCause()
        disk = disk or DiskPolicy()
        self._gate = Gate(disk)
        self._pressure = pressure or MemoryPressure()
        self._renewals = Renewals()
        self._overall = Overall(disk, self._pressure, self._common_cause, self._renewals, memory_limit_mb)
        self._closing_all = ClosingAll()

    def handle(self, message: object, now: float) -> Iterable[Effect]:
        yield from self._react(message, now)
        yield from self._overall.publish()

    def _react(self, message: object, now: float) -> Iterable[Effect]:  # noqa: C901, PLR0912 - one case a message
        match message:
            case Ask(message=request, reply=reply):
                return self._asked(request, reply)
            case Boot():
                return self._boot()
            case Watch():
                return self._watch(now)
            case PingDue(sessions=sessions):
                return self._children.ping_sessions(sessions)
            case session_messages.Pong(address=address):
                self._children.answered(address)
                return ()
            case session_messages.SlotWanted():
                self._slots.want(message)
                return self._grant(now)
            case session_messages.SlotFreed(session_id=session_id, generation=generation):
                self._slots.free(session_id, generation)
                return self._grant(now)
            case session_messages.DesiredChanged(session_id=session_id, desired=desired):
                self._admission.set_desired(session_id, desired)
                return ()
            case session_messages.DesiredConfirmed(number=number, desired=desired):
                self._admission.confirmed(number, desired)
                return ()
            case session_messages.RestartFailed():
                return self._restart_failed(message, now)
            case PauseOver():
                return self._grant(now)
            case MemoryMeasured():
                self._overall.measured(message)
                return ()
            case DiskMeasured() | messages.MayRunBrowsers():
                return [*self._gate.told(message, sorted(self._children.sessions)), *self._grant(now)]
            case PressureMeasured(percent=percent):
                unused = longest_unused(self._children.statuses(self._status))
                return [*self._pressure.measured(percent, unused, now), *self._grant(now)]
            case session_messages.Quiet(session_id=session_id):
                return self._closing_all.quiet(session_id)
            case session_messages.Vanished():
                return self._vanished(message, now)
            case ShutDownDue():
                return self._closing_all.kill_the_rest()
            case _:
                raise TypeError(type(message).__name__)

    def _asked(self, request: object, reply: Reply) -> Iterator[Effect]:  # noqa: C901 - one case a request
        match request:
            case messages.StartSession():
                yield from self._start(request, reply)
            case messages.RestartSession(session_id=session_id):
                yield from self._restart(session_id)
                yield Answer(reply, self._status(session_id))
            case messages.RestartCrashed(sessions=sessions):
                yield from self._restart_crashed(sessions, reply)
            case (
                messages.RestoreLogin(session_id=session_id)
                | messages.MakeLink(session_id=session_id)
                | messages.OpenLink(session_id=session_id)
            ):
                self._require_room_for(session_id)
                yield from self._forward(session_id, request, reply)
                yield self._let_in(session_id)
            case messages.PurgeSession(session_id=session_id):
                yield from self._forward(session_id, request, reply)
            case move_messages.RequireRoom(session_id=session_id):
                self._require_room_for(session_id)
                yield Answer(reply, None)
            case move_messages.TakeUp():
                yield from self._take_up(request, reply)
            case messages.Describe():
                root = {"actor": "root", "children": len(self._children.sessions)}
                yield Answer(reply, messages.ActorTree((root, *self._children.describe())))
            case ShutDown(deadline=deadline):
                yield from self._closing_all.begin(reply, self._children.sessions, deadline)
                # The dead can't close their browsers; the hung show by their unanswered pings.
                troubled = set(filter(self._children.trouble, self._children.sessions))
                yield from self._closing_all.kill(troubled)
            case _:
                raise TypeError(type(request).__name__)

    def _boot(self) -> Iterator[Effect]:
        for address in self._children.shared:
            yield SpawnSharedActor(address)
        for record in self._store.sessions():
            yield from self._go_on(record, Reason.DAEMON_RESTARTED)
        yield Wake(WATCH_SECONDS, Watch())

    def _go_on(self, record: SessionRecord, cause: Reason) -> Iterator[Effect]:
        """From where it was last committed, as which it is known from the first request on."""
        self._admission.set_desired(record.id, record.desired)
        yield Publish(SessionStatus(record))
        yield from self._spawn(record.id, cause)

    def _take_up(self, request: move_messages.TakeUp, reply: Reply) -> Iterator[Effect]:
        record = self._store.session(request.session_id)
        if record is None:
            raise Refusal(Code.SESSION_NOT_FOUND)
        if request.session_id not in self._children.sessions:
            yield from self._go_on(record, request.reason)
        yield Answer(reply, SessionStatus(record))

    def _start(self, request: messages.StartSession, reply: Reply) -> Iterator[Effect]:
        self._require_room_for(request.session_id)
        if request.session_id not in self._children.sessions:
            yield from self._spawn(request.session_id, None)
        yield from self._forward(request.session_id, request, reply)
        yield self._let_in(request.session_id)

    def _require_room_for(self, session_id: str) -> None:
        """Raises Refusal: RESOURCE_LIMIT (docs/MULTI_TENANT_ARCHITECTURE.md 11.4), DRAINING."""
        if self._closing_all.has_begun:
            raise Refusal(Code.DRAINING, retry_after=10)
        if session_id in self._admission:
            return
        self._admission.require_room()
        if shortages := self._overall.shortages:
            raise resource_limit(*shortages, retry_after=60)

    def _let_in(self, session_id: str) -> Effect:
        """Sent right after what lets the session run; its answer shows whether it does."""
        return Tell(session_address(session_id), session_messages.Confirm(self._admission.let_in(session_id)))

    def _restart(self, session_id: str) -> Iterator[Effect]:
        if session_id not in self._children.sessions:
            raise Refusal(Code.SESSION_NOT_FOUND)
        self._require_room_for(session_id)
        if self._children.trouble(session_id):
            yield from self._replace(session_id)
        yield Tell(session_address(session_id), session_messages.Restart())
        yield self._let_in(session_id)
        yield from self._gate.announce(session_id)

    def _restart_crashed(self, sessions: frozenset[str] | None, reply: Reply) -> Iterator[Effect]:
        """A session that cannot be restarted does not stop the others."""
        restarted, skipped = [], []
        for session_id, status in self._children.statuses(self._status).items():
            record = status.record
            is_meant = sessions is None or session_id in sessions
            if not is_meant or not self._children.has_crashed(record):
                continue
            if record.reason is Reason.TOKEN_CORRUPT:
                # A new browser would show a QR code; whether the login is restored instead is a person's choice.
                skipped.append((session_id, Reason.TOKEN_CORRUPT))
                continue
            try:
                yield from self._restart(session_id)
                restarted.append(session_id)
            except Refusal as refusal:
                if refusal.code is not Code.RESOURCE_LIMIT:
                    raise
                skipped.append((session_id, Reason.RESOURCE_LIMIT))
        yield Answer(reply, messages.CrashedRestarted(tuple(restarted), tuple(skipped)))

    def _watch(self, now: float) -> Iterator[Effect]:
        if self._closing_all.has_begun:
            troubled = set(filter(self._children.trouble, self._closing_all.waited_for))
            yield from self._closing_all.kill(troubled)
            yield Wake(WATCH_SECONDS, Watch())
            return
        yield from self._children.look_after_shared()
        for session_id in sorted(filter(self._children.trouble, self._children.sessions)):
            yield from self._replace(session_id)
        yield from self._children.ping_all(WATCH_SECONDS)
        self._common_cause.look(self._admission.wanted, self._status)
        yield from self._grant(now)
        if self._may_start(now):
            yield from self._renewals.look(self._children.statuses(self._status), now)
        yield Wake(WATCH_SECONDS, Watch())

    def _replace(self, session_id: str) -> Iterator[Effect]:
        """Replace an actor: first the old one is cut off and its browser killed, then a new one reads the record."""
        cause = self._children.trouble(session_id) or Reason.ACTOR_FAILED
        replaced = self._children.sessions[session_id].replaced + 1
        yield Log("error", "actor_replaced", session_id, {"reason": cause.value, "times": replaced})
        yield AbandonSession(session_id)
        yield KillBrowser(session_id)
        self._slots.free(session_id)
        self._admission.withdraw(session_id)
        yield from self._spawn(session_id, cause, replaced)

    def _spawn(self, session_id: str, cause: Reason | None, replaced: int = 0) -> Iterator[Effect]:
        incarnation = self._children.add(session_id, replaced)
        yield SpawnSession(session_id)
        yield Tell(session_address(session_id), session_messages.Begin(cause, incarnation))
        yield from self._gate.announce(session_id)

    def _vanished(self, farewell: session_messages.Vanished, now: float) -> Iterator[Effect]:
        """Nothing is left of it, so that another one of this name begins as any other."""
        session_id = farewell.session_id
        if self._children.remove(session_id, farewell.incarnation):
            self._slots.free(session_id)
            self._admission.withdraw(session_id)
            self._admission.set_desired(session_id, Desired.STOPPED)
            yield AbandonSession(session_id)
            yield from self._grant(now)

    def _restart_failed(self, failure: session_messages.RestartFailed, now: float) -> Iterator[Effect]:
        if common := self._common_cause.note(failure, len(self._admission.wanted), now):
            yield Log("error", "common_cause", None, {"note": str(common), "pauseSeconds": PAUSE_SECONDS})
            yield Wake(PAUSE_SECONDS, PauseOver())

    def _may_start(self, now: float) -> bool:
        return not (self._common_cause.is_pausing(now) or self._gate.is_closed)

    def _grant(self, now: float) -> Iterator[Effect]:
        least = session_messages.Haste.USUAL if self._pressure.is_high else session_messages.Haste.SCHEDULED
        for wish in self._slots.grant(now, least) if self._may_start(now) else ():
            yield Tell(session_address(wish.session_id), session_messages.SlotGranted(wish.generation))

    def _forward(self, session_id: str, request: object, reply: Reply) -> Iterator[Effect]:
        if session_id not in self._children.sessions:
            raise Refusal(Code.SESSION_NOT_FOUND)
        yield Tell(session_address(session_id), Ask(request, reply))
