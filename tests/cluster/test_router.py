"""Two machines, each with Debian's HAProxy as deploy/front/haproxy-cluster.cfg sets it up, and what keeps its tables."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import aiohttp
import pytest

from tests.cluster.certificates import Authority, make_authority
from tests.cluster.haproxy_server import HAProxyServer
from tests.support import eventually
from wppmt.cluster import keys
from wppmt.cluster.etcd import Put
from wppmt.cluster.haproxy import HAProxy, Unanswered
from wppmt.cluster.map_files import MapFiles
from wppmt.cluster.memory import MemoryEtcd
from wppmt.cluster.router import Router
from wppmt.cluster.routing import Tables
from wppmt.cluster.tree import Tree
from wppmt.cluster.values import Home, Machine

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(60),
    pytest.mark.skipif(not shutil.which("haproxy"), reason="haproxy is not installed"),
]
MACHINES = ("m1", "m2")
LOOK_SECONDS = 0.05
MANY = 1000


class Daemon(ThreadingHTTPServer):
    """Says whose it is."""

    daemon_threads = True

    def __init__(self, name: str) -> None:
        said = name.encode()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body in one piece: two would wait 40 ms for each other.
            wbufsize = -1

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None: ...

        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, *_: object) -> None:
        """HAProxy dies in these tests."""


@dataclass
class Place:
    """Both machines, their HAProxies, and one view of etcd."""

    haproxies: dict[str, HAProxyServer]
    etcd: MemoryEtcd
    said: list[str] = field(default_factory=list)
    http: aiohttp.ClientSession = field(default_factory=aiohttp.ClientSession)

    def router(self, name: str) -> Router:
        one = self.haproxies[name]
        return Router(self.etcd, MapFiles(one.maps), HAProxy(one.socket), self.said.append, LOOK_SECONDS)

    @asynccontextmanager
    async def routing(self, name: str = "m1") -> AsyncIterator[None]:
        """What keeps this machine's HAProxy runs while the block does."""
        router = self.router(name)
        router.begin()
        task = asyncio.create_task(router.run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def live(self, name: str, places: int = 10, used: int = 0) -> None:
        value = Machine(url=self.haproxies[name].url, places=places, used=used)
        await self.put(keys.machine(name), value.dump())

    async def own(self, session: str, machine: str) -> None:
        home = Home(machine=machine, url=self.haproxies[machine].url)
        await self.put(keys.home(session), home.dump())

    async def put(self, key: str, value: str) -> None:
        """By somebody who still reaches etcd."""
        await MemoryEtcd(time.monotonic, self.etcd.tree).commit([], [Put(key, value)])

    async def ask(self, path: str, through: str = "m1") -> tuple[int, str]:
        url = f"https://127.0.0.1:{self.haproxies[through].port}{path}"
        async with self.http.get(url, ssl=False) as answer:
            return answer.status, await answer.text()

    async def goes(self, session: str, machine: str, through: str = "m1") -> None:
        """Soon."""
        async with asyncio.timeout(10):
            for _ in itertools.count():
                if await self.ask(f"/api/sessions/{session}/status", through) == (200, machine):
                    return
                await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def daemons() -> Iterator[dict[str, int]]:
    """Their ports."""
    servers = {name: Daemon(name) for name in MACHINES}
    for server in servers.values():
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {name: server.server_port for name, server in servers.items()}
    for server in servers.values():
        server.shutdown()
        server.server_close()


@pytest.fixture
async def place(tmp_path: Path, authority: Authority, daemons: dict[str, int]) -> AsyncIterator[Place]:
    with ExitStack() as down:
        haproxies = {}
        for name in MACHINES:
            one = HAProxyServer(tmp_path / name, name, daemons[name], authority)
            # Nothing is known yet.
            MapFiles(one.maps).write(MapFiles(one.maps).read())
            haproxies[name] = down.enter_context(one)
        made = Place(haproxies, MemoryEtcd(time.monotonic, Tree()))
        yield made
        await made.http.close()


async def test_a_session_s_requests_go_to_its_machine_wherever_they_come_in(place: Place):
    for name in MACHINES:
        await place.live(name)
        await place.own(f"loja-{name}", name)
    async with place.routing("m1"), place.routing("m2"):
        for through in MACHINES:
            for name in MACHINES:
                await place.goes(f"loja-{name}", name, through)
                for path in (
                    f"/api/admin/sessions/loja-{name}/move",
                    f"/api/sessions/loja%2D{name}",
                    f"/api/sessions/loja-{name}?x=1",
                ):
                    assert await place.ask(path, through) == (200, name)


async def test_a_move_turns_the_route_and_no_request_fails(place: Place):
    for name in MACHINES:
        await place.live(name)
    await place.own("loja", "m1")
    answers, over = [], asyncio.Event()

    async def keep_asking() -> None:
        while not over.is_set():
            answers.append(await place.ask("/api/sessions/loja/status"))

    async with place.routing():
        await place.goes("loja", "m1")
        asking = asyncio.create_task(keep_asking())
        for number in range(10):
            machine = MACHINES[(number + 1) % 2]
            await place.own("loja", machine)
            await place.goes("loja", machine)
        over.set()
        await asking
    assert {status for status, _ in answers} == {200}
    assert {name for _, name in answers} == set(MACHINES)


async def test_what_is_of_no_session_goes_where_there_is_room_and_not_where_is_drained(place: Place):
    await place.live("m1", used=10)
    await place.live("m2")
    async with place.routing():
        await place.goes("nova", "m2")
        assert {(await place.ask("/api/sessions"))[1] for _ in range(30)} == {"m2"}
        await place.put(keys.drain("m2"), "")
        await place.goes("nova", "m1")
        assert {(await place.ask("/api/sessions"))[1] for _ in range(30)} == {"m1"}


async def test_a_pairing_link_is_known_by_the_machine_that_its_url_names(place: Place):
    await place.live("m1", used=10)
    await place.live("m2")
    async with place.routing():
        await place.goes("nova", "m2")
        for path in ("/pair/secret", "/pair/secret/status", "/p%61ir/secret"):
            assert {await place.ask(path) for _ in range(10)} == {(200, "m1")}


async def test_a_haproxy_that_starts_anew_finds_its_routes_and_hears_of_further_ones(place: Place):
    for name in MACHINES:
        await place.live(name)
    await place.own("loja", "m2")
    async with place.routing():
        await place.goes("loja", "m2")
        haproxy = place.haproxies["m1"]
        haproxy.stop()
        await place.own("outra", "m2")
        await eventually(lambda: "outra m2" in (haproxy.maps / "owners.map").read_text())
        await eventually(lambda: any("não responde em" in line for line in place.said))
        haproxy.start()
        assert await place.ask("/api/sessions/loja/status") == (200, "m2")
        await place.own("loja", "m1")
        await place.goes("loja", "m1")
        await place.goes("outra", "m2")
        # A route may turn before it is said.
        await eventually(lambda: "HAProxy: de novo em ordem" in place.said)


async def test_a_haproxy_that_read_older_files_is_brought_in_step_once_it_is_seen_to_be_another(place: Place):
    haproxy = place.haproxies["m1"]
    owners = str(haproxy.maps / "owners.map")
    told, wanted = HAProxy(haproxy.socket), {owners: {"loja": "m1", "outra": "m2"}}
    assert await told.keep(wanted)
    assert not await told.keep(wanted)
    haproxy.stop()
    MapFiles(haproxy.maps).write(Tables(owners={"loja": "m2", "velha": "m1"}))
    haproxy.start()
    assert await told.keep(wanted)
    shown = {tuple(line.split()[1:]) for line in haproxy.ask(f"show map {owners}").splitlines() if line}
    assert shown == set(wanted[owners].items())


async def test_a_socket_that_is_no_haproxy_s_and_a_table_that_it_does_not_use_are_told_apart(place: Place):
    haproxy = place.haproxies["m1"]
    with pytest.raises(Unanswered, match="confira os map_str"):
        await HAProxy(haproxy.socket).keep({"/nowhere.map": {}})
    with pytest.raises(Unanswered, match=r"não responde em .* \(arquivo ou pasta não existe\)"):
        await HAProxy(haproxy.folder / "none").keep({})


async def test_without_etcd_the_routes_stay_also_of_who_starts_then(place: Place):
    await place.live("m1")
    await place.live("m2")
    await place.own("loja", "m2")
    async with place.routing():
        await place.goes("loja", "m2")
        place.etcd.is_reachable = False
        await place.own("loja", "m1")
        await eventually(lambda: any("etcd não responde" in line for line in place.said))
        assert await place.ask("/api/sessions/loja/status") == (200, "m2")
    async with place.routing():
        await eventually(lambda: place.said[-1].startswith("HAProxy em dia"))
        assert await place.ask("/api/sessions/loja/status") == (200, "m2")
        place.etcd.is_reachable = True
        await place.goes("loja", "m1")


async def test_a_machine_that_lost_its_lease_still_gets_its_sessions_requests(place: Place):
    """Without failover it serves on."""
    await place.live("m1")
    await place.own("loja", "m2")
    async with place.routing():
        await place.goes("loja", "m2")


async def test_a_machine_that_is_gone_is_told_of_at_once_and_in_the_form_of_the_api(place: Place):
    for name in MACHINES:
        await place.live(name)
    await place.own("loja", "m2")
    async with place.routing():
        await place.goes("loja", "m2")
        place.haproxies["m2"].stop()
        began = time.monotonic()
        url = f"https://127.0.0.1:{place.haproxies['m1'].port}/api/sessions/loja/status"
        async with place.http.get(url, ssl=False) as answer:
            told = await answer.json()
            assert (answer.status, told["code"], answer.headers["Retry-After"]) == (503, "MACHINE_LOST", "2")
        assert time.monotonic() - began < 3


async def test_nobody_known_is_told_in_the_form_of_the_api(place: Place):
    status, told = await place.ask("/api/sessions/loja/status")
    assert status == 503
    assert '"code":"MACHINE_LOST"' in told


async def test_what_somebody_else_took_out_comes_back(place: Place):
    await place.live("m1")
    await place.live("m2")
    await place.own("loja", "m2")
    async with place.routing():
        await place.goes("loja", "m2")
        haproxy = place.haproxies["m1"]
        assert not haproxy.ask(f"clear map {haproxy.maps}/owners.map").strip()
        await place.goes("loja", "m2")


async def test_between_machines_only_certificates_of_the_cluster_pass_each_for_its_name(place: Place):
    await place.live("m1")
    await place.live("m2")
    await place.own("loja", "m2")
    # Says that it is m2, and is m1: its certificate is good, and not m2's.
    liar = Machine(url=place.haproxies["m1"].url, places=10)
    await place.put(keys.machine("m2"), liar.dump())
    async with place.routing():
        await eventually(
            lambda: (
                "loja m2"
                in place.haproxies["m1"].ask("show map " + str(place.haproxies["m1"].maps / "owners.map"))
            )
        )
        status, told = await place.ask("/api/sessions/loja/status")
        assert (status, "MACHINE_LOST" in told) == (503, True)
        await place.live("m2")
        await place.goes("loja", "m2")
    with pytest.raises(aiohttp.ClientError):
        async with place.http.get(f"{place.haproxies['m2'].url}/api/health", ssl=False) as answer:
            await answer.read()


async def test_many_at_once(place: Place):
    """More than fit into one line of its runtime interface."""
    await place.live("m1")
    await place.live("m2")
    async with place.routing():
        other = MemoryEtcd(time.monotonic, place.etcd.tree)
        for begin in range(0, MANY, 100):
            homes = [
                Put(keys.home(f"loja-{number}"), Home(machine=MACHINES[number % 2]).dump())
                for number in range(begin, begin + 100)
            ]
            await other.commit([], homes)
        haproxy = place.haproxies["m1"]
        await eventually(lambda: haproxy.ask(f"show map {haproxy.maps}/owners.map").count("loja-") == MANY)
        for number in (0, 1, MANY - 1):
            await place.goes(f"loja-{number}", MACHINES[number % 2])
