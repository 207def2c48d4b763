"""This machine in its cluster. Imported only where there is one (WPP_CLUSTER_ETCD)."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from actors.runtime.directory import Directory
from wppmt import __version__
from wppmt.app import archives, logs
from wppmt.app.etcd import etcd_client
from wppmt.app.moves import Moves
from wppmt.app.settings import Settings
from wppmt.browser.keeper.guard import Guard, Unguarded
from wppmt.browser.port import StartFailed
from wppmt.cluster import keys
from wppmt.cluster.etcd import Etcd, LeaseGone, Unavailable
from wppmt.cluster.lease_note import LeaseNote, boot_id
from wppmt.cluster.member import Member, NameTaken
from wppmt.cluster.ownership import Held, Transaction, claim, epoch_on, held, take_back
from wppmt.cluster.reconciling import Commit, GiveUp, Situation, steps
from wppmt.cluster.right import Terms
from wppmt.cluster.values import Home, Machine, Versions
from wppmt.cluster.view import View
from wppmt.domain.cluster import ClusterShown, MachineShown, MoveShown, SessionShown
from wppmt.domain.errors import Code, Refusal, SetupError
from wppmt.domain.messages import ROOT, MayRunBrowsers
from wppmt.moving.giving_up import GivingUp
from wppmt.store.move_records import DepartureState
from wppmt.store.port import Store, StoreUnavailable
from wppmt.store.sqlite.schema import VERSION

BEGIN_SECONDS = 30.0
"""For a machine that finds etcd; one whose name was on another lease has to wait until that has run out."""
RECONCILE_SECONDS, PAUSE_SECONDS = 3.0, 0.3
FENCE_SECONDS = 0.25
RETRY_SECONDS = 5.0
_UNFINISHED = {DepartureState.LEAVING, DepartureState.GONE}

OnTime = Callable[[], Awaitable[None]]


@dataclass(kw_only=True, eq=False)
class Cluster:
    """What the daemon's other parts ask of it: `claimed`, `require_here`, `right`, `shown`."""

    settings: Settings
    member: Member
    moves: Moves
    store: Store
    directory: Directory
    guard: Guard = field(default_factory=Unguarded)
    """Who closes the browsers of this machine when nobody else does; set before the first actor."""
    _known: set[str] = field(default_factory=set, init=False)
    """Sessions that were in the registry since the daemon was started."""
    _claiming: set[str] = field(default_factory=set, init=False)
    _giving_up: dict[str, asyncio.Task[None]] = field(default_factory=dict, init=False)
    _settled_on: int = field(default=0, init=False)
    """The lease under which everything was taken back that could be."""

    @property
    def machine(self) -> str:
        return self.member.terms.machine

    @property
    def lease(self) -> int:
        """0: none."""
        return self.member.membership.lease

    @property
    def etcd(self) -> Etcd:
        return self.member.etcd

    @property
    def view(self) -> View:
        return self.member.view

    @property
    def is_frozen(self) -> bool:
        """What is known of the others may be old: nobody moves."""
        return not (self.member.is_current and self.member.membership.holds(self.member.now()))

    def epoch_of(self, session_id: str) -> int | None:
        """By which this machine owns it; None where it does not."""
        return epoch_on(self.lease, self.member.holdings.of(session_id))

    def home_of(self, session_id: str) -> Home:
        """What this machine writes of a session of its own."""
        terms = self.member.terms
        return Home(machine=terms.machine, url=self.settings.cluster.url, fences=terms.fences)

    # Whose is a session?

    def require_here(self, session_id: str) -> None:
        """Raises Refusal(NOT_OWNER) with `owner`."""
        home = _home(self.member.holdings.of(session_id))
        if home and home.machine != self.machine:
            raise Refusal(Code.NOT_OWNER, extra={"owner": home.url})

    @asynccontextmanager
    async def claimed(self, session_id: str) -> AsyncIterator[None]:
        """Within, the session is this machine's, though it has no row yet. Raises Refusal: NOT_OWNER, CLUSTER_UNAVAILABLE."""
        self._claiming.add(session_id)
        try:
            if self.store.session(session_id) is None:
                await self._claim(session_id)
            self._known.add(session_id)
            yield
        finally:
            self._claiming.discard(session_id)

    def right(self, session_id: str, profile: Path) -> None:
        """wppmt.browser.port.Right."""
        denied = self.member.right(session_id, profile)
        if denied is not None:
            raise StartFailed("OWNERSHIP_UNPROVEN", denied.value)

    @property
    def may_run_browsers(self) -> bool:
        """Also after a lease that is new: not before everything is taken back."""
        return not self.member.terms.fences or (
            not self.member.is_fenced and self._settled_on == self.member.membership.lease
        )

    # Its life.

    async def begin(self) -> None:
        """Before the first actor: what is ours is taken back, what is another's is given up. Raises SetupError."""
        try:
            async with asyncio.timeout(BEGIN_SECONDS):
                await self.member.join()
                await self.member.read()
                await self._reconcile(self._give_up_unstarted)
        except NameTaken:
            raise SetupError(
                f"Já há uma máquina {self.machine} neste cluster, e ela está no ar: escolha outro"
                " WPP_CLUSTER_MACHINE"
            ) from None
        except (Unavailable, LeaseGone, TimeoutError):
            self.member.log("etcd_unreachable", level="error", note="O serviço começa sem o etcd")

    @asynccontextmanager
    async def living(self) -> AsyncIterator[None]:
        """The lease is kept, etcd is followed. From before the first actor until after the last."""
        running = [
            asyncio.create_task(one)
            for one in (
                self.member.keep_lease(),
                self.member.follow(),
                self._fence(),
                self._keep_reconciled(),
            )
        ]
        try:
            yield
        finally:
            tasks = [*running, *self._giving_up.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def leave(self) -> None:
        """Its browsers are closed: whoever may bring its sessions up need not wait."""
        await self.member.leave()

    async def _fence(self) -> None:
        """Root is told of each change."""
        told = True
        while True:
            if (may := self.may_run_browsers) != told and self.directory.tell(ROOT, MayRunBrowsers(may)):
                told = may
                event = "browsers_allowed" if may else "browsers_withheld"
                self.member.log(event, level="info" if may else "error")
            await asyncio.sleep(FENCE_SECONDS)

    async def _keep_reconciled(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.member.changed.wait(), RECONCILE_SECONDS)
            self.member.changed.clear()
            try:
                await self.member.tell()
                await self._reconcile(self._give_up)
            except (Unavailable, LeaseGone):
                pass
            except (StoreUnavailable, OSError) as failure:
                self.member.log("cluster_not_reconciled", level="warning", note=str(failure))
            await asyncio.sleep(PAUSE_SECONDS)

    async def _reconcile(self, give_up: Callable[[str, str], Awaitable[None]]) -> None:
        """Raises Unavailable, LeaseGone, StoreUnavailable, OSError."""
        if not self.member.holdings.is_known:
            return
        lease = self.lease
        here = {record.id for record in await asyncio.to_thread(self.store.sessions)}
        self._known |= here
        situation = Situation(
            lease=lease, here=here, ended=self._known - here, on_their_way=self._on_their_way()
        )
        for step in list(steps(situation, self.member.holdings, self.home_of)):
            match step:
                case Commit(session_id=session_id, transaction=transaction):
                    if await self.member.commit(transaction) and session_id not in here:
                        self._known.discard(session_id)
                case GiveUp(session_id=session_id):
                    if home := await self._is_elsewhere(session_id):
                        await give_up(session_id, f"{home.url}#{home.machine}")
        self._settled_on = lease

    def _on_their_way(self) -> Collection[str]:
        moving = {one.session_id for one in self.store.departures() if one.state in _UNFINISHED}
        moving |= {one.session_id for one in self.store.incoming() if not one.is_taken}
        return moving | self._claiming | self._giving_up.keys()

    async def _is_elsewhere(self, session_id: str) -> Home | None:
        """As of now: what a watch has told may be old. Raises Unavailable."""
        home = _home(held(await self.etcd.read(keys.session(session_id)), session_id))
        return home if home and home.machine != self.machine else None

    async def _give_up_unstarted(self, session_id: str, owner: str) -> None:
        await asyncio.to_thread(GivingUp(self.moves.departing).before_actors, session_id, owner)

    async def _give_up(self, session_id: str, owner: str) -> None:
        """It takes as long as a browser takes to close: meanwhile the others go on."""
        task = asyncio.create_task(self._try_to_give_up(session_id, owner))
        self._giving_up[session_id] = task
        task.add_done_callback(lambda _: self._giving_up.pop(session_id, None))

    async def _try_to_give_up(self, session_id: str, owner: str) -> None:
        try:
            await GivingUp(self.moves.departing).give_up(session_id, owner)
        except (Refusal, StoreUnavailable, OSError) as failure:
            self.member.log("session_not_given_up", session_id, level="warning", note=str(failure))

    async def _claim(self, session_id: str) -> None:
        """Raises Refusal."""
        found = self.member.holdings.of(session_id)
        if epoch_on(self.lease, found) is not None:
            return
        self.require_here(session_id)
        if not self.member.membership.holds(self.member.now()):
            raise Refusal(Code.CLUSTER_UNAVAILABLE, retry_after=RETRY_SECONDS)
        try:
            if not await self.member.commit(self._coming(session_id, found)):
                await self.member.read()
                self.require_here(session_id)
                if self.epoch_of(session_id) is None:
                    raise Refusal(Code.SESSION_BUSY, retry_after=RETRY_SECONDS)
        except (Unavailable, LeaseGone):
            raise Refusal(Code.CLUSTER_UNAVAILABLE, retry_after=RETRY_SECONDS) from None

    def _coming(self, session_id: str, found: Held) -> Transaction:
        if found.home:
            return take_back(session_id, found.home, self.machine, self.lease)
        return claim(session_id, self.home_of(session_id), self.lease)

    # What is told of it.

    def shown(self) -> ClusterShown:
        view = self.view
        return ClusterShown(
            machine=self.machine,
            leader=view.leader,
            is_frozen=self.is_frozen,
            failover=self.member.terms.fences,
            machines=[self._machine_shown(name) for name in sorted(view.machines)],
            sessions=[
                SessionShown(session_id, one.home.machine, one.owner == one.home.machine, one.epoch)
                for session_id, one in sorted(view.sessions.items())
                if one.home
            ],
            moves=[
                MoveShown(
                    session_id,
                    _machine_of(view, session_id),
                    aim.value.machine,
                    aim.value.why,
                    aim.value.refused,
                )
                for session_id, aim in sorted(view.goals.items())
            ],
        )

    def _machine_shown(self, name: str) -> MachineShown:
        value = self.view.machines[name].value
        is_here, versions = name == self.machine, value.versions
        return MachineShown(
            name=name,
            url=value.url,
            state=value.state,
            places=value.places,
            used=self.directory.sessions if is_here else value.used,
            is_here=is_here,
            is_drained=name in self.view.drains,
            versions={
                "wppmt": versions.wppmt,
                "chrome": versions.chrome,
                "schema": str(versions.schema_version),
            },
        )


def make_cluster(settings: Settings, moves: Moves, store: Store, directory: Directory) -> Cluster:
    """Within the running loop; nothing is asked of etcd yet. Raises SetupError."""
    cluster, boot = settings.cluster, boot_id()
    versions = Versions(
        wppmt=__version__, schema_version=VERSION, chrome=archives.surroundings(settings).chrome()
    )

    def describe() -> Machine:
        return Machine(
            url=cluster.url,
            places=settings.sessions.max,
            used=directory.sessions,
            versions=versions,
            boot=boot,
        )

    member = Member(
        etcd=etcd_client(cluster),
        terms=Terms(machine=cluster.machine, fences=cluster.failover),
        boot=boot,
        note=LeaseNote(settings.store.state_dir),
        now=lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
        describe=describe,
        vouch=lambda close_at, kill_at: made.guard.until(close_at, kill_at),
        log=logs.log,
    )
    made = Cluster(settings=settings, member=member, moves=moves, store=store, directory=directory)
    return made


def _home(found: Held) -> Home | None:
    return Home.parse(found.home.value) if found.home else None


def _machine_of(view: View, session_id: str) -> str:
    home = view.standing(session_id).home
    return home.machine if home else ""
