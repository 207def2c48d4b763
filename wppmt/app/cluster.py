"""One machine of a cluster: this one. Imported only where there is one (WPP_CLUSTER_ETCD)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from actors.runtime.directory import Directory
from wppmt import __version__
from wppmt.app import archives, logs
from wppmt.app.cluster_moves import home_of_session, peer_url
from wppmt.app.cluster_names import require_same_name
from wppmt.app.cluster_work import ClusterWork, errands, leading
from wppmt.app.etcd import etcd_client
from wppmt.app.keeping_on import kept_on
from wppmt.app.left_behind import Browsers, LeftBehind
from wppmt.app.machine_state import state_of
from wppmt.app.moves import Moves
from wppmt.app.settings import Settings
from wppmt.app.upkeep import MISSING, Upkeep
from wppmt.browser.port import StartFailed
from wppmt.cluster.etcd import Etcd, LeaseGone, Unavailable
from wppmt.cluster.lease_note import LeaseNote, boot_id
from wppmt.cluster.member import Member, NameTaken
from wppmt.cluster.overview import show
from wppmt.cluster.ownership import Held, Transaction, claim, epoch_on, take_back
from wppmt.cluster.right import Denied, Terms
from wppmt.cluster.values import Machine, Versions
from wppmt.cluster.view import View
from wppmt.domain.cluster import ClusterShown
from wppmt.domain.errors import Code, Refusal, SetupError
from wppmt.domain.jobs import Job
from wppmt.domain.messages import ROOT_ACTOR, MayRunBrowsers
from wppmt.domain.troubles import CLUSTER_DISPUTED, CLUSTER_FENCED, CLUSTER_FROZEN, CLUSTER_MISSING, Trouble
from wppmt.moving.giving_up import GivingUp
from wppmt.store.port import Store
from wppmt.store.sqlite.schema import VERSION

SETTLE_SECONDS = 30.0
"""For everything to be taken back before the first browser; what is not, is later."""
FENCE_SECONDS = 0.25
RETRY_SECONDS = 5.0


@dataclass(kw_only=True, eq=False)
class Cluster:
    """What the daemon's other parts ask of it: `claimed`, `require_here`, `right`, `shown`."""

    settings: Settings
    member: Member
    upkeep: Upkeep
    store: Store
    directory: Directory
    work: ClusterWork

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
        return self.member.is_frozen

    @property
    def is_known(self) -> bool:
        """Whether etcd has told since the daemon was started whose the sessions are."""
        return self.member.holdings.is_known

    def epoch_of(self, session_id: str) -> int | None:
        """By which this machine owns it; None where it does not."""
        return epoch_on(self.lease, self.member.holdings.of(session_id))

    # Whose is a session?

    def require_here(self, session_id: str) -> None:
        """Raises Refusal(NOT_OWNER) with `owner`."""
        home = self.member.holdings.of(session_id).home_value
        if home and home.machine != self.machine:
            raise Refusal(Code.NOT_OWNER, extra={"owner": home.url})
        self.work.errands.require_all_here(session_id)

    async def move(self, session_id: str, machine: str) -> Job:
        """Raises Refusal."""
        return await self.work.errands.ask(session_id, machine)

    async def drain(self, machine: str, *, wanted: bool) -> None:
        """Raises Refusal."""
        await self.work.errands.drain(machine, wanted=wanted)

    @asynccontextmanager
    async def claimed(self, session_id: str, *, restores: bool = False) -> AsyncIterator[None]:
        """Within, the session is this machine's, though it has no row yet. Raises Refusal: NOT_OWNER, CLUSTER_UNAVAILABLE, and
        SESSION_EXISTS for one that is missing here, unless what is missing is brought.
        """
        self.upkeep.claiming.add(session_id)
        try:
            if self.store.session(session_id) is None:
                await self._claim(session_id, restores=restores)
                await asyncio.to_thread(self.upkeep.begin_anew, session_id)
            yield
        finally:
            self.upkeep.claiming.discard(session_id)

    def right(self, session_id: str, profile: Path) -> int:
        """wppmt.browser.port.Right."""
        verdict = self.member.right(session_id, profile)
        if isinstance(verdict, Denied):
            raise StartFailed("OWNERSHIP_UNPROVEN", verdict.value)
        return verdict

    @property
    def may_run_browsers(self) -> bool:
        """Also after a lease that is new: not before everything is taken back."""
        return not self.member.terms.fences or (
            not self.member.is_fenced and self.upkeep.settled_on == self.lease
        )

    # Its life.

    @asynccontextmanager
    async def living(self, browsers: Browsers) -> AsyncIterator[None]:
        """From before the first actor until after the last. First, what is ours is taken back, and what is another's given up.

        The guard of `browsers` closes them when nobody else does. Raises SetupError.
        """
        self.member.vouch = browsers.guard.until
        require_same_name(self.member.note.machine(), self.machine, len(self.store.sessions()))
        tokens = self.settings.store.tokens_dir
        self.upkeep.left_behind = await asyncio.to_thread(LeftBehind, tokens, browsers)
        await self._join()
        tasks = [kept_on(one, self.member.log) for one in (self.member.keep_lease, self.member.follow)]
        try:
            await self._settle()
            tasks += [kept_on(one, self.member.log) for one in (self._fence, self.upkeep.keep)]
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _join(self) -> None:
        try:
            await self.member.join()
            await self.member.read()
        except NameTaken:
            raise SetupError(
                f"Já há uma máquina {self.machine} neste cluster, e ela está no ar: escolha outro"
                " WPP_CLUSTER_MACHINE"
            ) from None
        except Unavailable:
            self.member.log("etcd_unreachable", level="error", note="O serviço começa sem o etcd")

    async def _settle(self) -> None:
        try:
            async with asyncio.timeout(SETTLE_SECONDS):
                await self.upkeep.before_actors()
        except (Unavailable, LeaseGone, TimeoutError):
            return

    def stops(self) -> None:
        """From now on nobody brings a session here."""
        self.member.is_stopping = True
        self.member.changed.set()

    async def leave(self, *, hands_over: bool) -> None:
        """Where its browsers are closed, whoever may bring its sessions up need not wait."""
        if not hands_over:
            await self.member.leave()
        await self.etcd.close()

    async def _fence(self) -> None:
        """Root is told of each change."""
        told = True
        while True:
            if (may := self.may_run_browsers) != told and self.directory.tell(
                ROOT_ACTOR, MayRunBrowsers(may)
            ):
                told = may
                event = "browsers_allowed" if may else "browsers_withheld"
                self.member.log(event, level="info" if may else "error")
            await asyncio.sleep(FENCE_SECONDS)

    async def _claim(self, session_id: str, *, restores: bool) -> None:
        """Raises Refusal."""
        found, is_missing = self.member.holdings.of(session_id), self.upkeep.is_missing(session_id)
        if is_missing and not restores:
            self.require_here(session_id)
            raise Refusal(Code.SESSION_EXISTS, details=[{"field": "sessionId", "problem": MISSING}])
        if epoch_on(self.lease, found) is not None:
            return
        self.require_here(session_id)
        if not self.member.membership.holds(self.member.now()):
            raise Refusal(Code.CLUSTER_UNAVAILABLE, retry_after=RETRY_SECONDS)
        if not is_missing:
            self.upkeep.expect(session_id)
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
        return claim(session_id, self.upkeep.home(session_id), self.lease)

    @property
    def troubles(self) -> Sequence[Trouble]:
        """For /api/health."""
        found: list[Trouble] = []
        if self.is_frozen:
            found.append(CLUSTER_FROZEN if self.may_run_browsers else CLUSTER_FENCED)
        if self.upkeep.disputed:
            found.append(CLUSTER_DISPUTED)
        if self.upkeep.missing:
            found.append(CLUSTER_MISSING)
        return found

    def shown(self) -> ClusterShown:
        return replace(
            show(self.view, self.machine, self.directory.sessions),
            is_frozen=self.is_frozen,
            failover=self.member.terms.fences,
        )


def make_member(settings: Settings, directory: Directory) -> Member:
    """Within the running loop; nothing is asked of etcd yet. Raises SetupError."""
    cluster, boot = settings.cluster, boot_id(settings.store.state_dir)
    versions = Versions(
        wppmt=__version__, schema_version=VERSION, chrome=archives.surroundings(settings).chrome()
    )

    def describe() -> Machine:
        return Machine(
            url=cluster.url,
            peer=peer_url(cluster),
            places=settings.sessions.max,
            used=directory.sessions,
            versions=versions,
            boot=boot,
            state=state_of(directory.overview()),
        )

    return Member(
        etcd=etcd_client(cluster),
        terms=Terms(machine=cluster.machine, fences=cluster.failover),
        boot=boot,
        note=LeaseNote(settings.store.state_dir),
        now=lambda: time.clock_gettime(time.CLOCK_BOOTTIME),
        describe=describe,
        log=logs.log,
    )


def make_cluster(
    settings: Settings, member: Member, moves: Moves, store: Store, directory: Directory
) -> Cluster:
    home_of = partial(home_of_session, settings, store, member.terms)
    upkeep = Upkeep(
        member=member,
        store=store,
        giving_up=GivingUp(moves.departing),
        home_of=home_of,
    )
    return Cluster(
        settings=settings,
        member=member,
        upkeep=upkeep,
        store=store,
        directory=directory,
        work=ClusterWork(
            leading=leading(settings, member),
            errands=errands(settings, member, moves, store, upkeep.home),
        ),
    )
