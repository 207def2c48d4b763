"""The run: machines join, claim their sessions, go on for a while, and a tenth of them die."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.bench.cluster.fleet import Fleet, SimulatedMachine, Times, at_most
from tests.bench.cluster.meters import Meter, Usage
from tests.bench.cluster.witness import Witness
from tests.cluster.etcd_server import EtcdServers
from wppmt.cluster.client import EtcdClient
from wppmt.cluster.etcd import Put, Unavailable
from wppmt.cluster.leader import Leader, Terms, commits, election
from wppmt.cluster.view import View

DEAD_SHARE = 10
STEADY_SECONDS, LOOK_SECONDS, LIMIT_SECONDS = 20.0, 0.5, 120.0
JOINS_AT_ONCE, CLAIMS_AT_ONCE = 50, 8
FAN_OUT_PUTS = 300


@dataclass(frozen=True, slots=True)
class Size:
    machines: int
    sessions: int
    """Of each machine."""
    watchers: int
    """Daemons that watch everything, each on a connection of its own."""


@dataclass
class Result:
    """Times in seconds."""

    join: float = 0.0
    claim: float = 0.0
    steady: Times = field(default_factory=Times)
    failing: Times = field(default_factory=Times)
    owned_again: list[float] = field(default_factory=list)
    """From a machine's last renewal to each of its sessions' new owner."""
    never: int = 0
    placements: list[float] = field(default_factory=list)
    fan_out: list[float] = field(default_factory=list)
    """From a commit to the last of the watchers that heard of it."""
    doubles: list[str] = field(default_factory=list)
    steady_usage: Usage = field(default_factory=Usage)
    failing_usage: Usage = field(default_factory=Usage)
    fan_out_usage: Usage = field(default_factory=Usage)


async def run(size: Size, servers: EtcdServers) -> Result:
    result, clients = Result(), _clients(servers)
    machines = {
        f"m{n:04}": SimulatedMachine(
            f"m{n:04}", clients[n % len(clients)], size.sessions * 5 // 4, result.steady
        )
        for n in range(size.machines)
    }
    fleet = Fleet(machines, View())
    witness = Witness(fleet.view, fleet.goal_changed)
    async with _looking(witness, clients[0]):
        await _build(size, fleet, result)
        with Meter(servers) as meter:
            await asyncio.sleep(STEADY_SECONDS)
        result.steady_usage = meter.usage
        for machine in machines.values():
            machine.times = result.failing
        with Meter(servers) as meter:
            await _die(size, fleet, witness, result)
        result.failing_usage = meter.usage
        with Meter(servers) as meter:
            await _fan_out(size, servers, result)
        result.fan_out_usage = meter.usage
    await fleet.stop()
    result.doubles = witness.doubles
    for client in clients:
        await client.close()
    return result


def _clients(servers: EtcdServers) -> list[EtcdClient]:
    """One for each member, to begin with."""
    urls = servers.endpoints
    return [EtcdClient(urls[n:] + urls[:n]) for n in range(len(urls))]


@asynccontextmanager
async def _looking(witness: Witness, etcd: EtcdClient) -> AsyncIterator[None]:
    looking = asyncio.create_task(witness.look(etcd))
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _build(size: Size, fleet: Fleet, result: Result) -> None:
    began = time.monotonic()
    await at_most(JOINS_AT_ONCE, (machine.join() for machine in fleet.machines.values()))
    result.join = time.monotonic() - began
    _progress(f"{size.machines} machines joined in {result.join:.1f} s")
    began = time.monotonic()
    claims = (machine.claim(_sessions(machine, size)) for machine in fleet.machines.values())
    await at_most(CLAIMS_AT_ONCE, claims)
    result.claim = time.monotonic() - began
    result.steady.commits.clear()
    _progress(f"{size.machines * size.sessions} sessions claimed in {result.claim:.1f} s")


def _sessions(machine: SimulatedMachine, size: Size) -> list[str]:
    """Those that it has at first."""
    return [f"{machine.name}-{n}" for n in range(size.sessions)]


async def _die(size: Size, fleet: Fleet, witness: Witness, result: Result) -> None:
    dead = list(fleet.machines.values())[::DEAD_SHARE]
    lost = {session: machine for machine in dead for session in _sessions(machine, size)}
    for machine in dead:
        machine.die()
    leader = next(one for one in fleet.machines.values() if not one.died_at)
    wanted = election(leader.name, leader.lease)
    await leader.etcd.commit(wanted.compares, wanted.operations)
    mind = Leader(Terms(failover=True, failover_seconds=0.0))
    end = time.monotonic() + LIMIT_SECONDS
    while _homeless(fleet, lost) and time.monotonic() < end:
        await _lead(mind, fleet.view, leader, result)
        await asyncio.sleep(LOOK_SECONDS)
    await fleet.settle()
    result.never = len(_homeless(fleet, lost))
    result.owned_again = [
        witness.owned_at[session] - machine.died_at
        for session, machine in lost.items()
        if session in witness.owned_at
    ]
    _progress(f"{len(result.owned_again)} of {len(lost)} sessions have an owner again")


def _homeless(fleet: Fleet, lost: dict[str, SimulatedMachine]) -> list[str]:
    owners = {session: fleet.view.ownership(session) for session in lost}
    return [session for session, one in owners.items() if one.owner in {"", lost[session].name}]


async def _lead(mind: Leader, view: View, leader: SimulatedMachine, result: Result) -> None:
    began = time.perf_counter()
    decision = mind.look(view, time.monotonic())
    wanted = list(commits(decision, view))
    result.placements.append(time.perf_counter() - began)
    for one in wanted:
        try:
            await leader.etcd.commit(one.compares, one.operations)
        except Unavailable:
            return


async def _fan_out(size: Size, servers: EtcdServers, result: Result) -> None:
    """What it costs that each daemon watches everything."""
    clients = [client for _ in range(-(-size.watchers // 3)) for client in _clients(servers)][: size.watchers]
    heard: dict[int, list[float]] = {}
    before = (await clients[0].read("/fan-out")).revision

    async def watch(client: EtcdClient) -> None:
        async for changes in client.watch("/fan-out", before):
            for change in changes:
                heard.setdefault(change.revision, []).append(time.monotonic())

    watching = [asyncio.create_task(watch(client)) for client in clients]
    sent = {}
    for n in range(FAN_OUT_PUTS):
        began = time.monotonic()
        done = await clients[0].commit([], [Put("/fan-out", str(n) * 100)])
        sent[done.revision] = began
    end = time.monotonic() + 30
    while any(len(heard.get(one, ())) < len(clients) for one in sent) and time.monotonic() < end:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    result.fan_out = [
        max(heard[one]) - at for one, at in sent.items() if len(heard.get(one, ())) == len(clients)
    ]
    for client in clients:
        await client.close()


_began = time.monotonic()


def _progress(step: str) -> None:
    print(f"{time.monotonic() - _began:6.1f} s  {step}", file=sys.stderr, flush=True)  # noqa: T201 - for who waits
