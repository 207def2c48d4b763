"""What a leader wants, on an etcd in memory with machines that come, go and refuse."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from wppmt.cluster import keys
from wppmt.cluster.errands import Done, Leave, Return, errands
from wppmt.cluster.etcd import Delete, Put
from wppmt.cluster.leader import REFUSED_SECONDS, STUCK_SECONDS, Leader, Terms, commits, election
from wppmt.cluster.ownership import Transaction
from wppmt.cluster.scaling import IDLE_SECONDS, SHORT_SECONDS, Advice, Places, Scaling
from wppmt.cluster.tree import Tree
from wppmt.cluster.values import Goal, Home, Machine, Versions, Why
from wppmt.cluster.view import View
from wppmt.domain.cluster import MachineState

TTL = 10
VERSIONS = Versions(schema_version=25, chrome="156.0.1.1")


@dataclass
class Cluster:
    tree: Tree = field(default_factory=Tree)
    view: View = field(default_factory=View)
    now: float = 0.0
    leases: dict[str, int] = field(default_factory=dict)
    leader: Leader = field(
        default_factory=lambda: Leader(Terms(failover=True, failover_seconds=60.0, moves_at_once=2))
    )

    def commit(self, wanted: Transaction) -> bool:
        return self.tree.commit(wanted.compares, wanted.operations, self.now).succeeded

    def put(self, key: str, value: str, lease: int = 0) -> None:
        assert self.commit(Transaction([], [Put(key, value, lease)]))

    def joins(self, *machines: str, places: int = 10, versions: Versions = VERSIONS) -> None:
        for name in machines:
            self.leases[name] = self.tree.grant(1e9, self.now)
            value = Machine(url=f"https://{name}", peer=f"https://{name}:1", places=places, versions=versions)
            self.put(keys.machine(name), value.dump(), self.leases[name])

    def dies(self, machine: str) -> None:
        self.tree.revoke(self.leases.pop(machine), self.now)

    def has(self, machine: str, *sessions: str, fences: bool = True) -> None:
        for session in sessions:
            self.put(keys.home(session), Home(machine=machine, fences=fences).dump())
            self.put(keys.owner(session), machine, self.leases[machine])

    def moves(self, session: str, target: str) -> None:
        assert self.commit(Transaction([], [Delete(keys.owner(session))]))
        self.has(target, session)

    def look(self) -> dict[str, Goal | None]:
        """One look of the leader's, and what it wants is so."""
        self.view.reset(self.tree.read(keys.PREFIX, self.now))
        decision = self.leader.look(self.view, self.now)
        for wanted in commits(decision, self.view):
            assert self.commit(wanted)
        self.view.reset(self.tree.read(keys.PREFIX, self.now))
        return dict(decision.goals)

    @property
    def goals(self) -> dict[str, str]:
        return {session: aim.value.machine for session, aim in self.view.goals.items()}


@pytest.fixture
def cluster() -> Cluster:
    made = Cluster()
    made.joins("m1", "m2", "m3")
    assert made.commit(election("m1", made.leases["m1"]))
    return made


def test_there_is_one_leader(cluster: Cluster):
    assert not cluster.commit(election("m2", cluster.leases["m2"]))
    cluster.view.reset(cluster.tree.read(keys.PREFIX, 0.0))
    assert cluster.view.leader == "m1"
    cluster.dies("m1")
    assert cluster.commit(election("m2", cluster.leases["m2"]))


def test_one_that_leads_no_more_writes_nothing(cluster: Cluster):
    cluster.has("m3", "a")
    cluster.put(keys.drain("m3"), "{}")
    cluster.view.reset(cluster.tree.read(keys.PREFIX, 0.0))
    decision = cluster.leader.look(cluster.view, 0.0)
    cluster.dies("m1")
    assert cluster.commit(election("m2", cluster.leases["m2"]))
    [wanted] = commits(decision, cluster.view)
    assert not cluster.commit(wanted)


def test_a_drained_machine_is_emptied_a_few_at_a_time(cluster: Cluster):
    sessions = [f"s{number}x" for number in range(5)]
    cluster.has("m3", *sessions)
    cluster.put(keys.drain("m3"), "{}")
    gone: set[str] = set()
    for _ in range(len(sessions)):
        cluster.look()
        assert len(cluster.goals) <= 2
        for session, target in cluster.goals.items():
            assert target != "m3"
            cluster.moves(session, target)
            gone.add(session)
    cluster.look()
    assert gone == set(sessions)
    assert not cluster.goals


def test_undrained_it_keeps_what_has_not_gone(cluster: Cluster):
    cluster.has("m3", "a", "b")
    cluster.put(keys.drain("m3"), "{}")
    assert set(cluster.look()) == {"a", "b"}
    assert cluster.commit(Transaction([], [Delete(keys.drain("m3"))]))
    assert cluster.look() == {"a": None, "b": None}


def test_who_refused_is_not_asked_again_for_a_while(cluster: Cluster):
    cluster.has("m3", "a")
    cluster.put(keys.drain("m3"), "{}")
    cluster.look()
    first = cluster.goals["a"]
    refused = Goal(machine=first, why=Why.DRAIN, refused="cheia")
    cluster.put(keys.goal("a"), refused.dump())
    cluster.look()
    second = cluster.goals["a"]
    assert {first, second} == {"m1", "m2"}
    cluster.put(keys.goal("a"), Goal(machine=second, why=Why.DRAIN, refused="cheia").dump())
    assert cluster.look() == {}
    cluster.now += REFUSED_SECONDS + 1
    cluster.look()
    assert cluster.goals["a"] == first


def test_what_was_asked_for_and_refused_can_be_read_for_a_while(cluster: Cluster):
    cluster.has("m3", "a")
    cluster.put(keys.goal("a"), Goal(machine="m2", why=Why.ASKED, refused="ocupada").dump())
    assert cluster.look() == {}
    cluster.now += REFUSED_SECONDS + 1
    assert cluster.look() == {"a": None}


def test_a_goal_that_nobody_follows_is_told_as_refused(cluster: Cluster):
    cluster.has("m3", "a")
    cluster.put(keys.goal("a"), Goal(machine="m2", why=Why.ASKED).dump())
    assert cluster.look() == {}
    cluster.now += STUCK_SECONDS + 1
    [goal] = cluster.look().values()
    assert goal
    assert goal.refused


def test_a_lost_machine_s_sessions_come_up_elsewhere_after_a_while(cluster: Cluster):
    cluster.has("m3", "a", "b", "c")
    cluster.has("m2", "d")
    cluster.look()
    cluster.dies("m3")
    assert cluster.look() == {}
    cluster.now += 59
    assert cluster.look() == {}
    cluster.now += 2
    assert {goal.why for goal in cluster.look().values() if goal} == {Why.LOST}
    assert set(cluster.goals) == {"a", "b", "c"}
    assert set(cluster.goals.values()) <= {"m1", "m2"}


def test_a_machine_that_did_not_promise_to_fence_is_waited_for(cluster: Cluster):
    cluster.has("m3", "a", fences=False)
    cluster.look()
    cluster.dies("m3")
    cluster.now += 1e6
    cluster.look()
    cluster.now += 1e6
    assert cluster.look() == {}


def test_without_failover_every_machine_is_waited_for():
    cluster = Cluster(leader=Leader(Terms(failover=False)))
    cluster.joins("m1", "m2")
    assert cluster.commit(election("m1", cluster.leases["m1"]))
    cluster.has("m2", "a")
    cluster.dies("m2")
    for _ in range(3):
        assert cluster.look() == {}
        cluster.now += 1e6


def test_a_machine_that_is_back_in_time_keeps_its_sessions(cluster: Cluster):
    cluster.has("m3", "a")
    cluster.dies("m3")
    cluster.look()
    cluster.now += 61
    assert cluster.look()
    cluster.joins("m3")
    cluster.put(keys.owner("a"), "m3", cluster.leases["m3"])
    assert cluster.look() == {"a": None}


def test_on_its_way_when_its_machine_died_it_comes_up_where_it_was_going(cluster: Cluster):
    cluster.has("m3", "a")
    cluster.put(keys.goal("a"), Goal(machine="m2", why=Why.BALANCE).dump())
    cluster.look()
    cluster.dies("m3")
    assert cluster.look() == {}
    cluster.now += 61
    assert cluster.look() == {"a": Goal(machine="m2", why=Why.LOST)}


def test_who_has_taken_up_and_dies_is_replaced(cluster: Cluster):
    """Its goal named it, and only it would have ended that."""
    cluster.has("m3", "a")
    cluster.put(keys.goal("a"), Goal(machine="m3", why=Why.LOST).dump())
    assert cluster.look() == {}
    cluster.dies("m3")
    assert cluster.look() == {}
    cluster.now += 61
    assert cluster.look()["a"] is None or cluster.goals["a"] != "m3"
    cluster.look()
    assert cluster.goals["a"] in {"m1", "m2"}


def test_versions_that_cannot_open_each_other_s_data_are_kept_apart(cluster: Cluster):
    old = Versions(schema_version=24, chrome="156.0.1.1")
    cluster.dies("m1")
    cluster.dies("m2")
    cluster.joins("m1", "m2", versions=old)
    assert cluster.commit(election("m1", cluster.leases["m1"]))
    cluster.has("m3", "a")
    cluster.put(keys.drain("m3"), "{}")
    assert cluster.look() == {}


def test_the_parts_that_others_play(cluster: Cluster):
    cluster.has("m3", "a", "b")
    asked, lost = Goal(machine="m2", why=Why.ASKED), Goal(machine="m2", why=Why.LOST)
    cluster.put(keys.goal("a"), asked.dump())
    cluster.put(keys.goal("b"), lost.dump())
    cluster.look()

    def of(machine: str, *here: str) -> list[object]:
        cluster.view.reset(cluster.tree.read(keys.PREFIX, cluster.now))
        return list(errands(cluster.view, machine, here.__contains__))

    goals = {session: aim.revision for session, aim in cluster.view.goals.items()}
    assert of("m3", "a") == [Leave("a", asked, goals["a"])]
    # It has been given away, and etcd is not told yet.
    assert of("m3") == []
    assert of("m2") == []
    cluster.put(keys.goal("b"), lost.dump())
    cluster.dies("m3")
    goals = {session: aim.revision for session, aim in _read(cluster).goals.items()}
    assert of("m2") == [Return("b", lost, goals["b"], "m3")]
    assert of("m1") == []
    cluster.has("m2", "b")
    assert of("m2") == [Return("b", lost, goals["b"])]
    assert of("m2", "b") == [Done("b", lost, goals["b"])]


def _read(cluster: Cluster) -> View:
    cluster.view.reset(cluster.tree.read(keys.PREFIX, cluster.now))
    return cluster.view


def test_more_machines_are_asked_for_when_places_are_short_for_long():
    scaling, short = Scaling(), Places(all=30, free=5, largest=10, machines=3)
    assert scaling.look(short, 0.0) is Advice.ENOUGH
    assert scaling.look(short, SHORT_SECONDS - 1) is Advice.ENOUGH
    assert scaling.look(short, SHORT_SECONDS) is Advice.MORE
    assert scaling.look(Places(40, 15, 10, 4), SHORT_SECONDS + 1) is Advice.ENOUGH


def test_fewer_machines_are_asked_for_when_half_was_idle_for_a_day():
    scaling, idle = Scaling(), Places(all=40, free=30, largest=10, machines=4)
    scaling.look(idle, 0.0)
    assert scaling.look(idle, IDLE_SECONDS - 1) is Advice.ENOUGH
    assert scaling.look(idle, IDLE_SECONDS) is Advice.FEWER
    for places in (Places(10, 10, 10, 1), Places(20, 12, 10, 2)):
        fresh = Scaling()
        fresh.look(places, 0.0)
        assert fresh.look(places, 1e9) is not Advice.FEWER


@pytest.mark.parametrize("state", [*(one for one in MachineState if one is not MachineState.OK), "resting"])
def test_only_a_machine_that_is_well_gets_sessions(cluster: Cluster, state: str):
    """Also where it is the least loaded one; what a newer version says of itself is taken for no."""
    cluster.has("m3", "a")
    cluster.has("m1", "b", "c")
    cluster.put(
        keys.machine("m2"),
        Machine(url="https://m2", peer="https://m2:1", places=10, state=state).dump(),
        cluster.leases["m2"],
    )
    cluster.put(keys.drain("m3"), "{}")
    cluster.look()
    assert cluster.goals == {"a": "m1"}
