"""Three etcd, three machines, the phones' world and the customers: everything of one run, on this computer."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from tests.chaos.ground import customer, end_all, simulator
from tests.chaos.history import Recorder
from tests.chaos.observe import WORLD_SECONDS, Loop, World, note_webhook
from tests.chaos.traffic import Traffic
from tests.chaos.watch import Watch, read_command
from tests.cluster.certificates import make_authority
from tests.cluster.demo.machine import Machine
from tests.cluster.demo.owners import Owners
from tests.cluster.etcd_server import EtcdServers, etcd_servers
from tests.support import wait_until
from tests.system.api import Answer, Api
from tests.system.daemon import GONE_SECONDS, Daemon
from tests.system.receiver import Receiver
from tests.system.tenant import Tenant
from wppmt.simulator.client import Simulator

LOOK_SECONDS = 0.25
ELSEWHERE = {421, 502, 503, 504}
"""Answers after which a client asks again, with the same key."""


class Entrance(Api):
    """The API as customers reach it: by TLS, through the HAProxy of one machine, which knows where each session is."""

    def __init__(self, port: int, secret: str, ca: Path) -> None:
        super().__init__(port, secret)
        self.url = f"https://localhost:{port}"
        self._pool = urllib3.PoolManager(
            maxsize=64, retries=False, timeout=urllib3.Timeout(120), ca_certs=str(ca)
        )


class Patient(Traffic):
    """Of clients that follow docs/escala.md: a session that is on its way, or whose machine is away, is asked again."""

    @staticmethod
    def asks_again(answer: Answer) -> bool:
        return answer.status in ELSEWHERE or Traffic.asks_again(answer)


class OnMachine(Recorder):
    """Writes where another does, and says on which machine it was seen."""

    def __init__(self, recorder: Recorder, machine: str) -> None:
        self._recorder = recorder
        self._machine = machine

    def add(self, kind: str, /, t: float | None = None, **fields: Any) -> None:
        self._recorder.add(kind, t, machine=self._machine, **fields)

    def close(self) -> None: ...


class Whole(Daemon):
    """The cluster as a tenant sees it: one API, one world of phones, wherever its session is."""

    def __init__(self, folder: Path, machines: Sequence[Machine], api: Api, phones: Simulator) -> None:
        super().__init__(folder)
        self.api = api
        self.phones = phones
        self._machines = machines

    def log(self) -> list[dict[str, Any]]:
        return [line for machine in self._machines for line in machine.daemon.log()]


@dataclass(slots=True)
class Cluster:
    """See `cluster`; as `tests.chaos.closing.Place`."""

    recorder: Recorder
    etcd: EtcdServers
    machines: Sequence[Machine]
    api: Api
    phones: Simulator
    receiver: Receiver
    watches: Mapping[str, Watch]
    tenants: Sequence[Tenant]
    traffic: Traffic
    states: dict[str, str]

    def machine(self, name: str) -> Machine:
        return next(one for one in self.machines if one.name == name)

    def start(self, machine: Machine) -> None:
        machine.start()
        self.watches[machine.name].follow(machine.daemon.pid)

    def where(self) -> dict[str, str]:
        """Each session's machine: which shows it."""
        return {session: one.name for one in self.machines for session in one.shown()}

    def look(self) -> None:
        """Notes each session's state when it changes, whichever machine shows it."""
        shown: dict[str, str] = {}
        for machine in self.machines:
            shown |= machine.shown()
        for tenant, status in shown.items():
            if self.states.get(tenant) != status:
                self.recorder.add("state", tenant=tenant, status=status)
        self.states.clear()
        self.states.update(shown)

    def are_connected(self) -> bool:
        return all(self.states.get(one.name) == "connected" for one in self.tenants)

    def pending(self) -> int:
        return sum(int(one.daemon.api.get("/api/health")["webhooks"]["pending"]) for one in self.machines)

    def note_leftovers(self) -> None:
        """Whoever still runs some seconds after the end."""
        for name, watch in self.watches.items():
            until = time.monotonic() + GONE_SECONDS
            while (left := watch.alive()) and time.monotonic() < until:
                time.sleep(0.05)
            for pid in left:
                self.recorder.add("left", pid=pid, machine=name, command=" ".join(read_command(pid)))


@contextmanager
def cluster(
    folder: Path, recorder: Recorder, names: Sequence[str], sessions: Sequence[str], **environ: str
) -> Iterator[Cluster]:
    """All up but the sessions; nothing of it runs on when the block ends, whatever happens."""
    with ExitStack() as down:
        authority = make_authority(folder / "ca")
        (folder / "etcd").mkdir()
        etcd = down.enter_context(etcd_servers(folder / "etcd", 3, authority))
        phones, page_port = down.enter_context(simulator(folder / "world"))
        receiver = down.enter_context(Receiver(lambda arrival: note_webhook(recorder, arrival)))
        shared = {
            "WPP_SECRET": secrets.token_hex(32),
            "WPP_ARCHIVE_KEY": secrets.token_hex(32),
            # With few places three sessions are a load that the leader would spread.
            "WPP_MAX_SESSIONS": "50",
            "WPP_SIMULATOR": "external",
            "WPP_SIMULATOR_PORT": phones.url.rpartition(":")[2],
            "WPP_SIMULATOR_PAGE_PORT": str(page_port),
            "WPP_EGRESS_ALLOW": receiver.sink.target,
            **environ,
        }
        machines = [Machine(folder / name, name, authority, etcd.endpoints, **shared) for name in names]
        watches = {}
        for one in machines:
            down.callback(one.end)
            tokens = Path(one.daemon.environ["WPP_TOKENS_DIR"])
            watch = Watch(one.folder, tokens, OnMachine(recorder, one.name))
            watches[one.name] = down.enter_context(watch)
            down.callback(end_all, watch)
        api = Entrance(machines[0].haproxy.port, shared["WPP_SECRET"], authority.file)
        whole = Whole(folder / "whole", machines, api, phones)
        tenants = [Tenant(whole, receiver, name) for name in sessions]
        traffic = Patient(api, phones, recorder, [customer(tenant) for tenant in tenants])
        down.callback(traffic.abandon)
        made = Cluster(recorder, etcd, machines, api, phones, receiver, watches, tenants, traffic, states={})
        _start_all(made)
        down.enter_context(Loop("states", made.look, LOOK_SECONDS))
        down.enter_context(Loop("world", World(phones, recorder).look, WORLD_SECONDS))
        down.enter_context(Loop("owners", Owners(etcd, recorder).look, LOOK_SECONDS))
        yield made


def _start_all(made: Cluster) -> None:
    """Side by side, as machines do."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(made.start, made.machines))
    # Its own tables may be older than the last machine.
    entrance = made.machines[0].haproxy
    wait_until(
        lambda: all(one.name in (entrance.maps / "draws.map").read_text() for one in made.machines), 60.0
    )
