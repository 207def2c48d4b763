"""What a machine does so that etcd says of its sessions what is so: played against an etcd in memory, step by step."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from wppmt.cluster import keys
from wppmt.cluster.etcd import Put
from wppmt.cluster.holdings import Holdings
from wppmt.cluster.ownership import Transaction, epoch_on, fail_over, hand_over
from wppmt.cluster.reconciling import Dispute, GiveUp, Situation, Step, steps
from wppmt.cluster.tree import Tree
from wppmt.cluster.values import Home


@dataclass
class Machine:
    """One of those that share an etcd; `tick` is one turn of it."""

    name: str
    tree: Tree
    lease: int = 0
    here: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    busy: set[str] = field(default_factory=set)
    fences: bool = False
    holdings: Holdings = field(default_factory=Holdings)
    opened: dict[str, int] = field(default_factory=dict)
    """By which epoch."""

    def join(self, now: float) -> None:
        self.lease = self.tree.grant(10, now)

    def home(self, _: str = "") -> Home:
        return Home(machine=self.name, url=f"https://{self.name}.test", fences=self.fences)

    def plan(self, now: float) -> Collection[Step]:
        self.holdings.reset(self.tree.read(keys.PREFIX, now))
        situation = Situation(lease=self.lease, here=self.here, ended=self.ended, on_their_way=self.busy)
        return list(steps(situation, self.holdings, self.home, self.opened.get))

    def tick(self, now: float) -> list[GiveUp]:
        given_up = []
        for step in self.plan(now):
            if isinstance(step, GiveUp):
                given_up.append(step)
            elif not isinstance(step, Dispute):
                self.commit(step.transaction, now)
        return given_up

    def commit(self, transaction: Transaction, now: float) -> bool:
        done = self.tree.commit(transaction.compares, transaction.operations, now)
        if done.succeeded:
            self.holdings.committed(transaction, done.revision)
        return done.succeeded

    def epoch(self, session_id: str, now: float) -> int | None:
        self.holdings.reset(self.tree.read(keys.PREFIX, now))
        return epoch_on(self.lease, self.holdings.of(session_id))


def test_what_is_here_is_claimed_once_and_then_nothing_is_left_to_do():
    machine = Machine("a", Tree(), here={"loja", "padaria"})
    machine.join(0)
    machine.tick(0)
    assert machine.epoch("loja", 0)
    assert machine.epoch("padaria", 0)
    assert machine.plan(0) == []


def test_after_a_lost_lease_it_is_taken_back_under_a_later_epoch():
    machine = Machine("a", Tree(), here={"loja"})
    machine.join(0)
    machine.tick(0)
    before = machine.epoch("loja", 0)
    machine.join(20)
    assert machine.epoch("loja", 20) is None
    machine.tick(20)
    after = machine.epoch("loja", 20)
    assert before
    assert after
    assert after > before


def test_without_a_lease_nothing_is_written():
    machine = Machine("a", Tree(), here={"loja"})
    assert machine.plan(0) == []


def test_of_two_that_have_it_one_claims_and_the_other_keeps_its_own_closed():
    tree = Tree()
    one, other = Machine("a", tree, here={"loja"}), Machine("b", tree, here={"loja"})
    one.join(0)
    other.join(0)
    one.tick(0)
    assert other.plan(0) == [Dispute("loja", one.home())]
    assert other.epoch("loja", 0) is None


def test_a_home_that_was_written_before_it_was_opened_here_is_an_old_one():
    """etcd is restored from a backup of before the session came here."""
    tree = Tree()
    former, now = Machine("a", tree, here={"loja"}), Machine("b", tree, here={"loja"}, opened={"loja": 1000})
    former.join(0)
    former.tick(0)
    now.join(0)
    assert now.plan(0) == [Dispute("loja", former.home())]


def test_a_machine_that_comes_back_gives_up_what_was_failed_over():
    tree = Tree()
    lost, helper = Machine("a", tree, here={"loja"}, fences=True), Machine("b", tree, fences=True)
    lost.join(0)
    lost.tick(0)
    lost.opened["loja"] = lost.epoch("loja", 0) or 0
    helper.join(20)
    assert helper.plan(20) == []
    held = helper.holdings.of("loja")
    assert held.home
    assert helper.commit(fail_over("loja", held.home, "a", helper.home(), helper.lease), 20)
    lost.join(21)
    assert [step.home.machine for step in lost.tick(21)] == ["b"]


def test_what_a_move_takes_care_of_is_left_alone():
    tree = Tree()
    source, target = Machine("a", tree, here={"loja"}), Machine("b", tree)
    source.join(0)
    source.tick(0)
    tree.commit([], [Put(keys.machine("b"), "{}", tree.grant(100, 0))], 0)
    entry = tree.read(keys.machine("b"), 0).entries[0]
    source.here, source.ended, source.busy = set(), {"loja"}, {"loja"}
    assert source.plan(0) == []
    assert source.commit(hand_over("loja", source.holdings.of("loja"), target.home(), entry), 0)
    source.busy = set()
    assert source.plan(0) == []


def test_what_was_ended_here_is_released_and_may_be_anybodys():
    tree = Tree()
    one, other = Machine("a", tree, here={"loja"}), Machine("b", tree)
    one.join(0)
    one.tick(0)
    one.here, one.ended = set(), {"loja"}
    one.tick(0)
    assert tree.read(keys.SESSIONS, 0).entries == ()
    other.join(0)
    other.here = {"loja"}
    assert other.tick(0) == []
    assert other.epoch("loja", 0)


def test_what_it_says_of_itself_is_rewritten_and_the_epoch_stays():
    machine = Machine("a", Tree(), here={"loja"}, fences=True)
    machine.join(0)
    machine.tick(0)
    before = machine.epoch("loja", 0)
    machine.fences = False
    machine.tick(0)
    assert machine.epoch("loja", 0) == before
    held = machine.holdings.of("loja").home
    home = Home.parse(held.value) if held else None
    assert home
    assert not home.fences
