"""The moving window, in memory and in a real Redis that comes and goes."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.redis_server import RedisServer
from wppmt.http.security import limits
from wppmt.http.security.limits import RateLimiter
from wppmt.http.security.redis_windows import RedisWindows


class Redis(RedisServer):
    """With the windows that a test opened."""

    def __init__(self, port: int, folder: Path) -> None:
        super().__init__(port, folder)
        self.opened: list[RedisWindows] = []

    def windows(self) -> RedisWindows:
        self.opened.append(RedisWindows(self.url))
        return self.opened[-1]


@pytest.fixture
async def server(free_port: Callable[[], int], tmp_path: Path) -> AsyncIterator[Redis]:
    running = Redis(free_port(), tmp_path)
    yield running
    for windows in running.opened:
        await windows.close()
    running.client.close()
    running.stop()


class Clock:
    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


async def admitted(limiter: RateLimiter, session_id: str = "a") -> bool:
    window = await limiter.admit(session_id)
    assert window is not None
    return window.admitted


async def test_zero_switches_it_off():
    assert await RateLimiter(0, time.time).admit("a") is None


async def test_in_memory_each_session_has_its_own_window():
    limiter = RateLimiter(2, time.time)
    assert [await admitted(limiter) for _ in range(3)] == [True, True, False]
    assert await admitted(limiter, "b")


async def test_the_window_tells_when_a_place_is_free():
    limiter = RateLimiter(1, time.time)
    window = await limiter.admit("a")
    assert window
    assert window.headers()["X-RateLimit-Remaining"] == "0"
    assert 58 < window.reset - time.time() <= 60


async def test_two_daemons_count_together_in_redis(server: Redis):
    one, two = (RateLimiter(3, time.time, server.windows()) for _ in range(2))
    assert [await admitted(one), await admitted(two), await admitted(one)] == [True] * 3
    assert not await admitted(two)
    assert server.client.keys() == [b"wpp:a:rate"]
    assert 0 < server.client.ttl("wpp:a:rate") <= 60


async def test_a_dead_redis_costs_one_warning_and_no_request(server: Redis):
    reports: list[bool] = []
    clock = Clock()
    limiter = RateLimiter(2, clock, server.windows(), reports.append)
    assert await admitted(limiter)
    server.stop()
    assert [await admitted(limiter) for _ in range(3)] == [True, True, False]
    clock.ahead += limits.RETRY_REDIS_SECONDS
    assert not await admitted(limiter)
    assert reports == [False]
    server.start()
    clock.ahead += limits.RETRY_REDIS_SECONDS
    assert await admitted(limiter)
    assert reports == [False, True]


@pytest.mark.slow
async def test_a_frozen_redis_delays_one_request_only(server: Redis):
    reports: list[bool] = []
    limiter = RateLimiter(100, time.time, server.windows(), reports.append)
    assert await admitted(limiter)
    server.freeze()
    began = time.monotonic()
    for _ in range(20):
        assert await admitted(limiter)
    assert time.monotonic() - began < 2
    server.thaw()
    assert reports == [False]


async def test_a_key_of_another_kind_and_a_full_redis(server: Redis):
    server.client.set("wpp:a:rate", "x")
    reports: list[bool] = []
    limiter = RateLimiter(100, time.time, server.windows(), reports.append)
    assert await admitted(limiter)
    assert reports == [False]
    server.client.flushall()
    server.client.config_set("maxmemory", "1")
    full = RateLimiter(100, time.time, server.windows(), reports.append)
    assert await admitted(full)
    assert reports == [False, False]
