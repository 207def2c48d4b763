"""What a machine knows of the sessions' keys, however late its watch is."""

from __future__ import annotations

from wppmt.cluster import keys
from wppmt.cluster.etcd import Change, Entry, Snapshot
from wppmt.cluster.holdings import Holdings
from wppmt.cluster.ownership import claim, release, take_back
from wppmt.cluster.values import Home

ME = Home(machine="a")
LEASE = 77


def deleted(key: str, revision: int) -> Change:
    return Change(key, None, revision)


def owner(epoch: int, lease: int = LEASE) -> Entry:
    return Entry(keys.owner("loja"), "a", epoch, epoch, lease)


def claimed(revision: int) -> Holdings:
    holdings = Holdings()
    holdings.committed(claim("loja", ME, LEASE), revision)
    return holdings


def test_what_was_committed_is_known_before_any_watch_tells_it():
    held = claimed(10).of("loja")
    assert held.owner
    assert held.home
    assert (held.owner.create_revision, held.owner.lease, held.home.mod_revision) == (10, LEASE, 10)


def test_what_happened_before_the_commit_does_not_undo_it():
    holdings = claimed(10)
    holdings.apply([deleted(keys.owner("loja"), 9)])
    assert holdings.of("loja").owner
    holdings.apply([deleted(keys.owner("loja"), 11)])
    assert holdings.of("loja").owner is None


def test_a_snapshot_that_is_older_than_the_commit_does_not_undo_it():
    holdings = claimed(10)
    holdings.reset(Snapshot(8, ()))
    assert holdings.of("loja").owner
    holdings.reset(Snapshot(12, ()))
    assert holdings.of("loja").owner is None


def test_an_old_snapshot_does_not_bring_back_what_was_released():
    holdings = claimed(10)
    holdings.committed(release("loja", holdings.of("loja")), 20)
    holdings.reset(Snapshot(15, (owner(10),)))
    assert holdings.of("loja").owner is None
    holdings.reset(Snapshot(25, (owner(22),)))
    assert holdings.of("loja").owner == owner(22)


def test_a_later_epoch_is_the_new_commits():
    holdings = claimed(10)
    holdings.apply([deleted(keys.owner("loja"), 11)])
    home = holdings.of("loja").home
    assert home
    holdings.committed(take_back("loja", home, "a", 88), 30)
    found = holdings.of("loja").owner
    assert found
    assert (found.create_revision, found.lease) == (30, 88)


def test_a_watch_that_was_faster_than_the_answer_is_not_undone():
    holdings = claimed(10)
    holdings.apply([deleted(keys.owner("loja"), 11)])
    home = holdings.of("loja").home
    assert home
    holdings.apply([Change(keys.owner("loja"), owner(30, 88), 30), deleted(keys.owner("loja"), 31)])
    holdings.committed(take_back("loja", home, "a", 88), 30)
    assert holdings.of("loja").owner is None


def test_what_was_absent_is_new_also_where_its_end_was_not_yet_told():
    holdings = claimed(10)
    home = holdings.of("loja").home
    assert home
    holdings.committed(take_back("loja", home, "a", 88), 30)
    found = holdings.of("loja").owner
    assert found
    assert found.create_revision == 30


def test_nothing_is_known_before_etcd_has_told_anything():
    holdings = Holdings()
    assert not holdings.is_known
    holdings.reset(Snapshot(3, ()))
    assert holdings.is_known
