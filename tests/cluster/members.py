"""Machines of a cluster in one process: real stores, archives and moves, an etcd in memory, and daemons that end where one likes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tests.moving.instances import OURS, FakeActors, Instance, Wire
from wppmt.app.archives import Surroundings
from wppmt.app.cluster_errands import Errands
from wppmt.app.custody import Custody
from wppmt.app.returning import Returning
from wppmt.archive.arrival import sweep
from wppmt.archive.login import Logins
from wppmt.archive.writing import write_archive
from wppmt.browser.profile.snapshots import Snapshots
from wppmt.cluster import keys
from wppmt.cluster.etcd import Change, Committed, Compare, Operation, Put, Snapshot
from wppmt.cluster.leader import Leader, Terms, commits, election
from wppmt.cluster.memory import MemoryEtcd
from wppmt.cluster.ownership import Transaction, claim, held, take_back
from wppmt.cluster.tree import Tree
from wppmt.cluster.values import Home, Machine, Versions
from wppmt.cluster.view import View
from wppmt.domain.jobs import JobStatus
from wppmt.moving.destination import Destination
from wppmt.moving.remote import Unreachable
from wppmt.store.move_records import DepartureState
from wppmt.store.sqlite.store import SqliteStore
from wppmt.store.sqlite.transaction import SqliteTransaction

PEER = "cluster"
ARCHIVE_KEY = b"k" * 32
NEVER = -1
PLACES = 1000
LOOK_SECONDS = 0.002


class Killed(BaseException):
    """The daemon that did this is no more."""


class Life:
    """Of one daemon; each thing that it does to the world outside is a point at which it can end."""

    def __init__(self) -> None:
        self.points = 0
        self.ends_at = NEVER
        self.is_over = False

    def point(self) -> None:
        if self.is_over or self.points == self.ends_at:
            self.is_over = True
            raise Killed
        self.points += 1


class MortalEtcd:
    def __init__(self, etcd: MemoryEtcd, life: Life) -> None:
        self._etcd = etcd
        self._life = life

    async def grant(self, ttl: int) -> int:
        return await self._etcd.grant(ttl)

    async def renew(self, lease: int) -> None:
        await self._etcd.renew(lease)

    async def revoke(self, lease: int) -> None:
        await self._etcd.revoke(lease)

    async def commit(self, compares: Sequence[Compare], operations: Sequence[Operation]) -> Committed:
        self._life.point()
        done = await self._etcd.commit(compares, operations)
        self._life.point()
        return done

    async def read(self, prefix: str) -> Snapshot:
        self._life.point()
        return await self._etcd.read(prefix)

    def watch(self, prefix: str, after: int) -> AsyncGenerator[tuple[Change, ...], None]:
        return self._etcd.watch(prefix, after)

    async def close(self) -> None:
        pass


class MortalStore(SqliteStore):
    life = Life()

    @contextmanager
    def transaction(self) -> Iterator[SqliteTransaction]:
        self.life.point()
        with super().transaction() as transaction:
            yield transaction
        self.life.point()


class MortalActors(FakeActors):
    life = Life()

    async def ask(self, address: str, message: object, deadline: float) -> Any:
        self.life.point()
        answer = await super().ask(address, message, deadline)
        self.life.point()
        return answer


class Line(Wire):
    """From one machine to another; who asks, and who answers, can end meanwhile."""

    def __init__(self, source: Member, target: Member) -> None:
        super().__init__()
        self.who = PEER
        self._ends = source, target

    async def __aenter__(self) -> Self:
        source, target = self._ends
        self.target = target.instance
        source.life.point()
        return self

    async def status(self, session_id: str, key: str) -> str | None:
        return "connected"

    async def _pass(self, step: str, do: Callable[[], Any]) -> None:
        source, target = self._ends
        source.life.point()
        try:
            target.life.point()
            await super()._pass(step, do)
            target.life.point()
        except Killed:
            raise Unreachable(step) from None
        source.life.point()


class _MortalInstance(Instance):
    def __init__(
        self, member: Member, folder: Path, connect: Callable[[str, str], Any], custody: Custody
    ) -> None:
        self._member = member
        super().__init__(folder, connect, OURS, custody)

    def open_store(self) -> SqliteStore:
        store = MortalStore(self.place.database)
        store.life = self._member.life
        return store

    def make_actors(self) -> FakeActors:
        actors = MortalActors(self.store)
        actors.life = self._member.life
        return actors


@dataclass
class Cluster:
    folder: Path
    tree: Tree = field(default_factory=Tree)
    now: float = 1000.0
    members: dict[str, Member] = field(default_factory=dict)
    leader: Leader = field(default_factory=lambda: Leader(Terms(failover=True, failover_seconds=60.0)))

    @property
    def archives(self) -> Path:
        return self.folder / "archives"

    def joins(self, *names: str) -> None:
        for name in names:
            self.members[name] = Member(self, name)
        if not self._entry(keys.LEADER):
            assert self._commit(election("leader", self.tree.grant(1e9, self.now)))

    def home(self, session_id: str) -> str:
        entry = self._entry(keys.home(session_id))
        home = Home.parse(entry) if entry else None
        return home.machine if home else ""

    def owner(self, session_id: str) -> str:
        return self._entry(keys.owner(session_id))

    def owners(self, session_id: str) -> list[str]:
        """Who has all of it and may open its browser."""
        return [
            name for name, one in self.members.items()
            if one.is_up and one.instance.owns(session_id) and self.owner(session_id) == name
        ]  # fmt: skip

    async def settle(self) -> None:
        """Everybody does what is to be done, until nothing is."""
        before = -1
        while before != self.tree.revision:
            before = self.tree.revision
            for one in [one for one in self.members.values() if one.is_up]:
                await one.look()
            view = View()
            view.reset(self.tree.read(keys.PREFIX, self.now))
            for wanted in commits(self.leader.look(view, self.now), view):
                self._commit(wanted)
        for one in self.members.values():
            one.refresh()

    def close(self) -> None:
        for one in self.members.values():
            one.instance.store.close()

    def _commit(self, wanted: Transaction) -> bool:
        return self.tree.commit(wanted.compares, wanted.operations, self.now).succeeded

    def _entry(self, key: str) -> str:
        found = [one.value for one in self.tree.read(key, self.now).entries if one.key == key]
        return found[0] if found else ""


class Member:
    """A machine; `kill` ends its daemon where it stands, `boot` starts the next one on the same folders and the same lease."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster, self.name = cluster, name
        self.fences = True
        self.view = View()
        self.life = Life()
        self.lease = 0
        self.boot()

    @property
    def is_up(self) -> bool:
        return not self.life.is_over

    def boot(self) -> None:
        cluster, self.life = self.cluster, Life()
        if not self.lease:
            self._register()
        self.etcd = MortalEtcd(MemoryEtcd(lambda: cluster.now, cluster.tree), self.life)
        self.refresh()
        custody = Custody(
            machine=self.name, etcd=self.etcd, view=self.view, lease=lambda: self.lease, commit=self.commit,
            home_of=self.home_of, is_frozen=lambda: False, peer=PEER,
        )  # fmt: skip
        self.instance = _MortalInstance(self, cluster.folder / self.name, self._connect, custody)
        where = Surroundings(
            self.instance.place, Logins(self.instance.place.tokens, Snapshots(cluster.folder / "copies", 1)),
            cluster.archives, lambda: ARCHIVE_KEY, lambda: OURS,
        )  # fmt: skip
        sweep(where.place)
        returning = Returning(
            where=where, archives=cluster.archives, store=self.instance.store, front=self.instance.actors,
            registry=self.instance.departing.registry, now=lambda: cluster.now, log=self.instance.log,
        )  # fmt: skip
        self.errands = Errands(
            machine=self.name, view=self.view, lease=lambda: self.lease, home_of=self.home_of, commit=self.commit,
            etcd=self.etcd, jobs=self.instance.jobs, departing=self.instance.departing, receiving=self.instance.receiving,
            returning=returning, log=self.instance.log, now=lambda: cluster.now,
        )  # fmt: skip

    def kill(self) -> None:
        self.life.is_over = True
        self.instance.store.close()

    def is_lost(self) -> None:
        """With its machine, and what it had in etcd."""
        self.kill()
        self.cluster.tree.revoke(self.lease, self.cluster.now)
        self.lease = 0

    def has(self, session_id: str) -> None:
        self.instance.has(session_id)
        wanted = claim(session_id, self.home_of(session_id), self.lease)
        assert self.cluster.tree.commit(wanted.compares, wanted.operations, self.cluster.now).succeeded
        self.refresh()

    def backs_up(self, session_id: str) -> None:
        place = self.instance.place
        write_archive(
            place, session_id, place.profile(session_id), self.cluster.archives, ARCHIVE_KEY, self.cluster.now
        )

    def refresh(self) -> None:
        self.view.reset(self.cluster.tree.read(keys.PREFIX, self.cluster.now))

    async def commit(self, wanted: Transaction) -> bool:
        done = await self.etcd.commit(wanted.compares, wanted.operations)
        self.refresh()
        return done.succeeded

    def home_of(self, _session_id: str) -> Home:
        return Home(machine=self.name, url=f"https://{self.name}", fences=self.fences)

    async def look(self) -> None:
        """What its loops do, once; Killed ends it there."""
        try:
            self.refresh()
            await self._keep_own()
            await self.errands.look()
            await self.rest()
            if self.is_up:
                await self.instance.following.look()
        except Killed:
            self.kill()

    async def rest(self) -> None:
        """Until its jobs have ended, one way or the other."""
        for job in list(self.instance.jobs._jobs):
            while self.is_up and (found := self.instance.jobs.get(job)) and found.status is JobStatus.RUNNING:
                # Each look of a source's takes a second of its own time.
                self.instance.time += 1
                await asyncio.sleep(LOOK_SECONDS)
        if not self.is_up:
            # A thread of its own may be in the midst of something.
            await asyncio.gather(*self.instance.jobs._tasks, return_exceptions=True)
            self.kill()

    async def _keep_own(self) -> None:
        """As the machine's own loop does for the sessions of its registry."""
        departures = {one.session_id: one.state for one in self.instance.store.departures()}
        for record in self.instance.store.sessions():
            there = held(self.cluster.tree.read(keys.session(record.id), self.cluster.now), record.id)
            home = Home.parse(there.home.value) if there.home else None
            is_ours = home is not None and home.machine == self.name
            is_leaving = departures.get(record.id) in {DepartureState.LEAVING, DepartureState.GONE}
            if is_ours and there.home and not there.owner and not is_leaving:
                await self.commit(take_back(record.id, there.home, self.name, self.lease))

    def _connect(self, owner: str, _token: str) -> Line:
        return Line(self, self.cluster.members[Destination.parse(owner).machine])

    def _register(self) -> None:
        tree, now = self.cluster.tree, self.cluster.now
        self.lease = tree.grant(1e9, now)
        versions = Versions(schema_version=1, chrome=OURS)
        value = Machine(
            url=f"https://{self.name}", peer=f"https://{self.name}:1", places=PLACES, versions=versions
        )
        wanted = Transaction([], [Put(keys.machine(self.name), value.dump(), self.lease)])
        assert tree.commit(wanted.compares, wanted.operations, now).succeeded
