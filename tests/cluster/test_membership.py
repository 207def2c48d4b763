"""Until when a machine may believe that its lease lives, and whose a name is."""

from __future__ import annotations

import pytest

from wppmt.cluster.client import RENEWAL_SECONDS
from wppmt.cluster.etcd import Entry, LeaseGone
from wppmt.cluster.membership import (
    CLOSE_SECONDS,
    KILL_SECONDS,
    RENEW_SECONDS,
    TTL,
    Joining,
    Membership,
    joining,
    register,
    rewrite,
)
from wppmt.cluster.tree import Tree
from wppmt.cluster.values import Machine


def registered(lease: int, boot: str) -> Entry:
    return Entry("/wppmt/machines/a", Machine(url="http://a", boot=boot).dump(), 5, 5, lease)


def test_a_lease_is_believed_in_for_its_time_from_the_sending() -> None:
    membership = Membership(7).renewed(100.0)
    assert membership.holds(100.0 + TTL - 0.01)
    assert not membership.holds(100.0 + TTL)
    assert membership.may_start(100.0 + CLOSE_SECONDS - 0.01)
    assert not membership.may_start(100.0 + CLOSE_SECONDS)


def test_an_old_answer_shortens_nothing() -> None:
    assert Membership(7).renewed(100.0).renewed(97.0).deadline == 100.0 + TTL


def test_without_a_lease_nothing_is_believed() -> None:
    assert not Membership().holds(0.0)
    assert not Membership(0, 100.0).holds(100.0)
    assert not Membership(0, 100.0).may_start(100.0)
    assert not Membership(7).may_start(0.0)


def test_a_guard_is_done_before_the_lease_can_run_out() -> None:
    assert RENEW_SECONDS < CLOSE_SECONDS < KILL_SECONDS < TTL


def test_a_renewal_can_be_tried_at_three_endpoints_before_browsers_are_closed() -> None:
    assert RENEW_SECONDS + 3 * RENEWAL_SECONDS < CLOSE_SECONDS


@pytest.mark.parametrize(
    ("entry", "waited", "expected"),
    [
        (None, 0.0, Joining.REGISTER),
        (registered(7, "boot"), 0.0, Joining.GO_ON),
        (registered(8, "boot"), 0.0, Joining.WAIT),
        (registered(7, "another boot"), 0.0, Joining.WAIT),
        (registered(8, "boot"), TTL + RENEW_SECONDS, Joining.WAIT),
        (registered(8, "boot"), TTL + RENEW_SECONDS + 0.1, Joining.TAKEN),
        (registered(7, "another boot"), TTL + RENEW_SECONDS + 0.1, Joining.TAKEN),
        (Entry("/wppmt/machines/a", "not ours", 5, 5, 7), 0.0, Joining.WAIT),
    ],
)
def test_whose_a_name_is(entry: Entry | None, waited: float, expected: Joining) -> None:
    assert joining(entry, 7, "boot", waited) is expected


def test_a_name_is_registered_once_and_rewritten_by_its_lease_alone() -> None:
    tree = Tree()
    mine, other = tree.grant(TTL, 0.0), tree.grant(TTL, 0.0)
    value = Machine(url="http://a")
    first, second = register("a", value, mine), register("a", value, other)
    assert tree.commit(first.compares, first.operations, 0.0).succeeded
    assert not tree.commit(second.compares, second.operations, 0.0).succeeded
    fuller = value.model_copy(update={"used": 3})
    for lease, succeeds in ((other, False), (mine, True)):
        wanted = rewrite("a", fuller, lease)
        assert tree.commit(wanted.compares, wanted.operations, 0.0).succeeded is succeeds
    (entry,) = tree.read("/wppmt/machines/a", 0.0).entries
    assert (Machine.parse(entry.value), entry.lease) == (fuller, mine)
    tree.revoke(mine, 0.0)
    gone = register("a", value, mine)
    with pytest.raises(LeaseGone):
        tree.commit(gone.compares, gone.operations, 0.0)
