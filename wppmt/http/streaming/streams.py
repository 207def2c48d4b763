"""The streams that are open: how many there may be, and their common end."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Hashable, Iterator
from contextlib import contextmanager

from aiohttp import web

from wppmt.domain.shortages import Resource, Shortage, resource_limit
from wppmt.http.ports import PORTS
from wppmt.http.streaming.bell import Bell, Ear
from wppmt.http.streaming.policy import StreamPolicy

RETRY_SECONDS = 15.0
"""So long after a reader is gone its place may still be taken."""


class Streams:
    def __init__(self, policy: StreamPolicy, bell: Bell) -> None:
        self.bell = bell
        self.are_ending = False
        self.policy = policy
        self._of_owner: Counter[Hashable] = Counter()

    @contextmanager
    def open(self, owner: Hashable, ear: Ear) -> Iterator[None]:
        """A place, as long as the block runs. Raises Refusal(RESOURCE_LIMIT)."""
        for current, limit in (
            (self._of_owner.total(), self.policy.most),
            (self._of_owner[owner], self.policy.per_owner),
        ):
            if current >= limit:
                raise resource_limit(Shortage(Resource.STREAMS, current, limit), retry_after=RETRY_SECONDS)
        self._of_owner[owner] += 1
        self.bell.listen(ear)
        try:
            yield
        finally:
            self.bell.leave(ear)
            self._of_owner[owner] -= 1
            if not self._of_owner[owner]:
                del self._of_owner[owner]

    def end_all(self) -> None:
        """The daemon goes: their readers come back to the next one."""
        self.are_ending = True
        self.bell.wake_all()


STREAMS = web.AppKey("streams", Streams)


async def streams_opened(app: web.Application) -> AsyncIterator[None]:
    """As long as the application runs."""
    ports = app[PORTS]
    app[STREAMS] = Streams(ports.settings.streams, Bell())
    ports.store.listen(app[STREAMS].bell.ring)
    yield
    ports.store.listen(None)
