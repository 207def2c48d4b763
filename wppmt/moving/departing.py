"""The source of a move: the session is closed, sent, and given away by one commit; before that commit, anything that fails
lets it go on here as before, and after it nothing does.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex

from wppmt.app.jobs import JobFailed, Jobs
from wppmt.archive.chrome import profile_version
from wppmt.archive.durable import flush
from wppmt.archive.manifest import Manifest
from wppmt.archive.place import Place
from wppmt.archive.refusal import ArchiveRefused, reason_of
from wppmt.archive.writing import write_archive
from wppmt.browser.profile.folder import ProfileFolder, ProfileLocked, ProfileUnusable
from wppmt.browser.profile.snapshots import remove
from wppmt.domain import move_messages
from wppmt.domain.errors import CATALOGUE, Code, Refusal
from wppmt.domain.jobs import Job
from wppmt.domain.log import WriteLog
from wppmt.domain.messages import WEBHOOK_ACTOR, Front, session_address
from wppmt.domain.moves import Offer
from wppmt.domain.states import State
from wppmt.moving.destination import Destination
from wppmt.moving.ownership import Alone, Ownership, Undecided
from wppmt.moving.receiving import MOVED
from wppmt.moving.registry import MoveRegistry
from wppmt.moving.remote import Declined, Remote, Unreachable, instance_url
from wppmt.store.move_records import Departure, DepartureState
from wppmt.store.port import Store, StoreUnavailable
from wppmt.store.sqlite.schema import VERSION

ASK_SECONDS, HOLD_SECONDS = 15.0, 75.0
LOCK_SECONDS = 3.0
TAKE_SECONDS, AGAIN_SECONDS = 60.0, 0.3
BACK_SECONDS = 60.0
"""For the session to be connected there, as it was here; the move itself is over by then."""
TROUBLES = (Refusal, Declined, Unreachable, ArchiveRefused, StoreUnavailable, OSError, sqlite3.Error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Departing:
    place: Place
    store: Store
    front: Front
    jobs: Jobs
    registry: MoveRegistry
    now: Callable[[], float]
    log: WriteLog
    connect: Callable[[str, str], Remote] = Remote
    """By a departure's `owner`, and the token where one is needed."""
    ownership: Ownership = field(default_factory=Alone)
    take_seconds: float = TAKE_SECONDS
    """For the other instance to say that it has it, before that is left to `following.py`."""

    @property
    def folder(self) -> Path:
        """Of archives on their way out."""
        return self.place.database.parent / "moves" / "out"

    def begin(self, session_id: str, to: str, token: str) -> Job:
        """Raises Refusal(INVALID_REQUEST) for a URL that no session goes to."""
        try:
            owner = instance_url(to)
        except ValueError as wrong:
            raise Refusal(Code.INVALID_REQUEST, details=[{"field": "to", "problem": str(wrong)}]) from None
        return self.jobs.begin(session_id, lambda: self.move(session_id, owner, token))

    def recover(self) -> None:
        """At the start, before any actor: what had not been given away is ours. Raises StoreUnavailable, OSError."""
        remove(self.folder)
        for departure in self.store.departures():
            if departure.state is DepartureState.LEAVING:
                self.step(departure, DepartureState.STAYED)
            elif departure.state is not DepartureState.STAYED:
                self.set_aside(departure.session_id)
        self.registry.reload()

    def step(self, departure: Departure, state: DepartureState) -> bool:
        with self.store.transaction() as transaction:
            stepped = transaction.step_departure(departure, state, self.now())
        self.registry.reload()
        return stepped

    async def move(self, session_id: str, owner: str, token: str = "") -> None:
        """`owner`: a Destination, as text. Raises JobFailed; then the session is here, as before."""
        began = self.now()
        try:
            async with self.connect(owner, token) as remote:
                await self._move(remote, session_id, owner)
        except TROUBLES as failure:
            text = reason(failure)
            self.log("move_failed", session_id, level="error", owner=owner, reason=text)
            raise JobFailed(text) from failure
        self.log("session_moved", session_id, owner=owner, seconds=round(self.now() - began, 1))

    async def _move(self, remote: Remote, session_id: str, owner: str) -> None:
        self.ownership.require_decidable()
        status = self.front.status(session_id)
        if status is None:
            raise Refusal(Code.SESSION_NOT_FOUND)
        await self._end_former(session_id)
        offer = await asyncio.to_thread(self._offer, session_id)
        await remote.offer(
            session_id, {"schemaVersion": offer.schema_version, "chrome": offer.chrome, "size": offer.size}
        )
        departure = Departure(session_id, DepartureState.LEAVING, owner, token_hex(32), self.now())
        try:
            await self._carry(remote, departure)
        except BaseException:
            if await asyncio.to_thread(self.step, departure, DepartureState.STAYED):
                await self._go_on(remote, departure)
                raise
            # It was given away, and only the word of it was lost.
        await self._hand_over(remote, departure, was_connected=status.record.state is State.CONNECTED)

    async def _end_former(self, session_id: str) -> None:
        """Whoever was sent it before, and not given it, must not keep it waiting. Raises Unreachable, Declined."""
        former = self.registry.departure(session_id)
        if former is not None:
            async with self.connect(former.owner, "") as there:
                await self.withdraw(there, former)

    async def withdraw(self, remote: Remote, departure: Departure) -> None:
        """The other instance learns that it does not come."""
        await remote.drop(departure.session_id, departure.key)
        await asyncio.to_thread(self._drop, departure)

    def _drop(self, departure: Departure) -> None:
        with self.store.transaction() as transaction:
            if transaction.step_departure(departure, DepartureState.STAYED, self.now()):
                transaction.drop_departure(departure.session_id)
        self.registry.reload()

    async def _carry(self, remote: Remote, departure: Departure) -> None:
        """From the lane's hold to the one commit."""
        session_id, front = departure.session_id, self.front
        await asyncio.to_thread(self._save, departure)
        address = session_address(session_id)
        await front.ask(address, move_messages.PrepareToLeave(departure), HOLD_SECONDS)
        await front.ask(WEBHOOK_ACTOR, move_messages.PauseWebhooks(session_id), HOLD_SECONDS)
        archive, manifest = await asyncio.to_thread(self._write, departure)
        try:
            await remote.send(session_id, archive, departure.key)
        finally:
            await asyncio.to_thread(archive.unlink, missing_ok=True)
        if not await front.ask(WEBHOOK_ACTOR, move_messages.ArePaused(session_id), ASK_SECONDS):
            # Another actor has taken over, and may have delivered what is in the archive as pending.
            raise Refusal(Code.SESSION_BUSY)
        await front.ask(address, move_messages.GiveAway(departure, manifest.sequence), ASK_SECONDS)

    def _save(self, departure: Departure) -> None:
        with self.store.transaction() as transaction:
            transaction.save_departure(departure)
        self.registry.reload()

    def _write(self, departure: Departure) -> tuple[Path, Manifest]:
        session_id = departure.session_id
        record = self.store.session(session_id)
        has_login = record is not None and record.has_login
        with self._profile(session_id) if has_login else nullcontext() as login:
            return write_archive(
                self.place, session_id, login, self.folder, bytes.fromhex(departure.key), self.now()
            )

    @contextmanager
    def _profile(self, session_id: str) -> Iterator[Path]:
        """To which nobody writes."""
        folder = ProfileFolder(self.place.tokens, session_id)
        try:
            with folder.writer(LOCK_SECONDS):
                yield folder.path
        except (ProfileLocked, ProfileUnusable):
            raise Refusal(Code.SESSION_BUSY) from None

    async def _go_on(self, remote: Remote, departure: Departure) -> None:
        """Here, as before. What cannot be told now is told later (`following.py`)."""
        with contextlib.suppress(Refusal):
            await self.front.ask(session_address(departure.session_id), move_messages.Stay(), ASK_SECONDS)
        with contextlib.suppress(Refusal):
            await self.front.ask(
                WEBHOOK_ACTOR, move_messages.ResumeWebhooks(departure.session_id), ASK_SECONDS
            )
        with contextlib.suppress(Declined, Unreachable, StoreUnavailable):
            await self.withdraw(remote, replace(departure, state=DepartureState.STAYED))

    async def _hand_over(self, remote: Remote, departure: Departure, *, was_connected: bool) -> None:
        """It is theirs. What fails from here on is tried until it is done."""
        await asyncio.to_thread(self.registry.reload)
        gone = self.registry.departure(departure.session_id) or departure
        with contextlib.suppress(Refusal):
            await self.front.ask(
                WEBHOOK_ACTOR, move_messages.ResumeWebhooks(departure.session_id), ASK_SECONDS
            )
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self.set_aside, departure.session_id)
        await self._until(lambda: self.settle(remote, gone), self.take_seconds)
        if was_connected:
            await self._until(lambda: _is_back(remote, departure), BACK_SECONDS)

    async def _until(self, is_so: Callable[[], Awaitable[bool]], seconds: float) -> None:
        end = self.now() + seconds
        while not await is_so() and self.now() < end:  # noqa: ASYNC110 - it happens on another machine
            await asyncio.sleep(AGAIN_SECONDS)

    async def settle(self, remote: Remote, gone: Departure) -> bool:
        """The other instance takes it, or has; False where it did not say so."""
        try:
            if await self.ownership.give(gone.session_id, Destination.parse(gone.owner)):
                await remote.take(gone.session_id, gone.key)
            else:
                with contextlib.suppress(Declined):
                    # It had it too, and the third one has it from there.
                    await remote.drop(gone.session_id, gone.key)
            await asyncio.to_thread(self.step, gone, DepartureState.SETTLED)
        except (Declined, Unreachable, Undecided, StoreUnavailable) as failure:
            self.log(
                "move_not_settled", gone.session_id, level="warning", owner=gone.owner, reason=str(failure)
            )
            return False
        return True

    def set_aside(self, session_id: str) -> None:
        """Under a name that no browser is started on."""
        profile, aside = self.place.profile(session_id), self.place.tokens / MOVED / session_id
        if profile.is_dir() and not profile.is_symlink():
            remove(aside)
            aside.parent.mkdir(mode=0o700, exist_ok=True)
            profile.rename(aside)
            flush(self.place.tokens)

    def _offer(self, session_id: str) -> Offer:
        profile = self.place.profile(session_id)
        login = sum(path.stat().st_size for path in _files(profile))
        return Offer(VERSION, profile_version(profile), login)


def _files(profile: Path) -> Iterator[Path]:
    """About those that go along; a browser may write to them now."""
    for name in ("Default/IndexedDB", "Default/Local Storage"):
        yield from (path for path in (profile / name).rglob("*") if path.is_file())


async def _is_back(remote: Remote, departure: Departure) -> bool:
    """Connected there, as it was here; or not there any more, but on its way to the next one."""
    try:
        return await remote.status(departure.session_id, departure.key) == State.CONNECTED
    except Declined:
        return True
    except Unreachable:
        return False


def reason(failure: Exception) -> str:
    """Why a session did not move, in a Portuguese sentence."""
    match failure:
        case Refusal():
            problems = "; ".join(str(one["problem"]) for one in failure.details)
            return f"{CATALOGUE[failure.code].text}{f' ({problems})' if problems else ''}"
        case StoreUnavailable():
            return "O banco de dados não pode ser usado agora"
        case Declined() | Unreachable():
            return str(failure)
        case _:
            return reason_of(failure)
