"""Server-sent events: from the durable log, without a hole, and not longer than they may be read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest

from tests.defaults import http_policy
from tests.http.conftest import Api, serve, token
from tests.http.fakes import BORN, FakeStore
from tests.store.drafts import record
from tests.support import eventually
from wppmt.http.ports import DaemonPhase
from wppmt.http.streaming.policy import StreamPolicy
from wppmt.http.streaming.readers import STEP
from wppmt.store.records import EventDraft, EventRecord
from wppmt.store.sqlite.store import SqliteStore

A, ALL = "/api/sessions/a/events/stream", "/api/events/stream"


class WatchedStore(SqliteStore):
    """Counts how often streams look into it."""

    reads = 0

    def events_after(self, session_id: str, sequence: int, limit: int) -> Sequence[EventRecord]:
        self.reads += 1
        return super().events_after(session_id, sequence, limit)


@pytest.fixture
def store(tmp_path: Path) -> WatchedStore:
    return WatchedStore(tmp_path / "state" / "wppmt.sqlite")


@pytest.fixture
def policy() -> StreamPolicy:
    return StreamPolicy(most=100)


@pytest.fixture
async def api(tmp_path: Path, store: SqliteStore, policy: StreamPolicy) -> AsyncIterator[Api]:
    instance = Api()
    instance.settings = http_policy(streams=policy)
    instance.folder = tmp_path
    instance.store = cast("FakeStore", store)
    for name in "ab":
        instance.front.has(name)
    async for running in serve(instance):
        yield running
    store.close()


class Stream:
    """As a browser's EventSource reads it."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self.last_id = ""
        self.beats = 0

    async def events(self, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while len(found) < count:
            if event := await self._block():
                found.append(event)
        return found

    async def begin(self) -> None:
        """The block that every stream begins with."""
        assert await self._block() is None

    async def is_over(self) -> bool:
        async with asyncio.timeout(8):
            while await self.response.content.read(100_000):
                pass
        return True

    async def _block(self) -> dict[str, Any] | None:
        data: list[str] = []
        async with asyncio.timeout(5):
            while (line := (await self.response.content.readline()).decode()) != "\n":
                assert line, "the stream has ended"
                name, _, value = line.rstrip("\n").partition(": ")
                if name == "id":
                    self.last_id = value
                elif name == "data":
                    data.append(value)
                elif line.startswith(":"):
                    self.beats += 1
        return json.loads("\n".join(data)) if data else None


@asynccontextmanager
async def opened(
    api: Api, path: str = A, last: str | None = None, said: str | None = None
) -> AsyncIterator[Stream]:
    headers = {"Authorization": f"Bearer {said or api.token}"}
    if last is not None:
        headers["Last-Event-ID"] = last
    async with api.http.get(api.base + path, headers=headers) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "text/event-stream"
        stream = Stream(response)
        await stream.begin()
        yield stream


def sequences(events: list[dict[str, Any]], session: str = "a") -> list[int]:
    return [event["sequence"] for event in events if event["sessionId"] == session]


class TestOneSession:
    async def test_what_happens_arrives_as_it_was_recorded(self, api: Api, store: SqliteStore):
        record(store)
        async with opened(api) as stream:
            assert stream.last_id == "1"
            event = await asyncio.to_thread(record, store)
            assert await stream.events(1) == [json.loads(event.body)]
            assert stream.last_id == "2"

    async def test_it_goes_on_behind_the_last_id(self, api: Api, store: SqliteStore):
        for _ in range(2 * STEP + 3):
            record(store)
        async with opened(api, last="2") as stream:
            assert sequences(await stream.events(2 * STEP + 1)) == list(range(3, 2 * STEP + 4))
            await asyncio.to_thread(record, store)
            assert sequences(await stream.events(1)) == [2 * STEP + 4]

    async def test_0_is_the_whole_log(self, api: Api, store: SqliteStore):
        for _ in range(3):
            record(store)
        async with opened(api, last="0") as stream:
            assert sequences(await stream.events(3)) == [1, 2, 3]

    async def test_whoever_had_nothing_yet_has_an_id_to_come_back_with(self, api: Api, store: SqliteStore):
        record(store)
        async with opened(api) as stream:
            last = stream.last_id
        record(store)
        async with opened(api, last=last) as stream:
            assert sequences(await stream.events(1)) == [2]

    async def test_an_id_of_an_earlier_log_begins_anew(self, api: Api, store: SqliteStore):
        """The session was purged and made again."""
        record(store)
        async with opened(api, last="500") as stream:
            assert sequences(await stream.events(1)) == [1]

    async def test_others_events_are_not_in_it(self, api: Api, store: SqliteStore):
        async with opened(api) as stream:
            await asyncio.to_thread(record, store, "b")
            await asyncio.to_thread(record, store, "a")
            assert sequences(await stream.events(1)) == [1]

    @pytest.mark.parametrize("last", ["x", "-1", "1.5", "c1", "", "9" * 16, "1 2"])
    async def test_a_malformed_id(self, api: Api, last: str):
        answer = await api.get(A, headers={"Last-Event-ID": last})
        assert (answer.status, answer.body["details"][0]["field"]) == (400, "Last-Event-ID")

    async def test_another_tenants_is_unknown(self, api: Api):
        answer = await api.get(A, token=token(sessions="b"))
        assert (answer.status, answer.body["code"]) == (404, "SESSION_NOT_FOUND")


class TestAllSessions:
    async def test_order_is_kept_and_the_cursor_resumes(self, api: Api, store: SqliteStore):
        async with opened(api, ALL) as stream:
            for name in "abab":
                await asyncio.to_thread(record, store, name)
            events = await stream.events(3)
            assert [event["sessionId"] for event in events] == ["a", "b", "a"]
            last = stream.last_id
        async with opened(api, ALL, last) as stream:
            assert sequences(await stream.events(1), "b") == [2]

    async def test_0_is_the_whole_log(self, api: Api, store: SqliteStore):
        for number in range(2 * STEP + 1):
            record(store, "ab"[number % 2])
        async with opened(api, ALL, "0") as stream:
            events = await stream.events(2 * STEP + 1)
        assert sequences(events) == list(range(1, STEP + 2))
        assert sequences(events, "b") == list(range(1, STEP + 1))

    async def test_only_what_the_token_reaches(self, api: Api, store: SqliteStore):
        async with opened(api, ALL, said=token(sessions=["b"])) as stream:
            for name in "aab":
                await asyncio.to_thread(record, store, name)
            assert [event["sessionId"] for event in await stream.events(1)] == ["b"]

    async def test_the_cursor_outlives_a_purge_of_the_newest(self, api: Api, store: SqliteStore):
        record(store, "a")
        record(store, "b")
        async with opened(api, ALL) as stream:
            last = stream.last_id
        with store.transaction() as transaction:
            transaction.forget("b")
        while store.prune(0.0):
            pass
        record(store, "a")
        async with opened(api, ALL, last) as stream:
            assert sequences(await stream.events(1)) == [2]

    @pytest.mark.parametrize("last", ["1", "x", "c", "cg", "C1", "c" + "f" * 16])
    async def test_a_malformed_cursor(self, api: Api, last: str):
        answer = await api.get(ALL, headers={"Last-Event-ID": last})
        assert (answer.status, answer.body["details"][0]["field"]) == (400, "Last-Event-ID")


async def test_many_streams_are_served_at_once(api: Api, store: SqliteStore):
    """Each event reaches each of them, in order, while more are written."""
    async with asyncio.timeout(8):
        together = [opened(api) for _ in range(40)]
        streams = [await one.__aenter__() for one in together]
        for _ in range(20):
            await asyncio.to_thread(record, store)
        read = await asyncio.gather(*(stream.events(20) for stream in streams))
        for one in together:
            await one.__aexit__(None, None, None)
    assert all(sequences(events) == list(range(1, 21)) for events in read)


@pytest.mark.parametrize("policy", [StreamPolicy(100, look=0.02, heartbeat=0.05)])
async def test_a_silent_stream_leaves_the_store_alone(api: Api, store: WatchedStore):
    async with opened(api) as stream:
        for _ in range(3):
            await stream.begin()
        assert (stream.beats, store.reads) == (3, 1)
        await asyncio.to_thread(record, store)
        await stream.events(1)
        await stream.begin()
        assert store.reads == 3


async def test_it_counts_for_no_session(api: Api):
    async with opened(api) as stream:
        assert "X-RateLimit-Limit" not in stream.response.headers


@pytest.mark.parametrize("policy", [StreamPolicy(100, heartbeat=0.05)])
async def test_the_heart_beats_in_silence(api: Api):
    async with opened(api) as stream:
        for _ in range(3):
            await stream.begin()
        assert stream.beats == 3


@pytest.mark.parametrize("policy", [StreamPolicy(100, look=0.05)])
class TestItEnds:
    async def test_with_its_token(self, api: Api):
        async with opened(api) as stream:
            api.time = BORN + 900
            assert await stream.is_over()
        api.time = BORN + 900 + 31
        assert (await api.get(A)).status == 401

    async def test_with_its_key(self, api: Api):
        admin = token(scope="wpp:admin")
        key = (await api.post("/api/admin/keys", {"name": "n8n", "scopes": ["read"]}, token=admin)).body
        other = (await api.post("/api/admin/keys", {"name": "outra", "scopes": ["read"]}, token=admin)).body
        async with opened(api, said=key["key"]) as stream, opened(api, said=other["key"]) as stays:
            await api.call("DELETE", f"/api/admin/keys/{key['id']}", token=admin)
            assert await stream.is_over()
            await asyncio.to_thread(record, cast("SqliteStore", api.store))
            assert len(await stays.events(1)) == 1

    async def test_with_its_session(self, api: Api):
        async with opened(api) as stream:
            api.front._statuses.pop("a")
            assert await stream.is_over()

    async def test_with_the_daemon(self, api: Api, store: SqliteStore):
        async with opened(api) as one, opened(api, ALL) as other:
            api.phase = DaemonPhase.DRAINING
            api.drain()
            assert await one.is_over()
            assert await other.is_over()


@pytest.mark.parametrize("policy", [StreamPolicy(100, per_owner=2)])
async def test_there_are_only_so_many_of_one_session(api: Api):
    async with opened(api), opened(api):
        answer = await api.get(A)
        assert (answer.status, answer.body["code"]) == (503, "RESOURCE_LIMIT")
        assert answer.body["details"][0] | {"current": 2, "limit": 2} == answer.body["details"][0]
        async with opened(api, "/api/sessions/b/events/stream"), opened(api, ALL):
            pass

    # Who has gone has left its place, although nothing was written to it since.
    async with asyncio.timeout(5):
        while await status_of(api) != 200:  # noqa: ASYNC110 - of another connection
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("policy", [StreamPolicy(3)])
async def test_there_are_only_so_many_at_all(api: Api):
    async with opened(api), opened(api, "/api/sessions/b/events/stream"), opened(api, ALL):
        answer = await api.get(A)
        assert (answer.status, answer.body["details"][0]["field"]) == (503, "streams")


@pytest.mark.parametrize("policy", [StreamPolicy(100, unread=0.3)])
async def test_a_reader_that_takes_nothing_is_hung_up_on(api: Api, store: SqliteStore):
    large = EventDraft("evt_large", "message_received", 1.0, {"message": {"body": "x" * 8_000_000}})
    reader, writer = await asyncio.open_connection("127.0.0.1", api.port, limit=1024)
    writer.write(f"GET {A} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.token}\r\n\r\n".encode())
    await reader.readuntil(b"id: 0\n")
    await asyncio.to_thread(record, store, "a", large)
    lines = api.log.lines
    await eventually(lambda: [line for line in lines if str(line["details"].get("route")).endswith("stream")])
    writer.close()


async def status_of(api: Api) -> int:
    async with api.http.get(api.base + A, headers={"Authorization": f"Bearer {api.token}"}) as response:
        return response.status
