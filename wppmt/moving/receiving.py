"""The target of a move: takes the archive, checks all of it, and starts the session when its source has given it away."""

from __future__ import annotations

import asyncio
import hmac
import os
import shutil
import sqlite3
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from wppmt.archive.arrival import read_archive
from wppmt.archive.chrome import require_not_newer
from wppmt.archive.durable import flush
from wppmt.archive.place import Place
from wppmt.archive.refusal import ArchiveRefused, Why
from wppmt.browser.profile.snapshots import remove
from wppmt.domain.actions import SERVICE, Action
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.log import WriteLog
from wppmt.domain.messages import ROOT_ACTOR, Front
from wppmt.domain.move_messages import RequireRoom, TakeUp
from wppmt.domain.moves import Arrived, Offer, Sender
from wppmt.domain.states import State
from wppmt.moving.ownership import Alone, Ownership
from wppmt.moving.registry import MoveRegistry
from wppmt.store.move_records import Incoming
from wppmt.store.operator_records import AuditEntry
from wppmt.store.port import Store
from wppmt.store.records import SessionRecord
from wppmt.store.sqlite.schema import VERSION

ASK_SECONDS = 15.0
SPARE_BYTES = 64 * 1024**2
COPIES = 4
"""Of an archive on the disk at once: as it came, unpacked, its rows a second time, and room for them to go on."""
WITHDRAWN_KEPT = 1000
KEY_SUFFIX = ".key"
MOVED = ".moved"
"""In the tokens folder: profiles of sessions that have left."""


def digest_of(key: str) -> str:
    return sha256(key.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiving:
    place: Place
    chrome: Callable[[], str]
    store: Store
    front: Front
    registry: MoveRegistry
    now: Callable[[], float]
    log: WriteLog
    ownership: Ownership = field(default_factory=Alone)
    _turns: defaultdict[str, asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock), init=False
    )
    _withdrawn: deque[str] = field(default_factory=lambda: deque(maxlen=WITHDRAWN_KEPT), init=False)
    """Digests of the keys of moves that were called off before their archive was here."""

    @property
    def folder(self) -> Path:
        """Of archives that wait."""
        return self.place.database.parent / "moves" / "in"

    async def check(self, session_id: str, offer: Offer) -> None:
        """May it come? Raises Refusal."""
        self._require_none_other(session_id, "")
        await asyncio.to_thread(self._require_fit, session_id, offer)
        await self.front.ask(ROOT_ACTOR, RequireRoom(session_id), ASK_SECONDS)

    async def accept(self, session_id: str, key: str, content: AsyncIterator[bytes], sender: Sender) -> None:
        """Raises Refusal; then nothing waits that did not before. What waits is replaced by its own sender alone."""
        async with self._turns[session_id]:
            self.ownership.require_may_come(session_id, sender)
            self._require_none_other(session_id, key)
            if digest_of(key) in self._withdrawn:
                raise Refusal(Code.NOT_FOUND)
            part = self.folder / f".{session_id}.part"
            try:
                await self._keep(content, part)
                await asyncio.to_thread(self._admit, session_id, key, part, sender)
            except (OSError, sqlite3.Error):
                raise Refusal(Code.STORE_UNAVAILABLE) from None
            finally:
                part.unlink(missing_ok=True)
        self.log("arrival_waits", session_id, source=sender.address)

    async def take(self, session_id: str, key: str) -> Arrived:
        """Its source has given it away. Again and again the same answer. Raises Refusal(NOT_FOUND, …)."""
        async with self._turns[session_id]:
            incoming = self._of(session_id, key)
            if not incoming.is_taken:
                await self.ownership.take(session_id)
                await asyncio.to_thread(self._install, incoming, key)
                self.log("session_moved_in", session_id, source=incoming.source)
            await self.front.ask(ROOT_ACTOR, TakeUp(session_id), ASK_SECONDS)
            return self._shown(incoming)

    async def take_up(self, session_id: str) -> bool:
        """It is ours by the cluster's word, and whoever sent it has not said so: whether it waited here.

        Raises Refusal; STORE_UNAVAILABLE where the disk does not let it.
        """
        incoming = self.registry.incoming(session_id)
        if incoming is None or incoming.is_taken:
            return False
        try:
            key = await asyncio.to_thread(self._key_file(session_id).read_text, encoding="ascii")
        except FileNotFoundError:
            return False
        except OSError:
            raise Refusal(Code.STORE_UNAVAILABLE, retry_after=2) from None
        await self.take(session_id, key)
        return True

    def state(self, session_id: str, key: str) -> Arrived:
        """Raises Refusal: NOT_FOUND; NOT_OWNER, MOVING where it goes on from here."""
        incoming = self._of(session_id, key)
        if incoming.is_taken:
            self.registry.require_here(session_id)
        return self._shown(incoming)

    async def drop(self, session_id: str, key: str) -> None:
        """Its source keeps it. Raises Refusal(NOT_FOUND), SESSION_EXISTS where it was taken."""
        async with self._turns[session_id]:
            incoming = self.registry.incoming(session_id)
            if incoming is None or incoming.digest != digest_of(key):
                # What the source sent before it died may be on its way still.
                self._withdrawn.append(digest_of(key))
            if self._of(session_id, key).is_taken:
                raise Refusal(Code.SESSION_EXISTS)
            await asyncio.to_thread(self._forget, session_id)

    def recover(self) -> None:
        """At the start, before anybody asks: what a kill left half done. Raises StoreUnavailable, OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for incoming in self.store.incoming():
            if not incoming.is_taken and self.store.session(incoming.session_id):
                # The rows' commit came before the note that they are there.
                self._note_taken(incoming)
        waiting = {one.session_id for one in self.store.incoming() if not one.is_taken}
        for file in self.folder.iterdir():
            if file.name.removesuffix(KEY_SUFFIX) not in waiting:
                file.unlink()
        self.registry.reload()

    def _require_fit(self, session_id: str, offer: Offer) -> None:
        if self.store.session(session_id) or self._in_the_way(session_id):
            raise Refusal(Code.SESSION_EXISTS)
        if offer.schema_version > VERSION:
            raise _refused("a origem é de uma versão mais nova do wppmt: atualize esta instância")
        try:
            require_not_newer(offer.chrome, self.chrome())
        except ArchiveRefused as refused:
            raise _refused(str(refused)) from None
        self.place.tokens.mkdir(mode=0o700, parents=True, exist_ok=True)
        free = min(shutil.disk_usage(path).free for path in (self.place.tokens, self.place.database.parent))
        if free < COPIES * offer.size + SPARE_BYTES:
            raise Refusal(
                Code.RESOURCE_LIMIT, details=[{"field": "disk", "problem": "não há espaço para a sessão"}]
            )

    def _require_none_other(self, session_id: str, key: str) -> None:
        """Who sent what waits may have given it away by now: there may be no other copy. Raises Refusal(MOVING)."""
        incoming = self.registry.incoming(session_id)
        if incoming and not incoming.is_taken and incoming.digest != digest_of(key):
            raise Refusal(Code.MOVING, retry_after=5)

    def _in_the_way(self, session_id: str) -> bool:
        return os.path.lexists(self.place.profile(session_id))

    async def _keep(self, content: AsyncIterator[bytes], part: Path) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(
            part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        with os.fdopen(descriptor, "wb") as file:
            async for chunk in content:
                await asyncio.to_thread(file.write, chunk)
            file.flush()
            await asyncio.to_thread(os.fsync, descriptor)

    def _admit(self, session_id: str, key: str, part: Path, sender: Sender) -> None:
        """Read to its end and checked, as if it were installed; then it waits, durably."""
        if self.store.session(session_id):
            raise Refusal(Code.SESSION_EXISTS)
        with _archive_refusals(), part.open("rb") as file:
            archive_key = bytes.fromhex(key)
            with read_archive(file, archive_key, self.place, self.chrome()) as arrival:
                if arrival.manifest.session_id != session_id:
                    raise ArchiveRefused(Why.FORGED, "o arquivo é de outra sessão")
        part.rename(self.folder / session_id)
        if self.ownership.is_peer(sender):
            self._keep_key(session_id, key)
        flush(self.folder)
        incoming = Incoming(session_id, digest_of(key), sender.address, sender.who, self.now())
        with self.store.transaction() as transaction:
            transaction.save_incoming(incoming)
        self.registry.reload()

    def _keep_key(self, session_id: str, key: str) -> None:
        """Beside its archive, which is the login itself: who sent it may never come back to show the key."""
        file = self._key_file(session_id)
        file.unlink(missing_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(key)
            out.flush()
            os.fsync(descriptor)

    def _key_file(self, session_id: str) -> Path:
        return self.folder / f"{session_id}{KEY_SUFFIX}"

    def _clear_away(self, session_id: str) -> None:
        (self.folder / session_id).unlink(missing_ok=True)
        self._key_file(session_id).unlink(missing_ok=True)

    def _install(self, incoming: Incoming, key: str) -> None:
        session_id = incoming.session_id
        try:
            if self.store.session(session_id) is None:
                with (
                    _archive_refusals(),
                    (self.folder / session_id).open("rb") as file,
                    read_archive(file, bytes.fromhex(key), self.place, self.chrome()) as arrival,
                ):
                    arrival.install()
            self._note_taken(incoming)
        except (OSError, sqlite3.Error):
            raise Refusal(Code.STORE_UNAVAILABLE, retry_after=2) from None

    def _note_taken(self, incoming: Incoming) -> None:
        """From here on its departure from here, long ago, is history."""
        session_id, now = incoming.session_id, self.now()
        with self.store.transaction() as transaction:
            transaction.save_incoming(replace(incoming, is_taken=True))
            transaction.drop_departure(session_id)
            entry = AuditEntry(now, Action.MOVE_IN, incoming.who or SERVICE, session_id=session_id)
            transaction.audit(replace(entry, target=incoming.source))
        self.registry.reload()
        remove(self.place.tokens / MOVED / session_id)
        self._clear_away(session_id)

    def _forget(self, session_id: str) -> None:
        with self.store.transaction() as transaction:
            transaction.drop_incoming(session_id)
        self.registry.reload()
        self._clear_away(session_id)

    def _of(self, session_id: str, key: str) -> Incoming:
        incoming = self.registry.incoming(session_id)
        if incoming is None or not hmac.compare_digest(incoming.digest, digest_of(key)):
            raise Refusal(Code.NOT_FOUND)
        return incoming

    def _shown(self, incoming: Incoming) -> Arrived:
        found = self.registry.incoming(incoming.session_id) or incoming
        status = self.front.status(incoming.session_id) if found.is_taken else None
        return Arrived(found.is_taken, _state(status.record) if status else None)


def _state(record: SessionRecord) -> State | None:
    """None where its actor has had no turn yet: it came as `connected`, and has no browser."""
    has_page = record.process or record.is_hibernating
    return record.state if has_page or record.state is not State.CONNECTED else None


class _archive_refusals:  # noqa: N801 - used as a statement
    """What an archive is refused for, as the API refuses it."""

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, ArchiveRefused):
            code = Code.SESSION_EXISTS if error.why is Why.EXISTS else Code.ARCHIVE_REFUSED
            raise Refusal(code, details=[{"field": "archive", "problem": str(error)}]) from None


def _refused(problem: str) -> Refusal:
    return Refusal(Code.ARCHIVE_REFUSED, details=[{"field": "archive", "problem": problem}])
