"""Machines that take turns in leading, on one etcd in memory."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from wppmt.cluster import keys
from wppmt.cluster.etcd import Put
from wppmt.cluster.leader import Terms
from wppmt.cluster.leading import Leading
from wppmt.cluster.memory import MemoryEtcd
from wppmt.cluster.scaling import Advice, Places
from wppmt.cluster.tree import Tree
from wppmt.cluster.values import Home, Machine
from wppmt.cluster.view import View


@dataclass
class Ground:
    tree: Tree = field(default_factory=Tree)
    told: list[tuple[str, Advice]] = field(default_factory=list)
    leases: dict[str, int] = field(default_factory=dict)

    def machine(self, name: str) -> Leading:
        lease = self.leases[name] = self.tree.grant(1e9, 0.0)
        value = Machine(url=f"https://{name}", peer=f"https://{name}:1", places=10)
        self.tree.commit([], [Put(keys.machine(name), value.dump(), lease)], 0.0)

        async def told(advice: Advice, _: Places) -> None:
            self.told.append((name, advice))

        return Leading(
            machine=name, etcd=MemoryEtcd(lambda: 0.0, self.tree), view=View(), lease=lambda: self.leases[name],
            terms=Terms(), now=lambda: 0.0, log=lambda *_, **__: None, told=told,
        )  # fmt: skip

    async def look(self, *machines: Leading) -> None:
        for one in machines:
            one.view.reset(self.tree.read(keys.PREFIX, 0.0))
            await one.look()
        await asyncio.sleep(0)


async def test_one_leads_and_when_it_is_gone_another_one_does():
    ground = Ground()
    first, second = ground.machine("m1"), ground.machine("m2")
    await ground.look(first, second)
    await ground.look(first, second)
    assert (first.places, second.places) == (Places(20, 20, 10, 2), None)
    assert ground.told == [("m1", Advice.ENOUGH)]
    ground.tree.revoke(ground.leases["m1"], 0.0)
    ground.leases["m1"] = 0
    await ground.look(first, second)
    await ground.look(first, second)
    assert (first.places, second.places) == (None, Places(10, 10, 10, 1))
    assert ground.told == [("m1", Advice.ENOUGH), ("m2", Advice.ENOUGH)]


async def test_without_a_lease_nobody_leads():
    ground = Ground()
    machine = ground.machine("m1")
    ground.leases["m1"] = 0
    await ground.look(machine)
    await ground.look(machine)
    assert machine.view.leader == ""
    assert not ground.told


async def test_who_leads_writes_goals_and_another_one_does_not():
    ground = Ground()
    first, second = ground.machine("m1"), ground.machine("m2")
    await ground.look(first, second)
    ground.tree.commit([], [Put(keys.home("loja"), Home(machine="m1").dump())], 0.0)
    ground.tree.commit([], [Put(keys.drain("m1"), "{}")], 0.0)
    await ground.look(second)
    assert not second.view.goals
    await ground.look(first, second)
    assert second.view.goals["loja"].value.machine == "m2"


async def test_a_command_that_takes_long_keeps_nobody_from_leading_and_ends_with_it():
    ground, told, ended = Ground(), asyncio.Event(), asyncio.Event()

    async def slowly(_: Advice, __: Places) -> None:
        told.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    machine, _ = ground.machine("m1"), ground.machine("m2")
    machine.told, machine.look_seconds = slowly, 0.001
    await ground.look(machine)
    await ground.look(machine)
    assert told.is_set()
    ground.tree.commit([], [Put(keys.home("loja"), Home(machine="m1").dump())], 0.0)
    ground.tree.commit([], [Put(keys.drain("m1"), "{}")], 0.0)
    async with asyncio.timeout(5):
        await ground.look(machine, machine)
    assert machine.view.goals["loja"].value.machine == "m2"
    running = asyncio.create_task(machine.run())
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert ended.is_set()
