"""Moves as the front sees them: what waits, what was asked for, and what is elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from wppmt.domain.errors import Code, Refusal
from wppmt.domain.jobs import Job
from wppmt.domain.moves import Arrived, Offer, Sender
from wppmt.domain.states import State


@dataclass
class FakeMoves:
    begun: list[tuple[str, str, str]] = field(default_factory=list)
    offered: list[tuple[str, Offer]] = field(default_factory=list)
    waiting: dict[str, tuple[str, bytes, Sender]] = field(default_factory=dict)
    """By session: the key, the archive, and whose it was."""
    taken: set[str] = field(default_factory=set)
    away: dict[str, str] = field(default_factory=dict)
    """Lever: sessions of other instances, with their URL; empty: on its way."""

    def require_here(self, session_id: str) -> None:
        owner = self.away.get(session_id)
        if owner is not None:
            raise (
                Refusal(Code.NOT_OWNER, extra={"owner": owner})
                if owner
                else Refusal(Code.MOVING, retry_after=1)
            )

    def begin(self, session_id: str, to: str, token: str) -> Job:
        if not to.startswith("http"):
            raise Refusal(Code.INVALID_REQUEST, details=[{"field": "to", "problem": "não é uma URL"}])
        self.begun.append((session_id, to, token))
        return Job("job_1", session_id)

    async def check(self, session_id: str, offer: Offer) -> None:
        self.offered.append((session_id, offer))

    async def accept(self, session_id: str, key: str, content: AsyncIterator[bytes], sender: Sender) -> None:
        self.waiting[session_id] = key, b"".join([chunk async for chunk in content]), sender

    async def take(self, session_id: str, key: str) -> Arrived:
        self._require(session_id, key)
        self.taken.add(session_id)
        return self.state(session_id, key)

    def state(self, session_id: str, key: str) -> Arrived:
        self._require(session_id, key)
        is_taken = session_id in self.taken
        return Arrived(is_taken, State.CONNECTED if is_taken else None)

    async def drop(self, session_id: str, key: str) -> None:
        self._require(session_id, key)
        if session_id in self.taken:
            raise Refusal(Code.SESSION_EXISTS)
        del self.waiting[session_id]

    def _require(self, session_id: str, key: str) -> None:
        if session_id not in self.waiting or self.waiting[session_id][0] != key:
            raise Refusal(Code.NOT_FOUND)
