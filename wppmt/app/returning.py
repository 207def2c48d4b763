"""A session whose machine is lost comes up here, from its newest archive."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from wppmt.app.archives import Surroundings
from wppmt.app.jobs import JobFailed
from wppmt.archive.arrival import Arrival, read_archive, take_place
from wppmt.archive.refusal import ArchiveRefused, Why
from wppmt.archive.shelf import archives_of
from wppmt.browser.profile.snapshots import remove
from wppmt.domain.actions import SERVICE, Action
from wppmt.domain.errors import Refusal
from wppmt.domain.log import WriteLog
from wppmt.domain.messages import ROOT_ACTOR, Front
from wppmt.domain.move_messages import RequireRoom, TakeUp
from wppmt.domain.reasons import Reason
from wppmt.moving.departing import reason
from wppmt.moving.receiving import MOVED
from wppmt.moving.registry import MoveRegistry
from wppmt.store.operator_records import AuditEntry
from wppmt.store.port import Store, StoreUnavailable

ASK_SECONDS = 15.0
DECIDE_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Returning:
    where: Surroundings
    archives: Path | None
    """Where all machines find all sessions' backups; None: there is no such folder."""
    store: Store
    front: Front
    registry: MoveRegistry
    now: Callable[[], float]
    log: WriteLog

    async def bring(self, session_id: str, lost: str, decide: Callable[[], Awaitable[None]]) -> None:
        """`decide` makes the session this machine's, when all of the archive has been read and is good. Raises JobFailed, and
        whatever `decide` raises.
        """
        try:
            if lost or await asyncio.to_thread(self.store.session, session_id) is None:
                await self._restore(session_id, decide)
            else:
                # Its rows were here, and something failed after that.
                await asyncio.to_thread(take_place, self.where.place, session_id)
            await asyncio.to_thread(self._note, session_id, lost)
            await self.front.ask(ROOT_ACTOR, TakeUp(session_id, Reason.MACHINE_LOST), ASK_SECONDS)
        except (Refusal, ArchiveRefused, StoreUnavailable, OSError, sqlite3.Error) as failure:
            raise JobFailed(reason(failure)) from None
        self.log("session_returned", session_id, lost=lost)

    async def _restore(self, session_id: str, decide: Callable[[], Awaitable[None]]) -> None:
        await self.front.ask(ROOT_ACTOR, RequireRoom(session_id), ASK_SECONDS)
        archive = await asyncio.to_thread(self._newest, session_id)
        await self._install(session_id, archive, decide)
        self.log("session_restored", session_id, archive=archive.name)

    def _newest(self, session_id: str) -> Path:
        found = archives_of(self.archives, session_id) if self.archives else []
        if not found:
            where = f"em {self.archives} " if self.archives else ""
            raise ArchiveRefused(
                Why.NO_SESSION,
                f"Não há backup da sessão {where}(WPP_CLUSTER_ARCHIVES): ela espera a sua máquina",
            )
        return found[-1]

    async def _install(self, session_id: str, archive: Path, decide: Callable[[], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()

        def install() -> None:
            key, chrome = self.where.key(), self.where.chrome()
            with archive.open("rb") as file, read_archive(file, key, self.where.place, chrome) as arrival:
                _require_its(arrival, session_id)
                decided = asyncio.run_coroutine_threadsafe(_awaited(decide), loop)
                try:
                    decided.result(DECIDE_SECONDS)
                finally:
                    decided.cancel()
                arrival.install()

        await asyncio.to_thread(install)

    def _note(self, session_id: str, lost: str) -> None:
        """What this machine knew of it from long ago is history."""
        with self.store.transaction() as transaction:
            transaction.drop_departure(session_id)
            transaction.drop_incoming(session_id)
            entry = AuditEntry(self.now(), Action.MOVE_IN, SERVICE, session_id=session_id, target=lost)
            transaction.audit(entry)
        self.registry.reload()
        remove(self.where.place.tokens / MOVED / session_id)


def _require_its(arrival: Arrival, session_id: str) -> None:
    if arrival.manifest.session_id != session_id:
        raise ArchiveRefused(Why.FORGED, "O arquivo é de outra sessão")


async def _awaited(decide: Callable[[], Awaitable[None]]) -> None:
    await decide()
