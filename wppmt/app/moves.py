"""How settings become what moves sessions between instances."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial

from wppmt.app import archives, logs
from wppmt.app.browsers import login_copies
from wppmt.app.jobs import Jobs
from wppmt.app.settings import Settings
from wppmt.browser.profile.folder import ProfileFolder
from wppmt.browser.profile.snapshots import Snapshots
from wppmt.domain.jobs import Job
from wppmt.domain.messages import Front
from wppmt.domain.moves import Arrived, Offer, Sender
from wppmt.media.received import ReceivedMediaFiles
from wppmt.moving.departing import Departing
from wppmt.moving.following import Following
from wppmt.moving.ownership import Ownership
from wppmt.moving.receiving import Receiving
from wppmt.moving.registry import MoveRegistry
from wppmt.moving.remote import Remote
from wppmt.store.port import Store


@dataclass(frozen=True, slots=True)
class Moves:
    """Implements wppmt.http.ports.Moves."""

    departing: Departing
    receiving: Receiving
    following: Following

    @property
    def registry(self) -> MoveRegistry:
        return self.departing.registry

    def recover(self) -> None:
        """Before any actor. Raises StoreUnavailable, OSError."""
        self.departing.recover()
        self.receiving.recover()

    def begin(self, session_id: str, to: str, token: str) -> Job:
        return self.departing.begin(session_id, to, token)

    async def check(self, session_id: str, offer: Offer) -> None:
        await self.receiving.check(session_id, offer)

    async def accept(self, session_id: str, key: str, content: AsyncIterator[bytes], sender: Sender) -> None:
        await self.receiving.accept(session_id, key, content, sender)

    async def take(self, session_id: str, key: str) -> Arrived:
        return await self.receiving.take(session_id, key)

    def state(self, session_id: str, key: str) -> Arrived:
        return self.receiving.state(session_id, key)

    async def drop(self, session_id: str, key: str) -> None:
        await self.receiving.drop(session_id, key)


def make_moves(  # noqa: PLR0913 - given once, by the composition root
    settings: Settings,
    store: Store,
    front: Front,
    jobs: Jobs,
    received: ReceivedMediaFiles,
    *,
    ownership: Ownership,
    connect: Callable[[str, str], Remote],
) -> Moves:
    where, registry = archives.surroundings(settings), MoveRegistry(store)
    departing = Departing(
        place=where.place,
        store=store,
        front=front,
        jobs=jobs,
        registry=registry,
        now=time.time,
        log=logs.log,
        connect=connect,
        ownership=ownership,
    )
    receiving = Receiving(
        place=where.place,
        chrome=where.chrome,
        store=store,
        front=front,
        registry=registry,
        now=time.time,
        log=logs.log,
        ownership=ownership,
    )
    return Moves(departing, receiving, Following(departing, partial(_forget_login, settings, received)))


def _forget_login(settings: Settings, received: ReceivedMediaFiles, session_id: str) -> None:
    ProfileFolder(settings.store.tokens_dir, session_id).forget_quarantine()
    Snapshots(login_copies(settings), settings.store.login_copies).forget(session_id)
    received.forget(session_id)
