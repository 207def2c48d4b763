"""Copies of status and QR code in Redis, for other readers (docs/contract.md 8). Nothing waits for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import redis
from redis.asyncio import Redis

from wppmt.store.records import SessionStatus

LOOK_SECONDS = 1.0
RETRY_SECONDS = 5.0
REFRESH_SECONDS = 60.0
EXPIRE_SECONDS = 150
"""A copy outlives the daemon that made it by no more than this."""
ANSWER_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Copy:
    """One key. A `value` of None deletes it."""

    name: str
    value: bytes | None
    seconds: int = EXPIRE_SECONDS


Render = Callable[[SessionStatus], Iterable[Copy]]


class RedisMirror:
    """Looks at the published statuses every second, and writes those that changed under `wpp:<id>:…`.

    `report(available)` is called once per change. While Redis does not answer it is tried again every 5 s.
    """

    def __init__(
        self,
        url: str,
        statuses: Callable[[], Sequence[SessionStatus]],
        render: Render,
        report: Callable[[bool], None],
    ) -> None:
        self._client = Redis.from_url(
            url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
        )
        self._statuses = statuses
        self._render = render
        self._report = report
        self._copied: dict[str, SessionStatus] = {}
        self._refreshed = 0.0
        self._available = True

    async def run(self, stop: asyncio.Event) -> None:
        """Runs until `stop` is set. It can't be cancelled: redis-py may swallow the cancellation."""
        while not stop.is_set():
            wait = await self._turn()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait)
        await self._client.aclose()

    async def _turn(self) -> float:
        """One look; the seconds until the next."""
        try:
            await self._copy()
        except (redis.RedisError, OSError):
            self._tell(available=False)
            self._copied.clear()
            return RETRY_SECONDS
        self._tell(available=True)
        return LOOK_SECONDS

    async def _copy(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._refreshed > REFRESH_SECONDS:
            self._copied.clear()
            self._refreshed = now
        current = {status.record.id: status for status in self._statuses()}
        for session_id in self._copied.keys() - current.keys():
            await self._client.delete(f"wpp:{session_id}:status", f"wpp:{session_id}:qrcode")
            del self._copied[session_id]
        for session_id, status in current.items():
            if self._copied.get(session_id) != status:
                await self._write(session_id, status)
                self._copied[session_id] = status
        if not current:
            await self._client.ping()

    async def _write(self, session_id: str, status: SessionStatus) -> None:
        for copy in self._render(status):
            key = f"wpp:{session_id}:{copy.name}"
            if copy.value is None:
                await self._client.delete(key)
            else:
                await self._client.set(key, copy.value, ex=max(1, copy.seconds))

    def _tell(self, *, available: bool) -> None:
        if available is not self._available:
            self._available = available
            self._report(available)
