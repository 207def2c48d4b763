"""Whatever fails on the way, exactly one of the two instances has the session, whole, and may open its login."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.moving.instances import LOGIN, Instance, Wire
from wppmt.domain import move_messages
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.jobs import Job, JobStatus
from wppmt.domain.states import State
from wppmt.moving.following import KEEP_SECONDS
from wppmt.moving.receiving import MOVED
from wppmt.moving.remote import instance_url
from wppmt.store.move_records import Departure, DepartureState

pytestmark = pytest.mark.slow

OTHER = "http://127.0.0.1:9"


class Pair:
    def __init__(self, folder: Path) -> None:
        self.wire = Wire()
        self.source = Instance(folder / "source", self.wire)
        self.target = Instance(folder / "target", self.wire)
        self.wire.target = self.target
        self.source.has("loja")

    async def move(self) -> Job:
        begun = self.source.departing.begin("loja", OTHER, "token")
        while True:
            job = self.source.jobs.get(begun.id)
            assert job
            if job.status is not JobStatus.RUNNING:
                return job
            # Each look of the source's takes a second of its own time.
            self.source.time += 1
            await asyncio.sleep(0)

    def reboot(self, *who: Instance) -> None:
        for one in who:
            one.store.close()
            one.boot()

    @property
    def owners(self) -> list[str]:
        return [name for name, one in (("source", self.source), ("target", self.target)) if one.owns("loja")]

    def refusal(self, instance: Instance) -> Refusal | None:
        try:
            instance.departing.registry.require_here("loja")
        except Refusal as refusal:
            return refusal
        return None


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path)
    yield made
    made.source.store.close()
    made.target.store.close()


async def test_it_goes_and_the_source_says_where(pair: Pair):
    assert (await pair.move()).status is JobStatus.DONE
    assert pair.owners == ["target"]
    assert pair.source.has_nothing_of("loja")
    assert (pair.source.place.tokens / MOVED / "loja" / LOGIN).is_file()
    for _ in range(2):
        refusal = pair.refusal(pair.source)
        assert refusal
        assert (refusal.code, refusal.extra) == (Code.NOT_OWNER, {"owner": OTHER})
        assert pair.refusal(pair.target) is None
        pair.reboot(pair.source, pair.target)
    assert pair.owners == ["target"]
    assert [one.state for one in pair.source.store.departures()] == [DepartureState.SETTLED]
    assert not list((pair.target.place.database.parent / "moves" / "in").iterdir())


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["offer", "send"])
async def test_what_fails_before_the_commit_leaves_it_here(pair: Pair, step: str, when: str):
    pair.wire.broken = {step: when}
    job = await pair.move()
    assert job.status is JobStatus.FAILED
    assert pair.owners == ["source"]
    assert pair.refusal(pair.source) is None
    pair.wire.broken = {}
    await pair.source.following.look()
    assert not pair.source.store.departures()
    assert not pair.target.store.incoming()
    assert pair.refusal(pair.target) is None
    assert (await pair.move()).status is JobStatus.DONE
    assert pair.owners == ["target"]


@pytest.mark.parametrize(
    "message",
    [
        move_messages.PrepareToLeave,
        move_messages.PauseWebhooks,
        move_messages.ArePaused,
        move_messages.GiveAway,
    ],
)
async def test_an_actor_that_refuses_leaves_it_here(pair: Pair, message: type):
    pair.source.actors.refused[message] = Refusal(Code.SESSION_BUSY)
    assert (await pair.move()).status is JobStatus.FAILED
    assert pair.owners == ["source"]
    assert not pair.target.store.incoming()


async def test_webhooks_that_have_not_rested_all_the_time_keep_it_here(pair: Pair):
    pair.source.actors.are_paused = False
    assert (await pair.move()).status is JobStatus.FAILED
    assert pair.owners == ["source"]


async def test_the_commit_s_answer_is_lost_and_it_has_gone(pair: Pair):
    pair.source.actors.lost.add(move_messages.GiveAway)
    assert (await pair.move()).status is JobStatus.DONE
    assert pair.owners == ["target"]
    assert pair.source.has_nothing_of("loja")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_the_target_is_told_until_it_has_taken_it(pair: Pair, when: str):
    pair.wire.broken = {"take": when}
    await pair.move()
    refusals = [pair.refusal(pair.source), pair.refusal(pair.target)]
    assert refusals[0]
    assert refusals[0].code is Code.NOT_OWNER
    if when == "before":
        assert pair.owners == []
        assert refusals[1]
        assert refusals[1].code is Code.MOVING
    pair.reboot(pair.source, pair.target)
    assert pair.source.has_nothing_of("loja")
    pair.wire.broken = {}
    await pair.source.following.look()
    await pair.source.following.look()
    assert pair.owners == ["target"]
    assert [one.state for one in pair.source.store.departures()] == [DepartureState.SETTLED]


async def test_a_source_killed_before_the_commit_goes_on_and_the_target_forgets(pair: Pair):
    """Its archive waits at the target, and nothing else has been decided."""
    pair.wire.broken = {"send": "after", "drop": "before"}
    await pair.move()
    departure = pair.source.store.departures()[0]
    with pair.source.store.transaction() as transaction:
        transaction.step_departure(departure, DepartureState.LEAVING, 3.0)
    pair.reboot(pair.source, pair.target)
    assert pair.owners == ["source"]
    assert pair.refusal(pair.source) is None
    held = pair.refusal(pair.target)
    assert held
    assert held.code is Code.MOVING
    pair.wire.broken = {}
    await pair.source.following.look()
    assert pair.refusal(pair.target) is None
    assert pair.target.has_nothing_of("loja")


async def test_a_target_killed_between_rows_and_note_has_it(pair: Pair):
    pair.wire.broken = {"take": "before"}
    await pair.move()
    key = pair.source.store.departures()[0].key
    await pair.target.receiving.take("loja", key)
    incoming = pair.target.store.incoming()[0]
    with pair.target.store.transaction() as transaction:
        transaction.save_incoming(type(incoming)(*[*_values(incoming)[:-1], False]))
    pair.reboot(pair.target)
    assert pair.target.store.incoming()[0].is_taken
    pair.wire.broken = {}
    await pair.source.following.look()
    assert pair.owners == ["target"]


def _values(incoming: Any) -> list[Any]:
    return [getattr(incoming, name) for name in incoming.__dataclass_fields__]


@pytest.mark.parametrize("step", ["send", "take"])
async def test_a_full_disk_at_the_target(pair: Pair, step: str):
    """Before the commit it stays; after it, it waits until there is room."""
    tokens = pair.target.place.tokens
    full = tokens.with_name("full")
    if step == "take":
        pair.wire.broken = {"take": "before"}
        await pair.move()
        pair.wire.broken = {}
    tokens.rename(full)
    tokens.write_text("no folder: nothing can be written here")
    if step == "send":
        assert (await pair.move()).status is JobStatus.FAILED
        assert pair.owners == ["source"]
    else:
        await pair.source.following.look()
        assert pair.owners == []
        assert "move_not_settled" in pair.source.logged
    tokens.unlink()
    full.rename(tokens)
    await (pair.source.following.look() if step == "take" else pair.move())
    assert pair.owners == ["target"]


async def test_what_the_target_does_not_take(pair: Pair):
    pair.target.chrome = "155.0.1.1"
    job = await pair.move()
    assert (job.status, "ARCHIVE_REFUSED" in str(job.error)) == (JobStatus.FAILED, True)
    pair.target.chrome = "156.0.1.1"
    pair.target.has("loja")
    assert "SESSION_EXISTS" in str((await pair.move()).error)
    assert pair.source.owns("loja")


async def test_another_sender_does_not_replace_what_may_be_the_only_copy(pair: Pair):
    pair.wire.broken = {"take": "before"}
    await pair.move()

    async def content() -> AsyncIterator[bytes]:
        yield b"another"

    with pytest.raises(Refusal) as refusal:
        await pair.target.receiving.accept("loja", "cd" * 32, content(), _sender())
    assert refusal.value.code is Code.MOVING
    pair.wire.broken = {}
    await pair.source.following.look()
    assert pair.owners == ["target"]


def _sender() -> Any:
    from wppmt.domain.moves import Sender  # noqa: PLC0415

    return Sender("10.0.0.2", None)


async def test_an_archive_that_is_not_what_it_says_waits_nowhere(pair: Pair):
    async def content() -> AsyncIterator[bytes]:
        yield b"no archive"

    with pytest.raises(Refusal) as refusal:
        await pair.target.receiving.accept("loja", "ab" * 32, content(), _sender())
    assert refusal.value.code is Code.ARCHIVE_REFUSED
    assert not pair.target.store.incoming()
    assert not list((pair.target.place.database.parent / "moves" / "in").iterdir())


async def test_there_and_back_again(pair: Pair):
    await pair.move()
    pair.source, pair.target = pair.target, pair.source
    pair.wire.target = pair.target
    assert (await pair.move()).status is JobStatus.DONE
    assert pair.owners == ["target"]
    assert pair.refusal(pair.target) is None
    assert not (pair.target.place.tokens / MOVED / "loja").exists()


async def test_one_that_has_gone_on_from_there_is_not_waited_for(pair: Pair):
    record = pair.source.store.session("loja")
    assert record
    with pair.source.store.transaction() as transaction:
        transaction.save(replace(record, state=State.CONNECTED))
    begun = pair.source.departing.begin("loja", OTHER, "token")
    async with asyncio.timeout(10):
        while not any(one.is_taken for one in pair.target.store.incoming()):  # noqa: ASYNC110
            await asyncio.sleep(0)
        gone = Departure("loja", DepartureState.GONE, "http://127.0.0.1:3", "ab" * 32, 1000.0)
        with pair.target.store.transaction() as transaction:
            transaction.save_departure(gone)
        pair.target.departing.registry.reload()
        # The source's time stands still: it has not waited to the end.
        while (job := pair.source.jobs.get(begun.id)) and job.status is JobStatus.RUNNING:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert job
    assert job.status is JobStatus.DONE


async def test_the_old_profile_goes_after_a_day(pair: Pair):
    await pair.move()
    aside = pair.source.place.tokens / MOVED / "loja"
    pair.source.time = pair.source.store.departures()[0].at + KEEP_SECONDS - 60
    await pair.source.following.look()
    assert aside.exists()
    pair.source.time += 120
    await pair.source.following.look()
    assert not aside.exists()
    assert pair.source.forgotten == ["loja"]
    refusal = pair.refusal(pair.source)
    assert refusal
    assert refusal.code is Code.NOT_OWNER


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://wppconnect-4.test", "https://wppconnect-4.test"), ("https://x:8443/", "https://x:8443"),
        ("http://127.0.0.1:8006", "http://127.0.0.1:8006"), ("http://[::1]:8006", "http://[::1]:8006"),
        ("http://localhost:1", "http://localhost:1"),
    ],
)  # fmt: skip
def test_where_a_session_may_go(text: str, url: str):
    assert instance_url(text) == url


@pytest.mark.parametrize(
    "text",
    ["", "x", "ftp://x", "http://10.0.0.1", "https://u:p@x", "https://x/y", "https://x?y", "https://x:99999"],
)
def test_where_it_may_not(text: str):
    with pytest.raises(ValueError, match=r"."):
        instance_url(text)
