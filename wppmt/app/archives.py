"""Sessions as files, while the daemon runs: what its actors do for it, in which order, and what came of it."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, TypeVar

from wppmt.app import running
from wppmt.app.browsers import login_copies
from wppmt.app.jobs import JobFailed, Jobs
from wppmt.app.settings import Settings
from wppmt.archive.arrival import check_archive, look_into, read_archive, sweep
from wppmt.archive.key import archive_key
from wppmt.archive.login import Logins
from wppmt.archive.place import Place
from wppmt.archive.refusal import ArchiveRefused, Why, reason_of
from wppmt.archive.writing import write_archive
from wppmt.browser.chrome import launch
from wppmt.browser.port import StartFailed
from wppmt.browser.profile.snapshots import Snapshots
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.jobs import Job, JobStatus
from wppmt.domain.log import WriteLog
from wppmt.domain.messages import ROOT_ACTOR, CopyLogin, Front, session_address
from wppmt.domain.move_messages import RequireRoom, TakeUp
from wppmt.domain.occurrences import BackupEnded, BackupOutcome, Count, uncounted
from wppmt.store.port import StoreUnavailable
from wppmt.store.records import SessionRecord

T = TypeVar("T")
Claimed = Callable[[str], AbstractAsyncContextManager[None]]

ASK_SECONDS = 15.0
COPY_SECONDS = 90.0
"""For a session to come to a moment between two messages, and its browser down."""
BUSY_TRIES, BUSY_SECONDS = 12, 5.0
"""A browser that is on its way up is waited for."""
CODES = {
    Why.NO_KEY: Code.NO_ARCHIVE_KEY,
    Why.EXISTS: Code.SESSION_EXISTS,
    Why.NO_SESSION: Code.SESSION_NOT_FOUND,
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the daemon's sessions and archives are, and by which versions."""

    place: Place
    logins: Logins
    backups: Path
    key: Callable[[], bytes]
    """Raises ArchiveRefused(NO_KEY)."""
    chrome: Callable[[], str]

    def back_up(
        self, record: SessionRecord | None, session_id: str, before: Path | None, folder: Path, now: float
    ) -> Path:
        """A new archive in `folder`, which has been read again. `before` is the newest copy of the login of before this backup.

        Raises ArchiveRefused, OSError, sqlite3.Error.
        """
        key = self.key()
        has_login = record is not None and record.has_login
        with self.logins.of(session_id, before) if has_login else nullcontext() as login:
            path, _ = write_archive(self.place, session_id, login, folder, key, now)
        with path.open("rb") as file:
            check_archive(file, key)
        return path

    def restore(self, archive: BinaryIO) -> str:
        """The id of the session that is there now. Raises ArchiveRefused, OSError, sqlite3.Error."""
        with read_archive(archive, self.key(), self.place, self.chrome()) as arrival:
            arrival.install()
        return arrival.manifest.session_id


def surroundings(settings: Settings) -> Surroundings:
    store, archive = settings.store, settings.archive
    database = store.state_dir / running.DATABASE
    return Surroundings(
        place=Place(database, store.tokens_dir.absolute(), store.state_dir / "media" / "out"),
        logins=Logins(store.tokens_dir.absolute(), Snapshots(login_copies(settings), store.login_copies)),
        backups=Path(archive.backup_dir),
        key=partial(archive_key, archive.key.get_secret_value(), archive.key_file),
        chrome=partial(_chrome_version, Path(settings.browser.chrome or launch.CHROME)),
    )


def _chrome_version(chrome: Path) -> str:
    """Empty where there is none."""
    try:
        return launch.chrome_version(chrome)
    except StartFailed:
        return ""


def sweep_up(where: Surroundings, log: WriteLog) -> None:
    """What was killed. A disk that refuses costs the order alone."""
    try:
        sweep(where.place, where.backups)
    except (OSError, sqlite3.Error) as failure:
        log("archives_not_swept", level="warning", note=reason_of(failure))


@dataclass(frozen=True, slots=True, kw_only=True)
class Archives:
    """Implements wppmt.http.ports.Archives."""

    where: Surroundings
    front: Front
    jobs: Jobs
    now: Callable[[], float]
    log: WriteLog
    count: Count = uncounted
    claimed: Claimed = lambda _: nullcontext()
    """Within, the session may be made on this machine; asked before anything is, and again when it is done. Raises Refusal."""
    busy_seconds: float = BUSY_SECONDS
    _running: dict[str, str] = field(default_factory=dict, init=False)
    """Backups that have not ended: session → job."""

    def back_up(self, session_id: str) -> Job:
        _refusing(self.where.key)
        running = self.jobs.get(self._running.get(session_id, ""))
        if running and running.status is JobStatus.RUNNING:
            return running
        job = self.jobs.begin(session_id, partial(self._back_up, session_id))
        self._running[session_id] = job.id
        return job

    def job(self, job_id: str) -> Job | None:
        return self.jobs.get(job_id)

    async def restore(self, content: AsyncIterator[bytes]) -> Job:
        key = _refusing(self.where.key)
        upload = self.where.place.staging / f"{token_hex(8)}.upload"
        try:
            await _keep(content, upload)
            session_id = await asyncio.to_thread(_refusing, partial(self._whose, upload, key))
            async with self.claimed(session_id):
                await self.front.ask(ROOT_ACTOR, RequireRoom(session_id), ASK_SECONDS)
        except BaseException:
            _remove(upload)
            raise
        return self.jobs.begin(session_id, partial(self._restore, session_id, upload))

    def _whose(self, upload: Path, key: bytes) -> str:
        with upload.open("rb") as file:
            return look_into(file, key, self.where.place, self.where.chrome()).session_id

    async def _back_up(self, session_id: str) -> str:
        began = self.now()
        try:
            before = await asyncio.to_thread(self.where.logins.newest_copy, session_id)
            await self._copy_login(session_id)
            file = await asyncio.to_thread(self._write, session_id, before)
        except Exception as failure:
            text = _told(failure)
            self.log("backup_failed", session_id, level="error", reason=text)
            self.count(BackupEnded(session_id, BackupOutcome.FAILED))
            raise JobFailed(text) from failure
        self.log("backup_made", session_id, file=str(file), seconds=round(self.now() - began, 1))
        self.count(BackupEnded(session_id, BackupOutcome.DONE))
        return str(file)

    async def _copy_login(self, session_id: str) -> None:
        """As it is now, as far as that is possible now: what has no browser, or one that stays on its way up, has another login."""
        for _ in range(BUSY_TRIES):
            try:
                await self.front.ask(session_address(session_id), CopyLogin(), COPY_SECONDS)
            except Refusal as refusal:
                if refusal.code is Code.OUTCOME_UNKNOWN:
                    return
                if refusal.code is not Code.SESSION_BUSY:
                    raise
            else:
                return
            await asyncio.sleep(self.busy_seconds)

    def _write(self, session_id: str, before: Path | None) -> Path:
        status = self.front.status(session_id)
        record = status.record if status else None
        return self.where.back_up(record, session_id, before, self.where.backups, self.now())

    async def _restore(self, session_id: str, upload: Path) -> None:
        try:
            async with self.claimed(session_id):
                await asyncio.to_thread(self._install, upload)
                await self.front.ask(ROOT_ACTOR, TakeUp(session_id), ASK_SECONDS)
        except Exception as failure:
            text = _told(failure)
            self.log("restore_failed", session_id, level="error", reason=text)
            raise JobFailed(text) from failure
        finally:
            _remove(upload)
        self.log("session_restored", session_id)

    def _install(self, upload: Path) -> None:
        with upload.open("rb") as archive:
            self.where.restore(archive)


async def _keep(content: AsyncIterator[bytes], upload: Path) -> None:
    """Raises Refusal(STORE_UNAVAILABLE) where the disk is full."""
    try:
        upload.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(upload, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            async for chunk in content:
                await asyncio.to_thread(file.write, chunk)
    except OSError:
        raise Refusal(Code.STORE_UNAVAILABLE) from None


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)


def _refusing(act: Callable[[], T]) -> T:
    """What an archive is refused for, as the API refuses it."""
    try:
        return act()
    except ArchiveRefused as refused:
        code = CODES.get(refused.why, Code.ARCHIVE_REFUSED)
        raise Refusal(code, details=[{"field": "archive", "problem": str(refused)}]) from None
    except (OSError, sqlite3.Error):
        raise Refusal(Code.STORE_UNAVAILABLE) from None


def _told(failure: Exception) -> str:
    match failure:
        case Refusal():
            return str(failure)
        case StoreUnavailable():
            return "O banco de dados não pode ser usado agora"
        case _:
            return reason_of(failure)
