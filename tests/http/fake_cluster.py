"""A cluster as the front sees it: what it shows, and whether a session may be made here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from wppmt.domain.cluster import ALONE, ClusterShown
from wppmt.domain.errors import Refusal
from wppmt.domain.jobs import Job


@dataclass
class FakeCluster:
    claims: list[str] = field(default_factory=list)
    now_shown: ClusterShown = ALONE
    refusal: Refusal | None = None
    moved: list[tuple[str, str]] = field(default_factory=list)
    drained: list[tuple[str, bool]] = field(default_factory=list)

    @asynccontextmanager
    async def claimed(self, session_id: str, *, restores: bool = False) -> AsyncIterator[None]:
        if self.refusal:
            raise self.refusal
        self.claims.append(session_id)
        yield

    async def move(self, session_id: str, machine: str) -> Job:
        if self.refusal:
            raise self.refusal
        self.moved.append((session_id, machine))
        return Job("job_1", session_id)

    async def drain(self, machine: str, *, wanted: bool) -> None:
        if self.refusal:
            raise self.refusal
        self.drained.append((machine, wanted))

    def shown(self) -> ClusterShown:
        return self.now_shown
