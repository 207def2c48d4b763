"""A machine's life in the cluster: its lease, renewed; its copy of what etcd knows; and the right to open a browser, which follows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from wppmt.cluster import keys, stamps
from wppmt.cluster.etcd import Change, Compacted, Etcd, LeaseGone, Snapshot, Unavailable
from wppmt.cluster.holdings import Holdings
from wppmt.cluster.lease_note import LeaseNote
from wppmt.cluster.membership import (
    CLOSE_SECONDS,
    KILL_SECONDS,
    RENEW_SECONDS,
    TTL,
    Joining,
    Membership,
    joining,
    register,
    rewrite,
)
from wppmt.cluster.ownership import Transaction, epoch_on, rewrite_home
from wppmt.cluster.right import Denied, Terms, right_to_open
from wppmt.cluster.values import Home, Machine
from wppmt.cluster.view import View
from wppmt.domain.cluster import MachineState
from wppmt.domain.log import WriteLog

AGAIN_SECONDS = 0.3
"""Between two tries to renew; a machine that fences has a few seconds."""
READ_AGAIN_SECONDS = 1.0
WAIT_SECONDS = 0.5


class NameTaken(Exception):
    """Another machine of this name lives."""


@dataclass(kw_only=True, eq=False)
class Member:
    """For one event loop; `right` may be asked by any thread. Times are CLOCK_BOOTTIME's, in seconds."""

    etcd: Etcd
    terms: Terms
    boot: str
    note: LeaseNote
    now: Callable[[], float]
    describe: Callable[[], Machine]
    """What this machine says of itself now."""
    log: WriteLog
    vouch: Callable[[int, float, float], None] = field(default=lambda *_: None, init=False)
    """Tells the guard the lease, and when the browsers have to be closed, and killed."""
    membership: Membership = field(default=Membership(), init=False)
    view: View = field(default_factory=View, init=False)
    holdings: Holdings = field(default_factory=Holdings, init=False)
    is_current: bool = field(default=False, init=False)
    """What is known of etcd is kept up to date. False: nobody moves anything."""
    is_stopping: bool = field(default=False, init=False)
    """Nobody brings a session to a machine that is on its way down."""
    changed: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    """Something in etcd, or of the lease, is not as it was."""
    _told: Machine | None = field(default=None, init=False)
    _is_silent: bool = field(default=False, init=False)

    @property
    def is_fenced(self) -> bool:
        """Browsers may not run here now."""
        return self.terms.fences and not self.membership.may_start(self.now())

    def right(self, session_id: str, profile: Path) -> int | Denied:
        """May its browser be opened now? If so, the profile is stamped, and this is the lease that says so. Raises OSError."""
        held = self.holdings.of(session_id) if self.holdings.is_known else None
        home = Home.parse(held.home.value) if held and held.home else None
        if home and home.fences and not self.terms.fences:
            # Others still count on a guard that this machine does not have any more.
            return Denied.NO_LEASE
        stamp = stamps.read(profile)
        verdict = right_to_open(self.terms, self.membership, held, stamp, self.now())
        if isinstance(verdict, Denied):
            return verdict
        if verdict.stamp != stamp:
            stamps.write(profile, verdict.stamp)
        return verdict.lease

    @property
    def is_frozen(self) -> bool:
        """What is known of the others may be old: nobody moves."""
        return not (self.is_current and self.membership.holds(self.now()))

    async def commit(self, transaction: Transaction) -> bool:
        """Whether all that it compares was so, and it is done. Raises Unavailable, LeaseGone."""
        committed = await self.etcd.commit(transaction.compares, transaction.operations)
        if committed.succeeded:
            self.holdings.committed(transaction, committed.revision)
        return committed.succeeded

    async def join(self) -> None:
        """A lease, and the name on it. Raises NameTaken, Unavailable."""
        began = self.now()
        key, noted = keys.machine(self.terms.machine), self.note.read()
        while True:
            found = (await self.etcd.read(key)).entries
            registered = next((entry for entry in found if entry.key == key), None)
            match joining(registered, noted, self.boot, self.now() - began):
                case Joining.REGISTER if await self._register():
                    return
                case Joining.GO_ON if await self._go_on(noted):
                    return
                case Joining.TAKEN:
                    raise NameTaken
                case _:
                    await asyncio.sleep(WAIT_SECONDS)

    async def read(self) -> Snapshot:
        """Everything. Raises Unavailable."""
        snapshot = await self.etcd.read(keys.PREFIX)
        self.view.reset(snapshot)
        self.holdings.reset(snapshot)
        self.changed.set()
        return snapshot

    async def leave(self) -> None:
        """Others need not wait until the lease has run out; but they wait for this machine, as the logins are newer here than in
        any archive.
        """
        await asyncio.gather(*(self._reserve(session_id) for session_id in self.view.sessions))
        lease, self.membership = self.membership.lease, Membership()
        self.note.write(0)
        try:
            await self.etcd.revoke(lease)
        except Unavailable:
            return

    async def _reserve(self, session_id: str) -> None:
        """Nobody else brings it up, if it is ours."""
        found = self.holdings.of(session_id)
        home = found.home_value
        is_owned = found.owner is None or epoch_on(self.membership.lease, found) is not None
        if home and home.fences and home.machine == self.terms.machine and is_owned:
            unpromised = home.model_copy(update={"fences": False})
            with suppress(Unavailable, LeaseGone):
                await self.commit(rewrite_home(session_id, found, unpromised))

    async def keep_lease(self) -> None:
        """Until cancelled."""
        while True:
            renewed = await self.renew()
            # However long the answer took: the guard counts from when it was sent.
            due = self.membership.sent_at + RENEW_SECONDS - self.now()
            await asyncio.sleep(max(due, 0.0) if renewed else AGAIN_SECONDS)

    async def follow(self) -> None:
        """Until cancelled."""
        while True:
            try:
                snapshot = await self.read()
                self.is_current = True
                async for changes in self.etcd.watch(keys.PREFIX, snapshot.revision):
                    self._apply(changes)
            except Compacted:
                continue
            except Unavailable:
                self.is_current = False
                await asyncio.sleep(READ_AGAIN_SECONDS)

    async def tell(self) -> None:
        """What this machine says of itself, where that has changed. Raises Unavailable, LeaseGone."""
        said = self.describe()
        if self.is_stopping:
            said = said.model_copy(update={"state": MachineState.STOPPING})
        if self.membership.lease and said != self._told:
            await self.commit(rewrite(self.terms.machine, said, self.membership.lease))
            self._told = said

    def _apply(self, changes: tuple[Change, ...]) -> None:
        self.view.apply(changes)
        self.holdings.apply(changes)
        self.changed.set()

    async def _register(self) -> bool:
        sent_at = self.now()
        lease = await self.etcd.grant(TTL)
        # Before the name: a daemon that dies here finds its own lease again.
        self.note.write(lease)
        said = self.describe()
        try:
            if not await self.commit(register(self.terms.machine, said, lease)):
                return False
        except LeaseGone:
            return False
        self._told = said
        self._vouched(Membership(lease).renewed(sent_at))
        return True

    async def _go_on(self, lease: int) -> bool:
        sent_at = self.now()
        try:
            await self.etcd.renew(lease)
        except LeaseGone:
            return False
        self._vouched(Membership(lease).renewed(sent_at))
        return True

    async def renew(self) -> bool:
        """Once. A lease that is gone is replaced at the next. Whether there is one, renewed."""
        sent_at = self.now()
        try:
            if self.membership.lease:
                await self.etcd.renew(self.membership.lease)
                self._vouched(self.membership.renewed(sent_at))
            else:
                await self.join()
        except LeaseGone:
            self._lost()
            return False
        except Unavailable:
            if not self._is_silent:
                self.log("etcd_unreachable", level="error")
            self._is_silent = True
            return False
        except NameTaken:
            note = f"Há outra máquina de nome {self.terms.machine} no cluster (WPP_CLUSTER_MACHINE)"
            self.log("cluster_name_taken", level="error", note=note)
            return False
        if self._is_silent:
            self.log("etcd_reached")
        self._is_silent = False
        return True

    def _lost(self) -> None:
        """Whoever relies on that may bring sessions up from this moment on, usually long after the browsers were closed."""
        lost, self.membership = self.membership.lease, Membership()
        if self.terms.fences:
            now = self.now()
            self.vouch(lost, now, now + KILL_SECONDS - CLOSE_SECONDS)
        self.log("lease_lost", level="warning")
        self.changed.set()

    def _vouched(self, membership: Membership) -> None:
        is_new = membership.lease != self.membership.lease
        self.membership = membership
        if self.terms.fences:
            sent_at = membership.sent_at
            self.vouch(membership.lease, sent_at + CLOSE_SECONDS, sent_at + KILL_SECONDS)
        if is_new:
            self.log("lease_taken", machine=self.terms.machine)
            self.changed.set()
