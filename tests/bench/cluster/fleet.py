"""Machines without browsers: the lease, the claims and the take-overs of the real thing, with its minds, on a real etcd."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from wppmt.cluster import keys, membership, ownership
from wppmt.cluster.etcd import Committed, Delete, Etcd, LeaseGone, ModRevision, Unavailable
from wppmt.cluster.membership import RENEW_SECONDS, TTL
from wppmt.cluster.ownership import Transaction
from wppmt.cluster.values import Goal, Home, Machine, Why
from wppmt.cluster.view import View

T = TypeVar("T")
AGAIN_SECONDS = 0.2


class TooBusy(Exception):
    """A lease ran out while its machine lived: this computer has too much else to do for a measurement."""


@dataclass
class Times:
    """Seconds of single calls to etcd, and how many had no answer."""

    renewals: list[float] = field(default_factory=list)
    commits: list[float] = field(default_factory=list)
    unanswered: int = 0
    leases_lost: int = 0


@dataclass
class SimulatedMachine:
    name: str
    etcd: Etcd
    places: int
    times: Times
    lease: int = 0
    died_at: float = 0.0
    """When its last renewal was sent; 0: it lives."""
    renewed_at: float = 0.0
    renewing: asyncio.Task[None] | None = None

    async def join(self) -> None:
        value = Machine(url=f"https://{self.name}", peer=f"https://{self.name}:8444", places=self.places)
        while not self.lease:
            with suppress(Unavailable):
                self.lease = await self.etcd.grant(TTL)
        await self._surely(membership.register(self.name, value, self.lease), keys.machine(self.name))
        self.renewing = asyncio.create_task(self._renew())

    def die(self) -> None:
        assert self.renewing
        self.renewing.cancel()
        self.died_at = self.renewed_at

    async def claim(self, sessions: Sequence[str]) -> None:
        """All in one commit, to be ready soon; a daemon claims each as it starts."""
        home = Home(machine=self.name, fences=True)
        claims = [ownership.claim(session, home, self.lease) for session in sessions]
        await self._surely(_together(claims), keys.owner(sessions[0]))

    async def _surely(self, wanted: Transaction, key: str) -> None:
        """Until it is done, also where nobody said so; `key` is then on the lease."""
        while True:
            with suppress(Unavailable):
                await self._commit(wanted)
                found = (await self.etcd.read(key)).entries
                if [entry.lease for entry in found if entry.key == key] != [self.lease]:
                    raise TooBusy
                return

    async def take_up(self, session: str, view: View) -> None:
        """As the goal says: the session of a machine that is lost. Its archive would be restored between the two commits."""
        while (aim := view.goals.get(session)) and aim.value.machine == self.name:
            with suppress(Unavailable):
                held = ownership.held(await self.etcd.read(keys.session(session)), session)
                home = Home.parse(held.home.value) if held.home else None
                if held.home and home and home.machine != self.name:
                    wanted = ownership.fail_over(
                        session, held.home, home.machine, Home(machine=self.name, fences=True), self.lease
                    )
                    await self._commit(wanted)
                    continue
                over = Transaction(
                    [ModRevision(keys.goal(session), aim.revision)], [Delete(keys.goal(session))]
                )
                if (await self._commit(over)).succeeded:
                    return
            await asyncio.sleep(AGAIN_SECONDS)

    async def _commit(self, wanted: Transaction) -> Committed:
        return await self._timed(
            self.times.commits, lambda: self.etcd.commit(wanted.compares, wanted.operations)
        )

    async def _renew(self) -> None:
        while True:
            sent = time.monotonic()
            with suppress(Unavailable):
                try:
                    await self._timed(self.times.renewals, lambda: self.etcd.renew(self.lease))
                except LeaseGone:
                    self.times.leases_lost += 1
                    return
                self.renewed_at = sent
            await asyncio.sleep(RENEW_SECONDS)

    async def _timed(self, times: list[float], call: Callable[[], Awaitable[T]]) -> T:
        began = time.perf_counter()
        try:
            return await call()
        except Unavailable:
            self.times.unanswered += 1
            raise
        finally:
            times.append(time.perf_counter() - began)


@dataclass
class Fleet:
    machines: dict[str, SimulatedMachine]
    view: View
    """Kept by the witness: one watch for all, where each daemon has its own (see `fan_out`)."""
    _busy: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def _take_up(self, target: SimulatedMachine, session: str) -> None:
        with suppress(LeaseGone):  # the leader will find another one
            await target.take_up(session, self.view)

    def goal_changed(self, session: str, goal: Goal | None) -> None:
        if goal and goal.why is Why.LOST and session not in self._busy:
            target = self.machines[goal.machine]
            if target.died_at:
                return  # the leader does not know yet
            task = asyncio.create_task(self._take_up(target, session))
            self._busy[session] = task
            task.add_done_callback(lambda _: self._busy.pop(session, None))

    async def stop(self) -> None:
        """Nobody renews any more."""
        renewing = [machine.renewing for machine in self.machines.values() if machine.renewing]
        for task in renewing:
            task.cancel()
        await asyncio.gather(*renewing, return_exceptions=True)

    async def settle(self) -> None:
        while self._busy:
            await asyncio.gather(*self._busy.values())


async def at_most(limit: int, jobs: Iterable[Awaitable[object]]) -> None:
    """All of them, so many at once."""
    gate = asyncio.Semaphore(limit)

    async def one(job: Awaitable[object]) -> None:
        async with gate:
            await job

    await asyncio.gather(*(one(job) for job in jobs))


def _together(transactions: Sequence[Transaction]) -> Transaction:
    """Of different sessions, all or none; etcd takes 128 compares and as many operations."""
    return Transaction(
        [compare for one in transactions for compare in one.compares],
        [operation for one in transactions for operation in one.operations],
    )
