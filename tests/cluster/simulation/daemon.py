"""A machine's daemon, made of the minds that the real one is made of. One task renews the lease, another tends the sessions, and each
start of a browser is one of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.cluster.simulation.host import Host
from tests.cluster.simulation.world import Ask, Task
from wppmt.cluster import keys, membership, ownership
from wppmt.cluster.etcd import Committed, LeaseGone, Unavailable
from wppmt.cluster.holdings import Holdings
from wppmt.cluster.membership import RENEW_SECONDS, TTL, Joining, Membership
from wppmt.cluster.ownership import Held, Transaction
from wppmt.cluster.reconciling import Commit, GiveUp, Situation, steps
from wppmt.cluster.right import Denied, Right, Terms, right_to_open
from wppmt.cluster.tree import Tree
from wppmt.cluster.values import Home, Machine

Steps = Generator[float | Ask, Any, Any]
LOOK_SECONDS = 1.0
DISK_SECONDS = (0.01, 0.01, 0.01, 4.0, 25.0)
"""A worker is slow, or its disk."""


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
    holdings: Holdings = field(default_factory=Holdings)

    def live(self) -> Task:
        yield from self._join()
        self.host.process.run(self._renewing())
        while True:
            with suppress(Unavailable, LeaseGone):
                yield from self._look()
            yield LOOK_SECONDS * self.host.world.random.uniform(0.5, 1.5)

    # Its lease.

    def _join(self) -> Steps:
        self.membership, began = Membership(), self.host.clock()
        while not self.membership.lease:
            with suppress(Unavailable, LeaseGone):
                yield from self._join_once(min(self.host.clock() - began, TTL))
            yield 0.5

    def _join_once(self, waited: float) -> Steps:
        host, key = self.host, keys.machine(self.host.name)
        found = yield Ask(lambda tree, now: tree.read(key, now).entries)
        match membership.joining(found[0] if found else None, host.disk.noted_lease, host.boot_id, waited):
            case Joining.REGISTER:
                sent = host.clock()
                lease = yield Ask(lambda tree, now: tree.grant(TTL, now))
                host.disk.noted_lease = lease
                value = Machine(url=f"http://{host.name}", boot=host.boot_id)
                if (yield from self._commit(membership.register(host.name, value, lease))):
                    self._renewed(lease, self.minds.sent_at(sent, host.clock()))
            case Joining.GO_ON:
                yield from self._renew(host.disk.noted_lease)
            case _:
                return

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

    # Its sessions.

    def _look(self) -> Steps:
        self.holdings.reset((yield Ask(lambda tree, now: tree.read(keys.PREFIX, now))))
        disk = self.host.disk
        situation = Situation(
            lease=self.membership.lease,
            here=disk.profiles,
            ended=disk.ended,
            on_their_way={*disk.departures, *disk.incoming},
        )
        for step in list(steps(situation, self.holdings, self._home_of, self._epoch_here)):
            if isinstance(step, GiveUp):
                self.host.end_browser(step.session_id)
                disk.profiles.discard(step.session_id)
            elif isinstance(step, Commit):
                yield from self._commit(step.transaction)
            else:
                self.host.end_browser(step.session_id)
        for session in list(disk.profiles):
            self._adopt_or_open(session)
        for session in self.sessions:
            yield from self._tend(session)

    def _epoch_here(self, session: str) -> int | None:
        stamp = self.host.stamps.get(session)
        return stamp.epoch if stamp and stamp.machine == self.host.name else None

    def _home_of(self, session: str) -> Home:
        """Others may count on a guard only when it has what a former life left behind."""
        host = self.host
        is_guarded = session not in host.browsers or session in host.guard.watched
        return Home(machine=host.name, fences=host.fences and is_guarded)

    def _tend(self, session: str) -> Steps:
        held, disk = self.holdings.of(session), self.host.disk
        home = _home(held)
        if session in disk.departures:
            yield from self._settle(session, held, home)
        elif home is None:
            yield from self._begin(session)
        elif home.machine != self.host.name:
            disk.ended.discard(session)
            yield from self._fail_over(session, held, home)
        elif session in disk.profiles:
            yield from self._leave(session, held)
        elif session not in disk.ended:
            yield from self._take_up(session, held)

    def _begin(self, session: str) -> Steps:
        """Anybody may be asked for a session that is nowhere: it is claimed before there is anything of it."""
        self.host.disk.ended.discard(session)
        if self.host.world.random.random() < 0.3:
            new = ownership.claim(session, self._home_of(session), self.membership.lease)
            if (yield from self._commit(new)):
                self._install(session)

    def _take_up(self, session: str, held: Held) -> Steps:
        """It was sent here, or this machine failed over and was cut off before its backup was restored."""
        lease = self.membership.lease
        if held.home and held.owner is None:
            yield from self._commit(ownership.take_back(session, held.home, self.host.name, lease))
        elif ownership.epoch_on(lease, held):
            yield 0.2
            self._install(session)

    def _install(self, session: str) -> None:
        disk = self.host.disk
        disk.profiles.add(session)
        disk.stamps.pop(session, None)
        disk.incoming.discard(session)

    def _fail_over(self, session: str, held: Held, home: Home) -> Steps:
        """As a goal of the leader has it: here by anybody, at any time, wise or not. etcd's compares are what holds."""
        self.host.disk.incoming.discard(session)
        if held.home is None or held.owner or not self.minds.may_fail_over(home):
            return
        lives = yield Ask(lambda tree, now: tree.read(keys.machine(home.machine), now).entries)
        if not lives and self.host.world.random.random() < 0.2:
            mine, lease = self._home_of(session), self.membership.lease
            yield from self._commit(ownership.fail_over(session, held.home, home.machine, mine, lease))

    def _leave(self, session: str, held: Held) -> Steps:
        """To another machine, or for good. The archive needs no etcd; the local commit is what nobody starts it after."""
        host, random = self.host, self.host.world.random
        is_starting = session in host.locked and session not in host.browsers
        chance = random.random()
        if host.world.is_calm or is_starting or chance > 0.04:
            return
        host.end_browser(session)
        host.locked.add(session)
        yield 0.5
        target = random.choice([one for one in self.peers.values() if one is not host])
        epoch = ownership.epoch_on(self.membership.lease, held) or 0
        if chance < 0.01:
            host.give_away(session, "nobody", epoch)
            host.disk.ended.add(session)
        elif target.would_take(session) and session in host.disk.profiles:
            target.disk.incoming.add(session)
            target.disk.ended.discard(session)
            host.disk.departures[session] = target.name
            host.give_away(session, target.name, epoch)
        host.locked.discard(session)

    def _settle(self, session: str, held: Held, home: Home | None) -> Steps:
        """Until etcd knows, or knows better: somebody may have failed over meanwhile."""
        target = self.host.disk.departures[session]
        if home is None or home.machine != self.host.name:
            del self.host.disk.departures[session]
            return
        alive = yield Ask(lambda tree, now: tree.read(keys.machine(target), now).entries)
        if alive:
            yield from self._commit(ownership.hand_over(session, held, Home(machine=target), alive[0]))

    # Its browsers.

    def _right(self, session: str, held: Held) -> Right | Denied:
        host, home = self.host, _home(held)
        if home and home.fences and not host.fences:
            return Denied.NO_LEASE
        terms = Terms(host.name, host.fences)
        return self.minds.right(terms, self.membership, held, host.stamps.get(session), host.clock())

    def _adopt_or_open(self, session: str) -> None:
        held = self.holdings.of(session)
        if session in self.host.browsers:
            self._adopt(session, self._right(session, held))
        elif session not in self.host.locked:
            self.host.process.run(self._open(session, held))

    def _adopt(self, session: str, right: Right | Denied) -> None:
        host = self.host
        if isinstance(right, Denied):
            if host.fences or session in host.guard.watched:
                host.end_browser(session)
        elif right.lease:
            host.guard.watch(session, right.lease)
        else:
            host.guard.watched.pop(session, None)

    def _open(self, session: str, held: Held) -> Task:
        """What it was told may be old by the time that it acts."""
        host, random = self.host, self.host.world.random
        yield 0.01 if host.world.is_calm else random.choice(DISK_SECONDS)
        if session in host.locked or not host.has_profile(session):
            return
        host.locked.add(session)
        right = self._right(session, held)
        if isinstance(right, Denied):
            host.locked.discard(session)
            return
        host.stamps[session] = right.stamp
        host.trip()
        yield 0.05 if host.world.is_calm else random.choice(DISK_SECONDS)
        if right.lease and not host.guard.watch(session, right.lease):
            host.end_browser(session)
            return
        host.start_browser(session)

    def _commit(self, wanted: Transaction) -> Steps:
        """Whether all that it compares was so."""

        def commit(tree: Tree, now: float) -> Committed:
            return tree.commit(wanted.compares, wanted.operations, now)

        done: Committed = yield Ask(commit)
        if done.succeeded:
            self.holdings.committed(wanted, done.revision)
        return done.succeeded


def _home(held: Held) -> Home | None:
    return Home.parse(held.home.value) if held.home else None
