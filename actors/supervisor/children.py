"""How Root notices an actor that is dead or hung: whether it lives, and how many pings it has left unanswered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from actors.runtime.effects import Effect, Log, SpawnSharedActor, Tell, Wake
from actors.session.messages import Ping
from actors.supervisor.messages import PingDue
from wppmt.domain.messages import session_address
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import Desired, SessionRecord, SessionStatus

HUNG_PINGS = 4
"""An actor that left so many pings in a row unanswered is hung. It never waits for a browser, so this is generous.

Pings are counted, not seconds: a clock that jumps, or a daemon that was frozen, makes nobody look hung.
"""

PINGED_AT_ONCE = 20
"""Hundreds of threads that wake at one moment cost several times what they cost one after the other."""


@dataclass(slots=True)
class Child:
    """What Root knows of an actor."""

    unanswered: int = 0
    """Pings since the last Pong."""
    replaced: int = 0
    incarnation: int = 0
    """Of a session's actor: tells it from those before it, whose last words may come late."""


class Children:
    """The actors that Root has started: the shared ones by address, sessions by id."""

    def __init__(self, shared: tuple[str, ...], is_alive: Callable[[str], bool]) -> None:
        self.shared = {address: Child() for address in shared}
        self.sessions: dict[str, Child] = {}
        self._is_alive = is_alive
        self._incarnations = count(1)

    def add(self, session_id: str, replaced: int) -> int:
        """Another actor of this session; its incarnation."""
        incarnation = next(self._incarnations)
        self.sessions[session_id] = Child(replaced=replaced, incarnation=incarnation)
        return incarnation

    def remove(self, session_id: str, incarnation: int) -> bool:
        """False where the session has another actor by now, or none."""
        child = self.sessions.get(session_id)
        if child is None or child.incarnation != incarnation:
            return False
        del self.sessions[session_id]
        return True

    def answered(self, address: str) -> None:
        """A Pong has come."""
        child = self.shared.get(address) or self.sessions.get(address.removeprefix(session_address("")))
        if child:
            child.unanswered = 0

    def ping(self, address: str, child: Child) -> Tell:
        child.unanswered += 1
        return Tell(address, Ping())

    def look_after_shared(self) -> Iterator[Effect]:
        """Replace the dead and hung, and ping all of them."""
        for address, child in self.shared.items():
            if trouble := self.trouble_with(address, child):
                yield Log("error", "actor_replaced", None, {"actor": address, "reason": trouble.value})
                yield SpawnSharedActor(address)
                child.unanswered = 0
            yield self.ping(address, child)

    def ping_all(self, within: float) -> Iterator[Effect]:
        """Every session, in groups over so many seconds."""
        sessions = sorted(self.sessions)
        yield from self.ping_sessions(sessions[:PINGED_AT_ONCE])
        for first in range(PINGED_AT_ONCE, len(sessions), PINGED_AT_ONCE):
            group = tuple(sessions[first : first + PINGED_AT_ONCE])
            yield Wake(within * first / len(sessions), PingDue(group))

    def ping_sessions(self, sessions: Iterable[str]) -> Iterator[Tell]:
        """Those that are still there."""
        for session_id in sessions:
            if child := self.sessions.get(session_id):
                yield self.ping(session_address(session_id), child)

    def trouble(self, session_id: str) -> Reason | None:
        return self.trouble_with(session_address(session_id), self.sessions[session_id])

    def statuses(self, status: Callable[[str], SessionStatus | None]) -> dict[str, SessionStatus]:
        """Of all sessions, as far as they have one."""
        found = {session_id: status(session_id) for session_id in sorted(self.sessions)}
        return {session_id: status for session_id, status in found.items() if status}

    def has_crashed(self, record: SessionRecord) -> bool:
        """A stopped session has not: a dead actor of it is replaced at the next look, without a browser."""
        if record.desired is Desired.STOPPED:
            return False
        return record.state is State.ERROR or self.trouble(record.id) is not None

    def trouble_with(self, address: str, child: Child) -> Reason | None:
        """Dead and hung differ only in the log; the same is done about both."""
        if not self._is_alive(address):
            return Reason.ACTOR_FAILED
        return Reason.ACTOR_HUNG if child.unanswered >= HUNG_PINGS else None

    def describe(self) -> Iterator[dict[str, Any]]:
        """A row for each."""
        sessions = {session_address(session_id): child for session_id, child in sorted(self.sessions.items())}
        for address, child in (self.shared | sessions).items():
            trouble = self.trouble_with(address, child)
            yield {
                "actor": address,
                "alive": trouble is not Reason.ACTOR_FAILED,
                "hung": trouble is Reason.ACTOR_HUNG,
                "unansweredPings": child.unanswered,
                "replaced": child.replaced,
            }
