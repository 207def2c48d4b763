"""Which session should go to which machine: from how they stand, at most so many moves. Pure, and the same for the same input.

A session goes to the machine whose load is least, and of the few least loaded ones to that with the fewest sessions of the
same customer, then of the same proxy. Load is the share of its places that a machine has given away, or promised.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from wppmt.cluster.values import Versions, Why

LOOKED_AT = 8
"""Of the least loaded machines, when sessions are spread."""
LEAST_IMBALANCE = 0.2
"""By so much must two loads differ before a session goes only for that; it costs its customer some seconds."""
_NUMBER_AT_END = re.compile(r"[-_]?\d+$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Room:
    """A machine that lives."""

    machine: str
    places: int
    versions: Versions
    is_open: bool = True
    """Sessions may come."""
    is_drained: bool = False
    """Its sessions are to go, and none may come."""

    @property
    def is_target(self) -> bool:
        return self.is_open and not self.is_drained


@dataclass(frozen=True, slots=True)
class Placed:
    """A session, and the machine that is its home."""

    session: str
    machine: str
    proxy: str = ""
    goes_to: str = ""
    """It is on its way there; a place there is promised."""
    not_to: frozenset[str] = frozenset()
    """Machines that have refused it a short while ago."""


@dataclass(frozen=True, slots=True)
class Move:
    session: str
    source: str
    target: str
    why: Why


@dataclass(frozen=True, slots=True)
class Limits:
    moves: int
    """On their way at once, of those that are moved from a living machine."""
    returns: int
    """As `moves`, of those whose machine is lost; for each machine that takes them."""


def customer_of(session: str) -> str:
    """`loja-1` and `loja-2` are one customer's."""
    return _NUMBER_AT_END.sub("", session) or session


def plan(
    rooms: Iterable[Room], placed: Sequence[Placed], lost: Iterable[str], limits: Limits
) -> tuple[Move, ...]:
    """First the sessions of `lost` machines, then of drained ones; where there are none, one that evens the loads."""
    return _Plan(rooms, placed, frozenset(lost), limits).moves()


@dataclass(slots=True)
class _Load:
    """What has been given away and promised of one machine."""

    room: Room
    taken: int = 0
    customers: Counter[str] = field(default_factory=Counter)
    proxies: Counter[str] = field(default_factory=Counter)
    returning: int = 0

    @property
    def share(self) -> float:
        return self.taken / self.room.places if self.room.places else 1.0

    def count(self, session: Placed, by: int) -> None:
        self.taken += by
        self.customers[customer_of(session.session)] += by
        if session.proxy:
            self.proxies[session.proxy] += by

    def likeness(self, session: Placed) -> tuple[int, int]:
        """How many like it are there."""
        return self.customers[customer_of(session.session)], self.proxies[session.proxy]


class _Plan:
    def __init__(
        self, rooms: Iterable[Room], placed: Sequence[Placed], lost: frozenset[str], limits: Limits
    ) -> None:
        self._loads = {room.machine: _Load(room) for room in rooms}
        self._placed, self._lost, self._limits = placed, lost - self._loads.keys(), limits
        self._on_the_way = 0
        for session in placed:
            self._count(session)
        self._order = sorted((load.share, name) for name, load in self._loads.items() if load.room.is_target)

    def _count(self, session: Placed) -> None:
        """A session that moves is counted at both machines."""
        for machine in {session.machine, session.goes_to}:
            if load := self._loads.get(machine):
                load.count(session, 1)
        if session.goes_to and session.machine in self._loads:
            self._on_the_way += 1
        elif load := self._loads.get(session.goes_to):
            load.returning += 1

    def moves(self) -> tuple[Move, ...]:
        found = [*self._returns()]
        found += self._limited(self._drains())
        if not found and not self._on_the_way:
            # Evenness has time: nobody waits for it.
            found += self._limited(self._evening())
        return tuple(found)

    def _limited(self, moves: Iterator[Move]) -> Iterator[Move]:
        while self._on_the_way < self._limits.moves and (move := next(moves, None)):
            self._on_the_way += 1
            yield move

    def _returns(self) -> Iterator[Move]:
        for session in self._waiting(self._lost):
            target = self._best(session, returning=True)
            if target:
                target.returning += 1
                yield self._move(session, target, Why.LOST)

    def _drains(self) -> Iterator[Move]:
        drained = frozenset(name for name, load in self._loads.items() if load.room.is_drained)
        for session in self._waiting(drained):
            if target := self._best(session):
                yield self._move(session, target, Why.DRAIN)

    def _evening(self) -> Iterator[Move]:
        if pair := self._uneven():
            source, target = pair
            sessions = (one for one in self._placed if one.machine == source.room.machine)
            if going := self._goer(sessions, source, target):
                yield self._move(going, target, Why.BALANCE)

    def _uneven(self) -> tuple[_Load, _Load] | None:
        """The most and the least loaded, where a session that went would leave them more even by far."""
        if len(self._order) < 2:
            return None
        source, target = self._loads[self._order[-1][1]], self._loads[self._order[0][1]]
        if target.taken >= target.room.places:
            return None
        after = (target.taken + 1) / target.room.places
        return (source, target) if source.share - after >= LEAST_IMBALANCE else None

    def _goer(self, sessions: Iterable[Placed], source: _Load, target: _Load) -> Placed | None:
        """Of whose like there are most here and fewest there."""
        may_go = [one for one in sessions if not one.goes_to and self._fits(one, target)]

        def gain(session: Placed) -> tuple[int, int, str]:
            here, there = source.likeness(session), target.likeness(session)
            return there[0] - here[0], there[1] - here[1], session.session

        return min(may_go, key=gain, default=None)

    def _waiting(self, machines: frozenset[str]) -> Iterator[Placed]:
        return (one for one in self._placed if one.machine in machines and not one.goes_to)

    def _best(self, session: Placed, *, returning: bool = False) -> _Load | None:
        best, least = None, None
        for looked_at, load in enumerate(self._candidates(session, returning=returning)):
            likeness = load.likeness(session)
            if least is None or likeness < least:
                best, least = load, likeness
            if likeness == (0, 0) or looked_at + 1 >= LOOKED_AT:
                break
        return best

    def _candidates(self, session: Placed, *, returning: bool) -> Iterator[_Load]:
        """The least loaded one first."""
        for _, name in self._order:
            load = self._loads[name]
            is_busy = returning and load.returning >= self._limits.returns
            if name != session.machine and not is_busy and self._fits(session, load):
                yield load

    def _fits(self, session: Placed, load: _Load) -> bool:
        room = load.room
        source = self._loads.get(session.machine)
        return (
            load.taken < room.places
            and room.machine not in session.not_to
            and (source is None or opens(source.room.versions, room.versions))
        )

    def _move(self, session: Placed, target: _Load, why: Why) -> Move:
        self._shift(target, session, 1)
        return Move(session.session, session.machine, target.room.machine, why)

    def _shift(self, load: _Load, session: Placed, by: int) -> None:
        place = (load.share, load.room.machine)
        load.count(session, by)
        if load.room.is_target:
            del self._order[bisect_left(self._order, place)]
            insort(self._order, (load.share, load.room.machine))


def opens(source: Versions, target: Versions) -> bool:
    """Whether `target` can open what `source` has written: neither database nor profile goes back to an older version."""
    if target.schema_version < source.schema_version:
        return False
    return not target.chrome or _major(target.chrome) >= _major(source.chrome)


def _major(version: str) -> int:
    """Chrome's data are of its major version."""
    major = version.partition(".")[0]
    return int(major) if major.isdecimal() else 0


def free_places(rooms: Iterable[Room], placed: Iterable[Placed]) -> int:
    """Of machines where sessions may come: neither given away nor promised."""
    taken = Counter(machine for one in placed for machine in {one.machine, one.goes_to})
    return sum(max(0, room.places - taken[room.machine]) for room in rooms if room.is_target)
