"""Requests per minute and session in a moving window, counted in Redis when there is one, else in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

RETRY_REDIS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Window:
    """How a session stands in its window; `reset` is the epoch second at which a place is free again."""

    admitted: bool
    limit: int
    remaining: int
    reset: float

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(self.remaining, 0)),
            "X-RateLimit-Reset": str(ceil(self.reset)),
        }


class _PerSession(RateLimitItemPerMinute):
    def key_for(self, *identifiers: bytes | str | float) -> str:
        """`<id>:rate`, so that with the prefix `wpp` Redis holds `wpp:<id>:rate` like our other keys."""
        return f"{identifiers[0]!s}:rate"


class RateLimiter:
    """Counts per session, whatever the token or address. `per_minute` 0 switches it off.

    `shared` is Redis (wppmt.http.security.redis_windows); while it does not answer, requests are counted in memory, and
    `report(available)` is told once per change.
    """

    def __init__(
        self,
        per_minute: int,
        now: Callable[[], float],
        shared: Storage | None = None,
        report: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._item: RateLimitItem | None = _PerSession(per_minute) if per_minute else None
        self._now = now
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._shared = MovingWindowRateLimiter(shared) if shared else None
        self._report = report
        self._shared_down_until: float | None = None

    async def admit(self, session_id: str) -> Window | None:
        """Count one request, unless the window is full; None when switched off."""
        if self._item is None:
            return None
        return await self._count(self._item, session_id)

    async def _count(self, item: RateLimitItem, session_id: str) -> Window:
        down_until = self._shared_down_until
        if self._shared is None or (down_until is not None and self._now() < down_until):
            return await _hit(self._own, item, session_id)
        try:
            counted = await _hit(self._shared, item, session_id)
        except StorageError:
            self._shared_down_until = self._now() + RETRY_REDIS_SECONDS
            if down_until is None:
                self._report(False)
            return await _hit(self._own, item, session_id)
        if down_until is not None:
            self._shared_down_until = None
            self._report(True)
        return counted


async def _hit(limiter: MovingWindowRateLimiter, item: RateLimitItem, session_id: str) -> Window:
    admitted = await limiter.hit(item, session_id)
    stats = await limiter.get_window_stats(item, session_id)
    return Window(admitted, item.amount, stats.remaining, stats.reset_time)
