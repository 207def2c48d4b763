"""What the cluster relies on of etcd, held against the one in memory and the real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.cluster.conftest import Made
from wppmt.cluster.etcd import (
    MOST_OPERATIONS,
    Change,
    Compacted,
    Compare,
    CreateRevision,
    Delete,
    Etcd,
    Lease,
    LeaseGone,
    ModRevision,
    Put,
    Snapshot,
)

LONG = 600
EXPIRY_SECONDS = 8.0


async def one(etcd: Etcd, key: str) -> tuple[str, int]:
    """Value and lease of a key that must be there."""
    (entry,) = (await etcd.read(key)).entries
    return entry.value, entry.lease


@asynccontextmanager
async def watching(etcd: Etcd, prefix: str, after: int) -> AsyncIterator[AsyncIterator[Change]]:
    stream = etcd.watch(prefix, after)

    async def singly() -> AsyncIterator[Change]:
        async for changes in stream:
            for change in changes:
                yield change

    try:
        yield singly()
    finally:
        await stream.aclose()


async def test_only_one_can_make_a_key(etcd: Etcd, prefix: str) -> None:
    key = f"{prefix}owner"
    first = await etcd.commit([CreateRevision(key, 0)], [Put(key, "a")])
    second = await etcd.commit([CreateRevision(key, 0)], [Put(key, "b")])
    assert (first.succeeded, second.succeeded) == (True, False)
    assert (await one(etcd, key))[0] == "a"


async def test_a_key_s_create_revision_is_that_of_the_commit_that_made_it(etcd: Etcd, prefix: str) -> None:
    key = f"{prefix}owner"
    made = await etcd.commit([], [Put(key, "a")])
    written = await etcd.commit([], [Put(key, "b")])
    (entry,) = (await etcd.read(key)).entries
    assert (entry.create_revision, entry.mod_revision) == (made.revision, written.revision)
    await etcd.commit([], [Delete(key)])
    again = await etcd.commit([], [Put(key, "c")])
    (entry,) = (await etcd.read(key)).entries
    assert entry.create_revision == again.revision > written.revision


async def test_all_is_done_or_nothing(etcd: Etcd, prefix: str) -> None:
    here, there = f"{prefix}here", f"{prefix}there"
    made = await etcd.commit([], [Put(here, "1")])
    wrong: list[Compare] = [ModRevision(here, made.revision), CreateRevision(there, 99)]
    refused = await etcd.commit(wrong, [Put(here, "2"), Delete(here + "x"), Put(there, "2")])
    assert not refused.succeeded
    assert [entry.value for entry in (await etcd.read(prefix)).entries] == ["1"]
    right: list[Compare] = [ModRevision(here, made.revision), CreateRevision(there, 0)]
    done = await etcd.commit(right, [Delete(here), Put(there, "2")])
    assert [(entry.key, entry.create_revision) for entry in (await etcd.read(prefix)).entries] == [
        (there, done.revision)
    ]


async def test_a_key_that_is_not_there_is_on_no_lease(etcd: Etcd, prefix: str) -> None:
    key = f"{prefix}owner"
    assert not (await etcd.commit([Lease(key, 12345)], [Put(f"{prefix}x", "")])).succeeded
    assert (await etcd.commit([Lease(key, 0)], [Put(f"{prefix}x", "")])).succeeded


async def test_a_key_is_on_the_lease_it_was_last_put_on(etcd: Etcd, prefix: str) -> None:
    key, lease = f"{prefix}owner", await etcd.grant(LONG)
    await etcd.commit([], [Put(key, "a", lease)])
    assert (await one(etcd, key))[1] == lease
    assert (await etcd.commit([Lease(key, lease)], [Put(key, "b")])).succeeded
    assert not (await etcd.commit([Lease(key, lease)], [Put(key, "c")])).succeeded
    assert (await etcd.commit([Lease(key, 0)], [])).succeeded
    await etcd.revoke(lease)
    assert await one(etcd, key) == ("b", 0)


async def test_a_revoked_lease_takes_its_keys_along(etcd: Etcd, prefix: str) -> None:
    lease, other = await etcd.grant(LONG), await etcd.grant(LONG)
    await etcd.commit([], [Put(f"{prefix}a", "", lease), Put(f"{prefix}b", "", lease)])
    await etcd.commit([], [Put(f"{prefix}c", "", other), Put(f"{prefix}d", "")])
    before = (await etcd.read(prefix)).revision
    await etcd.revoke(lease)
    await etcd.revoke(lease)
    after = await etcd.read(prefix)
    assert [entry.key[-1] for entry in after.entries] == ["c", "d"]
    assert after.revision == before + 1
    await etcd.revoke(other)


async def test_nothing_can_be_done_with_a_lease_that_is_gone(etcd: Etcd, prefix: str) -> None:
    lease = await etcd.grant(LONG)
    await etcd.renew(lease)
    await etcd.revoke(lease)
    with pytest.raises(LeaseGone):
        await etcd.renew(lease)
    with pytest.raises(LeaseGone):
        await etcd.commit([], [Put(f"{prefix}x", ""), Put(f"{prefix}a", "", lease)])
    assert (await etcd.read(prefix)).entries == ()


@pytest.mark.slow
async def test_a_lease_that_nobody_renews_runs_out(etcd: Etcd, prefix: str) -> None:
    kept, left = await etcd.grant(1), await etcd.grant(1)
    made = await etcd.commit([], [Put(f"{prefix}kept", "", kept), Put(f"{prefix}left", "", left)])

    async def renew() -> None:
        while True:
            await etcd.renew(kept)
            await asyncio.sleep(0.2)

    async with watching(etcd, prefix, made.revision) as changes:
        renewing = asyncio.create_task(renew())
        gone = await asyncio.wait_for(anext(changes), EXPIRY_SECONDS)
        renewing.cancel()
    assert (gone.key, gone.entry) == (f"{prefix}left", None)
    with pytest.raises(LeaseGone):
        await etcd.renew(left)
    assert (await one(etcd, f"{prefix}kept"))[1] == kept
    await etcd.revoke(kept)


async def test_what_no_etcd_takes_is_refused_here_already(etcd: Etcd, prefix: str) -> None:
    key = f"{prefix}owner"
    with pytest.raises(ValueError, match="one key"):
        await etcd.commit([], [Delete(key), Put(key, "a")])
    many = [Put(f"{prefix}{n}", "") for n in range(MOST_OPERATIONS + 1)]
    with pytest.raises(ValueError, match="more than"):
        await etcd.commit([], many)
    assert (await etcd.commit([], many[:-1])).succeeded


async def test_a_read_is_by_prefix_and_in_order(etcd: Etcd, prefix: str) -> None:
    before = await etcd.read(prefix)
    assert before.entries == ()
    values = {f"{prefix}b/1": "ção", f"{prefix}a": '{"x": 1}', f"{prefix}b": "", f"{prefix}b0": "\n"}
    made = await etcd.commit([], [Put(key, value) for key, value in values.items()])
    found = await etcd.read(f"{prefix}b")
    assert [(entry.key, entry.value) for entry in found.entries] == [
        (f"{prefix}b", ""),
        (f"{prefix}b/1", "ção"),
        (f"{prefix}b0", "\n"),
    ]
    assert found.revision == made.revision


@pytest.mark.slow
async def test_a_read_of_many_is_of_one_revision(etcd: Etcd, prefix: str) -> None:
    """More than one answer of the real one holds."""
    for start in range(0, 2_200, 100):
        await etcd.commit([], [Put(f"{prefix}{n:05}", "0") for n in range(start, start + 100)])

    async def change() -> None:
        for n in range(2_199, 0, -20):
            await etcd.commit([], [Put(f"{prefix}{n:05}", "1")])

    changing = asyncio.create_task(change())
    snapshots = [await etcd.read(prefix) for _ in range(3)]
    await changing
    assert all(len(snapshot.entries) == 2_200 for snapshot in snapshots)
    assert all(
        entry.mod_revision <= snapshot.revision for snapshot in snapshots for entry in snapshot.entries
    )


async def test_a_commit_that_changes_nothing_makes_no_revision(etcd: Etcd, prefix: str) -> None:
    before: Snapshot = await etcd.read(prefix)
    assert (await etcd.commit([CreateRevision(prefix, 0)], [Delete(prefix)])).succeeded
    assert (await etcd.read(prefix)).revision == before.revision


async def test_a_watch_tells_what_was_and_what_comes(etcd: Etcd, prefix: str) -> None:
    first = await etcd.commit([], [Put(f"{prefix}a", "1")])
    await etcd.commit([], [Put(f"{prefix}a", "2")])
    async with watching(etcd, prefix, first.revision) as changes:
        told = await asyncio.wait_for(anext(changes), 5)
        assert told.entry
        assert (told.key, told.entry.value, told.revision) == (f"{prefix}a", "2", first.revision + 1)
        await etcd.commit([], [Put(f"{prefix[:-1]}x", "not ours"), Put(f"{prefix}b", "3")])
        await etcd.commit([], [Delete(f"{prefix}a")])
        rest = [await asyncio.wait_for(anext(changes), 5) for _ in range(2)]
    assert [(one.key[-1], one.entry and one.entry.value) for one in rest] == [("b", "3"), ("a", None)]
    assert rest[1].revision == rest[0].revision + 1


async def test_a_watch_tells_what_one_commit_did_at_once(etcd: Etcd, prefix: str) -> None:
    before = (await etcd.read(prefix)).revision
    stream = etcd.watch(prefix, before)
    await etcd.commit([], [Put(f"{prefix}{n}", "x" * 3_000) for n in range(100)])
    changes = await asyncio.wait_for(anext(stream), 5)
    assert len({change.key for change in changes}) == 100
    await stream.aclose()


async def test_a_watch_cannot_begin_before_what_is_remembered(made: Made, prefix: str) -> None:
    first = await made.etcd.commit([], [Put(f"{prefix}a", "1")])
    await made.etcd.commit([], [Put(f"{prefix}a", "3")])
    last = await made.etcd.commit([], [Put(f"{prefix}a", "4")])
    made.compact(last.revision)
    with pytest.raises(Compacted):
        await anext(made.etcd.watch(prefix, first.revision))
    async with watching(made.etcd, prefix, last.revision) as changes:
        await made.etcd.commit([], [Put(f"{prefix}a", "5")])
        assert (await asyncio.wait_for(anext(changes), 5)).revision == last.revision + 1
