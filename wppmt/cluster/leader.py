"""What the leader wants next: goals for sessions, and whether the cluster should grow. It only ever writes goals; what comes of one
the session's owner decides, or whoever takes it up. Pure: `now` is in seconds of a clock that never goes back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from wppmt.cluster import keys
from wppmt.cluster.etcd import CreateRevision, Delete, ModRevision, Operation, Put
from wppmt.cluster.ownership import Transaction
from wppmt.cluster.placement import Limits, Placed, Room, free_places, plan
from wppmt.cluster.scaling import Advice, Places, Scaling
from wppmt.cluster.values import Goal, Why
from wppmt.cluster.view import Aim, Ownership, View
from wppmt.domain.cluster import MachineState

REFUSED_SECONDS = 600.0
"""A machine that refused a session is not asked again for so long, and the refusal can be read."""
STUCK_SECONDS = 900.0
"""For a goal that nobody does anything about."""
STUCK = "Ninguém a começou ou terminou a tempo"
GOALS_AT_ONCE = 50
"""In one commit; etcd takes 128 operations."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator lets the leader do."""

    failover: bool = False
    failover_seconds: float = 60.0
    """For a machine to be gone, before its sessions are brought up elsewhere."""
    moves_at_once: int = 5


@dataclass(frozen=True, slots=True)
class Decision:
    goals: Mapping[str, Goal | None]
    """What each of these sessions' goals should become; None: it is done with."""
    places: Places
    advice: Advice


@dataclass(slots=True)
class Leader:
    """Of one term. What it remembers a next one learns anew, and is the more patient for it."""

    terms: Terms
    scaling: Scaling = field(default_factory=Scaling)
    _missing: dict[str, float] = field(default_factory=dict)
    """Since when a machine is gone that is some session's home."""
    _aims: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Of each goal: its revision, and since when it is that."""
    _refusals: dict[tuple[str, str], float] = field(default_factory=dict)
    """By session and machine: when that was seen."""

    def look(self, view: View, now: float) -> Decision:
        self._remember(view, now)
        lost = self._lost(now)
        goals = {session: self._judged(view, session, aim, lost, now) for session, aim in view.goals.items()}
        rooms, placed = list(_rooms(view)), list(self._placed(view, goals, lost))
        moves = plan(rooms, placed, lost, Limits(self.terms.moves_at_once, self.terms.moves_at_once))
        goals |= {move.session: Goal(machine=move.target, why=move.why) for move in moves}
        changed = {
            session: goal
            for session, goal in goals.items()
            if session not in view.goals or goal != view.goals[session].value
        }
        places = _places(rooms, placed)
        return Decision(changed, places, self.scaling.look(places, now))

    def _remember(self, view: View, now: float) -> None:
        homes = {one.home.machine for one in view.sessions.values() if one.home}
        self._missing = {name: self._missing.get(name, now) for name in homes - view.machines.keys()}
        old = self._aims
        self._aims = {
            session: old[session] if old.get(session, (0, 0.0))[0] == aim.revision else (aim.revision, now)
            for session, aim in view.goals.items()
        }
        self._refusals = {one: at for one, at in self._refusals.items() if now - at < REFUSED_SECONDS}
        for session, aim in view.goals.items():
            if aim.value.refused and now - self._aims[session][1] < REFUSED_SECONDS:
                self._refusals.setdefault((session, aim.value.machine), now)

    def _lost(self, now: float) -> frozenset[str]:
        if not self.terms.failover:
            return frozenset()
        return frozenset(
            name for name, since in self._missing.items() if now - since >= self.terms.failover_seconds
        )

    def _judged(self, view: View, session: str, aim: Aim, lost: frozenset[str], now: float) -> Goal | None:
        """What should become of a goal."""
        goal, ownership, age = aim.value, view.ownership(session), now - self._aims[session][1]
        home = ownership.home.machine if ownership.home else ""
        if goal.refused:
            return goal if age < REFUSED_SECONDS else None
        if not home or _is_over(view, goal, ownership, home):
            return None
        if home in lost and home != goal.machine and goal.why is not Why.LOST:
            # It was on its way when its machine went: the target may have it already.
            is_possible = goal.machine in view.machines and _may_return(ownership)
            return Goal(machine=goal.machine, why=Why.LOST) if is_possible else None
        if goal.why is Why.LOST and home == goal.machine:
            # Who has taken it up deletes the goal when all of the session is there.
            return None if home in lost else goal
        return goal if age < STUCK_SECONDS else goal.model_copy(update={"refused": STUCK})

    def _placed(self, view: View, goals: Mapping[str, Goal | None], lost: frozenset[str]) -> Iterator[Placed]:
        refused: dict[str, set[str]] = {}
        for session, machine in self._refusals:
            refused.setdefault(session, set()).add(machine)
        for session, ownership in view.sessions.items():
            home = ownership.home
            if home is None or (home.machine in lost and not _may_return(ownership)):
                continue
            goal = goals.get(session)
            goes_to = goal.machine if goal and not goal.refused and goal.machine != home.machine else ""
            yield Placed(session, home.machine, home.proxy, goes_to, frozenset(refused.get(session, ())))


def commits(decision: Decision, view: View) -> Iterator[Transaction]:
    """By which it comes true, while this leader leads and nobody else has written those goals since."""
    wanted = list(decision.goals.items())
    for start in range(0, len(wanted), GOALS_AT_ONCE):
        part = wanted[start : start + GOALS_AT_ONCE]
        yield Transaction(
            [
                CreateRevision(keys.LEADER, view.leader_term),
                *(ModRevision(keys.goal(session), _revision(view, session)) for session, _ in part),
            ],
            [_written(session, goal) for session, goal in part],
        )


def election(machine: str, lease: int) -> Transaction:
    """While there is no leader; its term is the commit's revision."""
    return Transaction([CreateRevision(keys.LEADER, 0)], [Put(keys.LEADER, machine, lease)])


def _written(session: str, goal: Goal | None) -> Operation:
    return Put(keys.goal(session), goal.dump()) if goal else Delete(keys.goal(session))


def _revision(view: View, session: str) -> int:
    aim = view.goals.get(session)
    return aim.revision if aim else 0


def _is_over(view: View, goal: Goal, ownership: Ownership, home: str) -> bool:
    """Reached, or nobody wants it any more."""
    match goal.why:
        case Why.LOST:
            return home != goal.machine and (home in view.machines or goal.machine not in view.machines)
        case Why.DRAIN if home not in view.drains and home != goal.machine:
            return True
        case _:
            return home == goal.machine == ownership.owner


def _may_return(ownership: Ownership) -> bool:
    """Its machine has promised to have ended its browser by now."""
    return ownership.home is not None and ownership.home.fences and not ownership.owner


def _rooms(view: View) -> Iterator[Room]:
    for name, living in view.machines.items():
        value = living.value
        is_open = value.state == MachineState.OK and bool(value.peer)
        yield Room(name, value.places, value.versions, is_open, name in view.drains)


def _places(rooms: list[Room], placed: list[Placed]) -> Places:
    targets = [room.places for room in rooms if room.is_target]
    return Places(sum(targets), free_places(rooms, placed), max(targets, default=0), len(targets))
