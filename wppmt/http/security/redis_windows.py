"""The windows of `limits.py` in Redis; imported where there is one."""

from __future__ import annotations

import redis
from limits.aio.storage import RedisStorage
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

_REDIS_SECONDS = 0.25


class RedisWindows(RedisStorage):
    """Rate windows in Redis (URL: redis, rediss or unix) under `wpp:<id>:rate`, with expiry."""

    def __init__(self, url: str) -> None:
        # Short timeouts: a slow Redis must not slow the API. A connection that it dropped is made anew once.
        self._pool = ConnectionPool.from_url(
            url,
            socket_timeout=_REDIS_SECONDS,
            socket_connect_timeout=_REDIS_SECONDS,
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
        )
        super().__init__(
            "async+redis://",
            wrap_exceptions=True,
            implementation="redispy",
            key_prefix="wpp",
            connection_pool=self._pool,  # type: ignore[arg-type]  # documented, but not in its types
        )

    async def close(self) -> None:
        await self._pool.aclose()
