"""Backup and restore as the daemon does them: what its sessions are asked, in which order, and what a job says at its end."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.archive.installation import KEY, LOGIN, NOW, Installation, fill
from tests.support import eventually
from wppmt.app.archives import Archives, Surroundings, sweep_up
from wppmt.app.jobs import Jobs
from wppmt.archive.key import archive_key
from wppmt.archive.login import Logins
from wppmt.browser.profile.folder import ProfileFolder
from wppmt.browser.profile.snapshots import Snapshots
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.jobs import Job, JobStatus
from wppmt.domain.log import LogLevel
from wppmt.domain.messages import ROOT_ACTOR, CopyLogin
from wppmt.domain.move_messages import RequireRoom, TakeUp
from wppmt.domain.occurrences import BackupEnded, BackupOutcome, Occurrence
from wppmt.store.records import SessionStatus


@dataclass
class Actors:
    """Answers as they do; `copies` is what a session does when it is asked for a copy of its login."""

    here: Installation
    copies: Callable[[], object] = lambda: None
    refusals: list[Refusal] = field(default_factory=list)
    asked: list[tuple[str, object]] = field(default_factory=list)

    async def ask(self, address: str, message: object, deadline: float) -> Any:
        self.asked.append((address, message))
        if self.refusals:
            raise self.refusals.pop(0)
        if isinstance(message, CopyLogin):
            self.copies()

    def status(self, session_id: str) -> SessionStatus | None:
        record = self.here.store.session(session_id)
        return SessionStatus(record) if record else None

    def statuses(self) -> tuple[SessionStatus, ...]:
        return tuple(map(SessionStatus, self.here.store.sessions()))


class World:
    """One installation's Archives."""

    def __init__(self, here: Installation, key: str = KEY.decode()) -> None:
        self.here = here
        self.logins = Logins(here.place.tokens, Snapshots(here.place.database.parent / "logins", 3))
        self.actors = Actors(here)
        self.logged: list[str] = []
        self.counted: list[Occurrence] = []
        self.numbers = iter(range(1, 100))
        self.seconds = iter(range(100))
        self.where = Surroundings(
            here.place, self.logins, here.backups, lambda: archive_key(key, ""), lambda: "156.0.0.1"
        )
        self.archives = Archives(
            where=self.where, front=self.actors, jobs=Jobs(lambda: f"job_{next(self.numbers)}", self.log),
            now=lambda: NOW + next(self.seconds), log=self.log, count=self.counted.append, busy_seconds=0.0,
            claimed=self.claimed,
        )  # fmt: skip
        self.owner = ""
        """Lever: the session is this other machine's."""

    @asynccontextmanager
    async def claimed(self, _: str) -> AsyncIterator[None]:
        if self.owner:
            raise Refusal(Code.NOT_OWNER, extra={"owner": self.owner})
        yield

    def log(
        self, event: str, session_id: str | None = None, /, *, level: LogLevel = "info", **details: object
    ) -> None:
        self.logged.append(f"{event} {details}")

    async def ended(self, job: Job) -> Job:
        def look() -> Job | None:
            found = self.archives.job(job.id)
            return found if found and found.status is not JobStatus.RUNNING else None

        found = await eventually(look, 20)
        assert found is not None
        return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    here = Installation(tmp_path / "here")
    fill(here)
    yield World(here)
    here.store.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[World]:
    """Another machine's."""
    there = Installation(tmp_path / "there")
    yield World(there)
    there.store.close()


async def chunks(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), 1000):
        yield content[at : at + 1000]


def content_of(job: Job) -> bytes:
    assert job.file is not None
    return Path(job.file).read_bytes()


async def archive_of(world: World) -> bytes:
    job = await world.ended(world.archives.back_up("loja"))
    return content_of(job)


async def test_a_copy_of_the_login_as_it_is_now_goes_into_the_archive(world: World, other: World):
    profile = world.here.place.profile("loja")

    def close_and_copy() -> None:
        (profile / "Default/Cookies").write_bytes(b"of now")
        world.logins.copies.take("loja", profile)

    world.actors.copies = close_and_copy
    with ProfileFolder(world.here.place.tokens, "loja").writer():
        job = await world.ended(world.archives.back_up("loja"))
    assert (job.status, job.error) == (JobStatus.DONE, None)
    assert world.actors.asked == [("session:loja", CopyLogin())]
    assert job.file is not None
    other.here.take_in(Path(job.file))
    assert other.here.login()["Default/Cookies"] == b"of now"
    assert world.counted == [BackupEnded("loja", BackupOutcome.DONE)]
    assert world.here.leftovers() == []


async def test_a_session_that_is_on_its_way_up_is_asked_again(world: World):
    world.actors.refusals = [Refusal(Code.SESSION_BUSY, retry_after=5)] * 3
    job = await world.ended(world.archives.back_up("loja"))
    assert job.status is JobStatus.DONE
    assert len(world.actors.asked) == 4


async def test_one_that_stays_on_its_way_up_is_archived_with_its_last_good_copy(world: World):
    world.logins.copies.take("loja", world.here.place.profile("loja"))
    world.actors.refusals = [Refusal(Code.SESSION_BUSY, retry_after=5)] * 100
    with ProfileFolder(world.here.place.tokens, "loja").writer():
        job = await world.ended(world.archives.back_up("loja"))
    assert job.status is JobStatus.DONE


async def test_without_any_login_to_be_had_it_fails_and_says_so(world: World):
    with ProfileFolder(world.here.place.tokens, "loja").writer():
        job = await world.ended(world.archives.back_up("loja"))
    assert (job.status, job.file) == (JobStatus.FAILED, None)
    assert job.error is not None
    assert "WPP_LOGIN_COPIES" in job.error
    assert world.counted == [BackupEnded("loja", BackupOutcome.FAILED)]
    assert [line.split()[0] for line in world.logged] == ["backup_failed"]
    assert world.here.leftovers() == []


async def test_asked_twice_it_is_one_backup(world: World):
    first, second = world.archives.back_up("loja"), world.archives.back_up("loja")
    assert first == second
    await world.ended(first)
    third = world.archives.back_up("loja")
    assert third.id != first.id
    assert (await world.ended(third)).status is JobStatus.DONE


async def test_without_a_key_nothing_is_begun(world: World):
    weak = World(world.here, key="curta")
    with pytest.raises(Refusal) as refused:
        weak.archives.back_up("loja")
    assert refused.value.code is Code.NO_ARCHIVE_KEY
    assert weak.actors.asked == []
    with pytest.raises(Refusal) as refused:
        await weak.archives.restore(chunks(b"x"))
    assert refused.value.code is Code.NO_ARCHIVE_KEY


async def test_a_restored_session_is_taken_up(world: World, other: World):
    job = await other.archives.restore(chunks(await archive_of(world)))
    assert (job.session_id, (await other.ended(job)).status) == ("loja", JobStatus.DONE)
    assert other.actors.asked == [(ROOT_ACTOR, RequireRoom("loja")), (ROOT_ACTOR, TakeUp("loja"))]
    assert other.here.login() == LOGIN
    assert other.here.leftovers() == []


async def test_what_is_another_machines_is_not_restored(world: World, other: World):
    archive = await archive_of(world)
    other.owner = "https://b.test"
    with pytest.raises(Refusal) as refused:
        await other.archives.restore(chunks(archive))
    assert (refused.value.code, refused.value.extra) == (Code.NOT_OWNER, {"owner": "https://b.test"})
    assert other.here.store.session("loja") is None
    assert other.here.leftovers() == []


async def test_without_room_nothing_is_restored(world: World, other: World):
    content = await archive_of(world)
    other.actors.refusals = [Refusal(Code.RESOURCE_LIMIT)]
    with pytest.raises(Refusal) as refused:
        await other.archives.restore(chunks(content))
    assert refused.value.code is Code.RESOURCE_LIMIT
    assert other.here.store.session("loja") is None
    assert other.here.leftovers() == []


@pytest.mark.parametrize(
    ("code", "spoil"),
    [
        (Code.ARCHIVE_REFUSED, lambda content: content[:20]),
        (Code.ARCHIVE_REFUSED, lambda content: b"PK" + content),
        (Code.ARCHIVE_REFUSED, lambda content: content[:40] + bytes([content[40] ^ 1]) + content[41:]),
    ],
)
async def test_a_bad_archive_is_refused_at_once(
    world: World, other: World, code: Code, spoil: Callable[[bytes], bytes]
):
    content = await archive_of(world)
    with pytest.raises(Refusal) as refused:
        await other.archives.restore(chunks(spoil(content)))
    assert refused.value.code is code
    assert other.here.leftovers() == []


async def test_what_is_bad_further_on_fails_the_job(world: World, other: World):
    """The manifest, which is looked at before the answer, is in the first chunk."""
    (world.here.place.profile("loja") / "Default/Cookies-journal").write_bytes(os.urandom(200_000))
    content = await archive_of(world)
    job = await other.archives.restore(chunks(content[:-10]))
    ended = await other.ended(job)
    assert (ended.status, ended.error) == (JobStatus.FAILED, "O arquivo está cortado ou foi alterado")
    assert other.here.store.session("loja") is None
    assert other.here.leftovers() == []


async def test_a_session_that_exists_is_refused_at_once(world: World):
    content = await archive_of(world)
    with pytest.raises(Refusal) as refused:
        await world.archives.restore(chunks(content))
    assert refused.value.code is Code.SESSION_EXISTS


async def test_an_upload_that_breaks_off_leaves_nothing(world: World):
    async def broken() -> AsyncIterator[bytes]:
        yield b"some"
        raise ConnectionResetError

    with pytest.raises(Refusal):
        await world.archives.restore(broken())
    assert world.here.leftovers() == []


async def test_what_was_killed_is_cleared_up_at_the_next_start(world: World):
    place = world.here.place
    place.arriving("x").mkdir()
    place.staging.mkdir()
    (place.staging / "1234.upload").write_bytes(b"x")
    world.here.backups.mkdir()
    (world.here.backups / ".loja-1.wppmt.ab.part").write_bytes(b"x")
    sweep_up(world.where, world.log)
    assert world.here.leftovers() == []
    assert world.logged == []
