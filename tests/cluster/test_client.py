"""The client of a real etcd, whose members come and go."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from tests.cluster.certificates import make_authority
from tests.cluster.etcd_server import START_SECONDS, EtcdServers, Member, client_context, etcd_servers
from tests.support import free_port, wait_until
from wppmt.cluster.client import EtcdClient
from wppmt.cluster.etcd import CreateRevision, Put, Unavailable

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EtcdServers]:
    with etcd_servers(tmp_path_factory.mktemp("three"), 3) as servers:
        yield servers


@pytest.fixture
async def client(three: EtcdServers) -> AsyncIterator[EtcdClient]:
    made = EtcdClient(three.endpoints)
    yield made
    await made.close()


def bring_back(three: EtcdServers, *members: Member) -> None:
    for member in members:
        member.start()
    for member in members:
        wait_until(lambda member=member: three.is_healthy(member), START_SECONDS)  # type: ignore[misc]


async def committed(client: EtcdClient, key: str, limit: float = 10.0) -> None:
    """Once a leader is there again."""
    end = time.monotonic() + limit
    while True:
        try:
            assert (await client.commit([], [Put(key, "x")])).succeeded
        except Unavailable:
            assert time.monotonic() < end
        else:
            return


async def test_another_member_answers_for_one_that_is_killed(three: EtcdServers, client: EtcdClient) -> None:
    lease = await client.grant(60)
    dead = three.members[0]
    dead.kill()
    await committed(client, "/killed")
    await client.renew(lease)
    assert (await client.read("/killed")).entries
    bring_back(three, dead)


async def test_another_member_answers_for_one_that_is_frozen(three: EtcdServers, client: EtcdClient) -> None:
    lease = await client.grant(60)
    frozen = next(one for one in three.members if one.url == three.endpoints[0])
    frozen.freeze()
    try:
        began = time.monotonic()
        await client.renew(lease)
        assert time.monotonic() - began < 5
        await committed(client, "/frozen")
    finally:
        frozen.thaw()
    wait_until(lambda: three.is_healthy(frozen), START_SECONDS)


async def test_a_watch_goes_over_to_another_member(three: EtcdServers, client: EtcdClient) -> None:
    before = (await client.read("/watched")).revision
    async with aclosing(client.watch("/watched", before)) as changes:
        await client.commit([], [Put("/watched/1", "")])
        assert [change.key for change in await anext(changes)] == ["/watched/1"]
        dead = three.members[0]
        dead.kill()
        await committed(client, "/watched/2")
        assert [change.key for change in await asyncio.wait_for(anext(changes), 15)] == ["/watched/2"]
    bring_back(three, dead)


async def test_without_quorum_all_is_unavailable_and_comes_back(
    three: EtcdServers, client: EtcdClient
) -> None:
    lease = await client.grant(60)
    await client.commit([], [Put("/quorum", "x", lease)])
    before = (await client.read("/quorum")).revision
    watch = client.watch("/quorum", before)
    ending = asyncio.ensure_future(anext(watch))
    dead = three.members[:2]
    for member in dead:
        member.kill()
    for asked in (client.read("/quorum"), client.renew(lease), client.commit([], [Put("/quorum", "y")])):
        with pytest.raises(Unavailable):
            await asked
    with pytest.raises(Unavailable):
        await asyncio.wait_for(ending, 30)
    bring_back(three, *dead)
    await client.renew(lease)
    assert [entry.lease for entry in (await client.read("/quorum")).entries] == [lease]


async def test_with_certificates_and_never_without(tmp_path: Path) -> None:
    authority = make_authority(tmp_path / "ca")
    with etcd_servers(tmp_path, 1, authority) as servers:
        client = EtcdClient(servers.endpoints, client_context(authority, authority.certify("machine")))
        lease = await client.grant(60)
        done = await client.commit([CreateRevision("/tls", 0)], [Put("/tls", "x", lease)])
        async with aclosing(client.watch("/tls", done.revision - 1)) as changes:
            assert [change.key for change in await asyncio.wait_for(anext(changes), 5)] == ["/tls"]
        await client.renew(lease)
        await client.close()
        stranger = make_authority(tmp_path / "other")
        for context in (
            client_context(authority, None),
            client_context(authority, stranger.certify("machine")),
            client_context(stranger, authority.certify("again")),
        ):
            refused = EtcdClient(servers.endpoints, context)
            with pytest.raises(Unavailable):
                await refused.read("/tls")
            await refused.close()


async def test_a_full_etcd_takes_nothing_and_still_says_what_it_has(tmp_path: Path) -> None:
    with etcd_servers(tmp_path, 1, more=["--quota-backend-bytes=200000"]) as servers:
        client = EtcdClient(servers.endpoints)
        lease = await client.grant(60)
        with pytest.raises(Unavailable, match="space"):
            for n in range(100):
                await client.commit([], [Put(f"/full/{n}", "x" * 10_000, lease)])
        assert (await client.read("/full")).entries
        await client.renew(lease)
        await client.close()


@asynccontextmanager
async def deaf() -> AsyncIterator[tuple[str, list[str]]]:
    """It takes every request, and ends the connection instead of an answer. Its URL, and what was asked."""
    asked: list[str] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        assert request.transport
        request.transport.close()
        return web.Response()

    app = web.Application()
    app.router.add_post("/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}", asked
    finally:
        await runner.cleanup()


async def test_a_commit_that_may_have_arrived_is_not_sent_again(server: EtcdServers) -> None:
    async with deaf() as (url, asked):
        client = EtcdClient([url, *server.endpoints])
        with pytest.raises(Unavailable):
            await client.commit([CreateRevision("/twice", 0)], [Put("/twice", "x")])
        assert asked == ["/v3/kv/txn"]
        assert (await client.read("/twice")).entries == ()
        await client.close()


async def test_a_question_is_asked_again_elsewhere(server: EtcdServers) -> None:
    async with deaf() as (url, asked):
        client = EtcdClient([url, *server.endpoints])
        assert (await client.read("/nothing")).entries == ()
        assert asked == ["/v3/kv/range"]
        await client.close()


async def test_a_commit_goes_to_another_member_where_nobody_listens(server: EtcdServers) -> None:
    client = EtcdClient([f"http://127.0.0.1:{free_port()}", *server.endpoints])
    assert (await client.commit([], [Put("/elsewhere", "x")])).succeeded
    await client.close()
