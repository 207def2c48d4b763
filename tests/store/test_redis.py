"""Copies in a real Redis that is killed, frozen, full or holds something else under our keys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.redis_server import RedisServer
from tests.support import eventually
from wppmt.domain.states import State
from wppmt.store import redis as mirror
from wppmt.store.records import SessionRecord, SessionStatus
from wppmt.store.redis import Copy, RedisMirror


@pytest.fixture
def server(free_port: Callable[[], int], tmp_path: Path) -> Iterator[RedisServer]:
    running = RedisServer(free_port(), tmp_path)
    yield running
    running.client.close()
    running.stop()


class Daemon:
    """Publishes statuses, and hears what the mirror reports."""

    def __init__(self) -> None:
        self.published = {"a": SessionStatus(SessionRecord("a", 1.0, since=1.0))}
        self.reports: list[bool] = []
        self.code: bytes | None = b"code"

    def statuses(self) -> tuple[SessionStatus, ...]:
        return tuple(self.published.values())

    def render(self, status: SessionStatus) -> Iterator[Copy]:
        yield Copy("status", status.record.state.encode())
        yield Copy("qrcode", self.code, 20)

    def move(self, state: State) -> None:
        status = self.published["a"]
        self.published["a"] = replace(status, record=replace(status.record, state=state))


@pytest.fixture
async def daemon(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Daemon]:
    for name, seconds in (("LOOK_SECONDS", 0.02), ("RETRY_SECONDS", 0.05), ("ANSWER_SECONDS", 0.5)):
        monkeypatch.setattr(mirror, name, seconds)
    running = Daemon()
    stop = asyncio.Event()
    copying = asyncio.create_task(
        RedisMirror(server.url, running.statuses, running.render, running.reports.append).run(stop)
    )
    yield running
    stop.set()
    await copying


async def test_status_and_code_are_copied_with_expiry(server: RedisServer, daemon: Daemon):
    await eventually(lambda: copies(server) == (b"disconnected", b"code"))
    assert 0 < server.client.ttl("wpp:a:status") <= mirror.EXPIRE_SECONDS
    assert 0 < server.client.ttl("wpp:a:qrcode") <= 20
    daemon.code = None
    daemon.move(State.CONNECTED)
    await eventually(lambda: copies(server) == (b"connected", None))


def copies(server: RedisServer) -> tuple[object, object]:
    """Status and code of session "a"; they are written one after the other."""
    return server.client.get("wpp:a:status"), server.client.get("wpp:a:qrcode")


async def test_a_forgotten_session_leaves_no_copy(server: RedisServer, daemon: Daemon):
    await eventually(lambda: server.client.exists("wpp:a:status"))
    daemon.published.clear()
    await eventually(lambda: not server.client.keys("wpp:*"))


async def test_a_killed_redis_is_reported_once_and_filled_again(server: RedisServer, daemon: Daemon):
    await eventually(lambda: server.client.exists("wpp:a:status"))
    server.stop()
    daemon.move(State.CONNECTED)
    await eventually(lambda: daemon.reports == [False])
    server.start()
    # The report is the last step: whoever waits for the copy alone may look before it is made.
    await eventually(lambda: daemon.reports == [False, True])
    assert server.client.get("wpp:a:status") == b"connected"


@pytest.mark.slow
async def test_a_frozen_redis_holds_nobody(server: RedisServer, daemon: Daemon):
    await eventually(lambda: server.client.exists("wpp:a:status"))
    server.freeze()
    daemon.move(State.CONNECTED)
    await eventually(lambda: daemon.reports == [False])
    server.thaw()
    await eventually(lambda: daemon.reports == [False, True])
    assert server.client.get("wpp:a:status") == b"connected"


async def test_a_full_redis_and_a_key_of_another_kind(server: RedisServer, daemon: Daemon):
    server.client.config_set("maxmemory", "1")
    daemon.move(State.CONNECTED)
    await eventually(lambda: daemon.reports == [False])
    server.client.config_set("maxmemory", "0")
    server.client.delete("wpp:a:status")
    server.client.lpush("wpp:a:status", "of another kind")
    daemon.move(State.ERROR)
    await eventually(lambda: daemon.reports == [False, True])
    assert server.client.get("wpp:a:status") == b"error"
