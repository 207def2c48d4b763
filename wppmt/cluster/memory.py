"""An etcd without etcd, for tests and simulations. It can go away and come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress

from wppmt.cluster.etcd import Change, Committed, Compare, Operation, Snapshot, Unavailable
from wppmt.cluster.tree import Tree

LOOK_SECONDS = 0.02
"""How late, at most, a watch hears of a lease that ran out while nobody asked for anything."""


class MemoryEtcd:
    """For one event loop. Several may share a `tree`: they are clients of one etcd, and each can lose it alone."""

    def __init__(self, now: Callable[[], float], tree: Tree | None = None) -> None:
        self._now = now
        self.tree = tree or Tree()
        self.is_reachable = True
        """False: every call raises Unavailable, and watches end so."""
        self._changed = asyncio.Event()

    async def grant(self, ttl: int) -> int:
        return self._reached().grant(ttl, self._now())

    async def renew(self, lease: int) -> None:
        self._reached().renew(lease, self._now())

    async def revoke(self, lease: int) -> None:
        self._reached().revoke(lease, self._now())
        self._changed.set()

    async def commit(self, compares: Sequence[Compare], operations: Sequence[Operation]) -> Committed:
        committed = self._reached().commit(compares, operations, self._now())
        self._changed.set()
        return committed

    async def read(self, prefix: str) -> Snapshot:
        return self._reached().read(prefix, self._now())

    async def watch(self, prefix: str, after: int) -> AsyncGenerator[tuple[Change, ...], None]:
        while True:
            self._reached().expire(self._now())
            changes = self.tree.since(prefix, after)
            after = max(after, self.tree.revision)
            if changes:
                yield changes
                continue
            self._changed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), LOOK_SECONDS)

    async def close(self) -> None:
        pass

    def _reached(self) -> Tree:
        if not self.is_reachable:
            raise Unavailable
        return self.tree
