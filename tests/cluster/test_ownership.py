"""Each way in which a session comes to a machine or leaves it, by etcd's rules."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from wppmt.cluster import keys, ownership
from wppmt.cluster.etcd import Committed, LeaseGone
from wppmt.cluster.membership import TTL, register
from wppmt.cluster.ownership import Held, Transaction, epoch_on
from wppmt.cluster.tree import Tree
from wppmt.cluster.values import Home, Machine


@dataclass
class Cluster:
    tree: Tree = field(default_factory=Tree)
    now: float = 0.0

    def join(self, name: str) -> int:
        lease = self.tree.grant(TTL, self.now)
        assert self.commit(register(name, Machine(url=f"http://{name}"), lease)).succeeded
        return lease

    def commit(self, wanted: Transaction) -> Committed:
        return self.tree.commit(wanted.compares, wanted.operations, self.now)

    def held(self) -> Held:
        return ownership.held(self.tree.read(keys.session("loja"), self.now), "loja")

    def home(self) -> Home | None:
        entry = self.held().home
        return Home.parse(entry.value) if entry else None


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


A, B = Home(machine="a", fences=True), Home(machine="b", fences=True)


def test_of_two_that_claim_one_gets_it(cluster: Cluster) -> None:
    a, b = cluster.join("a"), cluster.join("b")
    first, second = ownership.claim("loja", A, a), ownership.claim("loja", B, b)
    done = cluster.commit(second)
    assert done.succeeded
    assert not cluster.commit(first).succeeded
    assert epoch_on(b, cluster.held()) == done.revision
    assert epoch_on(a, cluster.held()) is None


def test_what_was_lost_with_the_lease_is_taken_back_with_a_later_epoch(cluster: Cluster) -> None:
    first = cluster.commit(ownership.claim("loja", A, cluster.join("a")))
    cluster.now += TTL
    held = cluster.held()
    assert held.owner is None
    assert held.home
    lease = cluster.join("a")
    again = cluster.commit(ownership.take_back("loja", held.home, "a", lease))
    assert epoch_on(lease, cluster.held()) == again.revision > first.revision


def test_nobody_takes_back_what_somebody_owns(cluster: Cluster) -> None:
    cluster.commit(ownership.claim("loja", A, cluster.join("a")))
    home = cluster.held().home
    assert home
    assert not cluster.commit(ownership.take_back("loja", home, "b", cluster.join("b"))).succeeded


def test_a_session_that_is_handed_over_is_the_target_s_and_promises_nothing(cluster: Cluster) -> None:
    a, b = cluster.join("a"), cluster.join("b")
    cluster.commit(ownership.claim("loja", A, a))
    (alive,) = cluster.tree.read(keys.machine("b"), cluster.now).entries
    before = cluster.held()
    assert cluster.commit(ownership.hand_over("loja", before, B, alive)).succeeded
    assert not cluster.commit(ownership.hand_over("loja", before, B, alive)).succeeded
    between = cluster.held()
    assert between.owner is None
    assert between.home
    assert cluster.home() == Home(machine="b", fences=False)
    assert cluster.commit(ownership.take_back("loja", between.home, "b", b)).succeeded
    assert cluster.commit(ownership.rewrite_home("loja", cluster.held(), B)).succeeded
    assert cluster.home() == B
    assert epoch_on(b, cluster.held())


def test_a_session_goes_to_no_machine_that_has_gone(cluster: Cluster) -> None:
    a, b = cluster.join("a"), cluster.join("b")
    cluster.commit(ownership.claim("loja", A, a))
    (alive,) = cluster.tree.read(keys.machine("b"), cluster.now).entries
    cluster.tree.revoke(b, cluster.now)
    cluster.join("b")
    assert not cluster.commit(ownership.hand_over("loja", cluster.held(), B, alive)).succeeded
    assert cluster.home() == A


def test_a_lost_machine_s_session_goes_to_one_of_those_that_want_it(cluster: Cluster) -> None:
    cluster.commit(ownership.claim("loja", A, cluster.join("a")))
    home = cluster.held().home
    assert home
    b, c = cluster.join("b"), cluster.join("c")
    wanted = ownership.fail_over("loja", home, "a", B, b)
    assert not cluster.commit(wanted).succeeded
    for _ in range(3):
        cluster.now += TTL / 3
        cluster.tree.renew(b, cluster.now)
        cluster.tree.renew(c, cluster.now)
    assert cluster.commit(wanted).succeeded
    assert not cluster.commit(ownership.fail_over("loja", home, "a", Home(machine="c"), c)).succeeded
    assert not cluster.commit(ownership.take_back("loja", home, "a", cluster.join("a"))).succeeded
    assert cluster.home() == B


def test_a_machine_that_is_back_keeps_what_nobody_has_taken_yet(cluster: Cluster) -> None:
    cluster.commit(ownership.claim("loja", A, cluster.join("a")))
    home = cluster.held().home
    assert home
    cluster.now += TTL
    cluster.join("a")
    assert not cluster.commit(ownership.fail_over("loja", home, "a", B, cluster.join("b"))).succeeded


def test_what_is_released_can_be_claimed_by_anybody(cluster: Cluster) -> None:
    a, b = cluster.join("a"), cluster.join("b")
    cluster.commit(ownership.claim("loja", A, a))
    assert cluster.commit(ownership.release("loja", cluster.held())).succeeded
    assert cluster.held() == Held()
    assert cluster.commit(ownership.claim("loja", B, b)).succeeded


def test_nobody_owns_on_no_lease(cluster: Cluster) -> None:
    cluster.commit(ownership.claim("loja", A, cluster.join("a")))
    home = cluster.held().home
    assert home
    for made in (
        lambda: ownership.claim("loja", A, 0),
        lambda: ownership.take_back("loja", home, "a", 0),
        lambda: ownership.fail_over("loja", home, "a", B, 0),
    ):
        with pytest.raises(LeaseGone):
            made()
    assert epoch_on(0, cluster.held()) is None


def test_a_machine_says_nothing_of_another_s_home(cluster: Cluster) -> None:
    cluster.commit(ownership.claim("loja", A, cluster.join("a")))
    with pytest.raises(ValueError, match="loja"):
        ownership.rewrite_home("loja", cluster.held(), B)
    for made in (ownership.release, lambda session, held: ownership.rewrite_home(session, held, A)):
        with pytest.raises(ValueError, match="loja"):
            made("loja", Held())
