"""A cluster as the front sees it: what it shows, and whether a session may be made here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from wppmt.domain.cluster import ALONE, ClusterShown
from wppmt.domain.errors import Refusal


@dataclass
class FakeCluster:
    claims: list[str] = field(default_factory=list)
    now_shown: ClusterShown = ALONE
    refusal: Refusal | None = None

    @asynccontextmanager
    async def claimed(self, session_id: str) -> AsyncIterator[None]:
        if self.refusal:
            raise self.refusal
        self.claims.append(session_id)
        yield

    def shown(self) -> ClusterShown:
        return self.now_shown
