"""A machine's daemon, made of the minds that the real one is made of. One task renews the lease, another tends the sessions one by one."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.cluster.simulation.host import Host
from tests.cluster.simulation.world import Ask, Task
from wppmt.cluster import keys, membership, ownership
from wppmt.cluster.etcd import Committed, Entry, LeaseGone, Unavailable
from wppmt.cluster.membership import RENEW_SECONDS, TTL, Joining, Membership
from wppmt.cluster.ownership import Held, Transaction
from wppmt.cluster.right import Denied, Right, Terms, right_to_open
from wppmt.cluster.tree import Tree
from wppmt.cluster.values import Home, Machine

Steps = Generator[float | Ask, Any, Any]
LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class Minds:
    """A planted bug is another one of these."""

    right: Callable[..., Right | Denied] = right_to_open
    sent_at: Callable[[float, float], float] = lambda sent, _answered: sent
    may_fail_over: Callable[[Home], bool] = lambda home: home.fences
    guard_ignores_leases: bool = False


@dataclass
class Daemon:
    host: Host
    sessions: list[str]
    """All there are in the cluster."""
    minds: Minds
    peers: dict[str, Host]
    membership: Membership = field(default_factory=Membership)

    def live(self) -> Task:
        disk = self.host.disk
        if self.host.fences:
            disk.may_be_fencing = True
        yield from self._join()
        self.host.process.run(self._renewing())
        while True:
            for session in self.sessions:
                try:
                    yield from self._tend(session)
                except (Unavailable, LeaseGone):
                    yield 0.1
            yield from self._stop_fencing()
            yield LOOK_SECONDS * self.host.world.random.uniform(0.5, 1.5)

    @property
    def _terms(self) -> Terms:
        return Terms(self.host.name, self.host.disk.may_be_fencing)

    def _join(self) -> Steps:
        self.membership, began = Membership(), self.host.clock()
        while not self.membership.lease:
            with suppress(Unavailable, LeaseGone):
                yield from self._join_once(self.host.clock() - began)
            yield 0.5

    def _join_once(self, waited: float) -> Steps:
        host, key = self.host, keys.machine(self.host.name)
        found = yield Ask(lambda tree, now: tree.read(key, now).entries)
        match membership.joining(
            found[0] if found else None, host.disk.noted_lease, host.boot_id, min(waited, TTL)
        ):
            case Joining.REGISTER:
                sent = host.clock()
                lease = yield Ask(lambda tree, now: tree.grant(TTL, now))
                host.disk.noted_lease = lease
                done: Committed = yield _commit(membership.register(host.name, self._value(), lease))
                if done.succeeded:
                    self._renewed(lease, self.minds.sent_at(sent, host.clock()))
            case Joining.GO_ON:
                yield from self._renew(host.disk.noted_lease)
            case _:
                return

    def _value(self) -> Machine:
        return Machine(url=f"http://{self.host.name}", boot=self.host.boot_id)

    def _renewing(self) -> Task:
        while True:
            yield RENEW_SECONDS
            try:
                yield from self._renew(self.membership.lease)
            except Unavailable:
                continue
            except LeaseGone:
                yield from self._join()

    def _renew(self, lease: int) -> Steps:
        sent = self.host.clock()
        self.host.trip()
        yield Ask(lambda tree, now: tree.renew(lease, now))
        self._renewed(lease, self.minds.sent_at(sent, self.host.clock()))

    def _renewed(self, lease: int, sent: float) -> None:
        former = self.membership if self.membership.lease == lease else Membership(lease)
        self.membership = former.renewed(sent)
        self.host.guard.renewed(lease, sent)

    def _tend(self, session: str) -> Steps:
        host, disk = self.host, self.host.disk
        held: Held = yield from self._read(session)
        home = Home.parse(held.home.value) if held.home else None
        if session in disk.departures:
            yield from self._settle(session, held)
        elif home is None:
            if session in disk.profiles:
                yield _commit(ownership.claim(session, self._home(), self.membership.lease))
        elif home.machine != host.name:
            yield from self._not_mine(session, held, home)
        else:
            yield from self._mine(session, held, home)

    def _home(self) -> Home:
        return Home(machine=self.host.name, fences=self.host.fences)

    def _not_mine(self, session: str, held: Held, home: Home) -> Steps:
        self.host.end_browser(session)
        self.host.disk.profiles.discard(session)
        if held.home and not held.owner and self.minds.may_fail_over(home):
            yield from self._fail_over(session, held.home, home)

    def _fail_over(self, session: str, entry: Entry, home: Home) -> Steps:
        """As a goal of the leader has it: here of anybody, at any time, wise or not. etcd's compares are what holds."""
        lives = yield Ask(lambda tree, now: tree.read(keys.machine(home.machine), now).entries)
        if lives or self.host.world.random.random() > 0.2:
            return
        wanted = ownership.fail_over(session, entry, home.machine, self._home(), self.membership.lease)
        done: Committed = yield _commit(wanted)
        if done.succeeded:
            yield 0.3
            self.host.disk.profiles.add(session)
            self.host.disk.stamps.pop(session, None)

    def _mine(self, session: str, held: Held, home: Home) -> Steps:
        disk, lease = self.host.disk, self.membership.lease
        if not held.owner and held.home:
            yield _commit(ownership.take_back(session, held.home, self.host.name, lease))
            return
        if session not in disk.profiles and ownership.epoch_on(lease, held):
            # What was sent here, or the newest archive, where a fail-over was cut off before it was restored.
            yield 0.2
            disk.profiles.add(session)
            disk.stamps.pop(session, None)
            disk.incoming.discard(session)
        if session in self.host.browsers:
            # Before others may count on its end: a former life, which did not fence, may have started it.
            self._adopt(session, held)
        elif session not in self.host.locked:
            self.host.process.run(self._open(session, held))
        if home.fences is not self.host.fences:
            yield _commit(ownership.rewrite_home(session, held, self._home()))
            return
        if not self.host.world.is_calm and self.host.world.random.random() < 0.03:
            yield from self._move(session, held)

    def _adopt(self, session: str, held: Held) -> None:
        """What runs under a guard must be of the present lease; what the daemon before left behind is asked for anew."""
        host = self.host
        right = self.minds.right(self._terms, self.membership, held, host.stamps.get(session), host.clock())
        if isinstance(right, Denied):
            if self._terms.fences:
                host.end_browser(session)
        elif right.lease:
            host.guard.watch(session, right.lease)
        else:
            host.guard.watched.pop(session, None)

    def _open(self, session: str, held: Held) -> Task:
        """On a worker, which may be slow: what it was told may be old by the time that it acts."""
        host, random = self.host, self.host.world.random
        yield 0.01 if host.world.is_calm else random.choice([0.01, 0.01, 0.01, 4.0, 25.0])
        if session in host.locked or not host.has_profile(session):
            return
        host.locked.add(session)
        right = self.minds.right(self._terms, self.membership, held, host.stamps.get(session), host.clock())
        if isinstance(right, Denied):
            host.locked.discard(session)
            return
        host.stamps[session] = right.stamp
        host.trip()
        yield 0.05 if host.world.is_calm else random.choice([0.05, 0.05, 3.0, 25.0])
        if right.lease and not host.guard.watch(session, right.lease):
            host.end_browser(session)
            return
        host.start_browser(session)

    def _move(self, session: str, held: Held) -> Steps:
        """To anybody; the archive needs no etcd. The commit of the departure is the moment after which it is not started here."""
        host = self.host
        target = host.world.random.choice([one for one in self.peers.values() if one is not host])
        if session in host.locked and session not in host.browsers:
            return
        host.end_browser(session)
        host.locked.add(session)
        yield 0.5
        if target.is_on and not target.is_frozen and session in host.disk.profiles:
            target.disk.incoming.add(session)
            host.disk.departures[session] = target.name
            host.give_away(session, target, ownership.epoch_on(self.membership.lease, held) or 0)
        host.locked.discard(session)

    def _settle(self, session: str, held: Held) -> Steps:
        """Until etcd knows, or knows better: somebody may have failed over meanwhile."""
        disk = self.host.disk
        home = Home.parse(held.home.value) if held.home else None
        target = disk.departures[session]
        if home is None or home.machine != self.host.name:
            del disk.departures[session]
            return
        alive = yield Ask(lambda tree, now: tree.read(keys.machine(target), now).entries)
        if alive:
            yield _commit(ownership.hand_over(session, held, Home(machine=target), alive[0]))

    def _stop_fencing(self) -> Steps:
        """Only when no home of ours says that we fence, nor can: each is written anew, which also defeats what a former life of ours
        may have sent and what is still on its way.
        """
        host = self.host
        if host.fences or not host.disk.may_be_fencing:
            return
        try:
            for session in self.sessions:
                held = yield from self._read(session)
                home = Home.parse(held.home.value) if held.home else None
                if home and home.machine == host.name:
                    done = yield _commit(ownership.rewrite_home(session, held, self._home()))
                    if not done.succeeded:
                        return
        except (Unavailable, LeaseGone):
            return
        host.disk.may_be_fencing = False

    def _read(self, session: str) -> Steps:
        snapshot = yield Ask(lambda tree, now: tree.read(keys.session(session), now))
        return ownership.held(snapshot, session)


def _commit(wanted: Transaction) -> Ask:
    def commit(tree: Tree, now: float) -> Committed:
        return tree.commit(wanted.compares, wanted.operations, now)

    return Ask(commit)
