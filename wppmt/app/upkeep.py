"""Keeps etcd and this machine's registry in step: what is here is owned, what was ended is released, what is another's is given up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wppmt.cluster import keys, stamps
from wppmt.cluster.etcd import LeaseGone, Unavailable
from wppmt.cluster.member import Member
from wppmt.cluster.ownership import epoch_on, held
from wppmt.cluster.reconciling import Commit, Dispute, GiveUp, Situation, Step, steps
from wppmt.cluster.right import Stamp
from wppmt.cluster.values import Home
from wppmt.domain.errors import Refusal
from wppmt.domain.messages import CloseSession, session_address
from wppmt.moving.destination import Destination
from wppmt.moving.giving_up import GivingUp
from wppmt.store.move_records import DepartureState
from wppmt.store.port import Store, StoreUnavailable

CLOSE_SECONDS = 75.0
LOOK_SECONDS, PAUSE_SECONDS = 3.0, 0.3
DISPUTED = (
    "O etcd diz que ela é de outra máquina, e nada prova que esta a entregou: fica fechada aqui, com o login."
    " docs/operacao.md (O etcd e as máquinas discordam) diz como decidir qual é a certa"
)
MISSING = (
    "O etcd diz que ela é desta máquina, e aqui não há nada dela: restaure um backup dela aqui (wppmt restore); ou, se não deve"
    " mais existir ou está em outra máquina, apague as chaves dela no etcd: etcdctl del --prefix /wppmt/sessions/ID/"
)
_UNFINISHED = {DepartureState.LEAVING, DepartureState.GONE}


@dataclass(kw_only=True, eq=False)
class Upkeep:
    """In one event loop."""

    member: Member
    store: Store
    giving_up: GivingUp
    home_of: Callable[[str], Home]
    """What this machine says of a session of its own; reads the store."""
    left_behind: Container[str] = field(default=(), init=False)
    """Sessions whose browser nobody guards yet."""
    claiming: set[str] = field(default_factory=set, init=False)
    """Sessions that are about to come into the registry."""
    settled_on: int = field(default=0, init=False)
    """The lease under which everything was taken back that could be."""
    disputed: frozenset[str] = field(default=frozenset(), init=False)
    """Sessions that are here, closed, while etcd names another machine, and nothing says which is right."""
    missing: frozenset[str] = field(default=frozenset(), init=False)
    """Sessions that are this machine's by etcd, and of which it knows nothing."""
    _known: set[str] = field(default_factory=set, init=False)
    """Sessions that were in the registry since the daemon was started, and did not leave it."""
    _is_guard_released: bool = field(default=False, init=False)
    _leaving: dict[str, asyncio.Task[None]] = field(default_factory=dict, init=False)

    def home(self, session_id: str) -> Home:
        """What is written of it now. That this machine fences, not before that is so."""
        home = self.home_of(session_id)
        return home.model_copy(update={"fences": False}) if session_id in self.left_behind else home

    def expect(self, session_id: str) -> None:
        """It was claimed: where nothing comes of it, it is released."""
        self._known.add(session_id)

    async def before_actors(self) -> None:
        """Raises Unavailable, LeaseGone, StoreUnavailable, OSError."""
        self._known |= set(await asyncio.to_thread(self.store.forgotten))
        await self._reconcile(self._give_up_unstarted, _nothing)

    async def keep(self) -> None:
        """Until cancelled, and with it what it has begun."""
        try:
            while True:
                await self._look()
                await asyncio.sleep(PAUSE_SECONDS)
        finally:
            leaving = list(self._leaving.values())
            for task in leaving:
                task.cancel()
            await asyncio.gather(*leaving, return_exceptions=True)

    async def _look(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.member.changed.wait(), LOOK_SECONDS)
        self.member.changed.clear()
        try:
            await self.member.tell()
            await self._reconcile(self._give_up, self._close)
        except (Unavailable, LeaseGone):
            return
        except (StoreUnavailable, OSError) as failure:
            self.member.log("cluster_not_reconciled", level="warning", note=str(failure))

    async def _reconcile(
        self, give_up: Callable[[str, str], Awaitable[None]], close: Callable[[str], Awaitable[None]]
    ) -> None:
        if not self.member.holdings.is_known:
            return
        lease = self.member.membership.lease
        disputed = set()
        for step in await asyncio.to_thread(self._steps, lease):
            match step:
                case Dispute(session_id=session_id):
                    disputed.add(session_id)
                case Commit(transaction=transaction):
                    await self.member.commit(transaction)
                case GiveUp(session_id=session_id):
                    if home := await self._is_elsewhere(session_id):
                        await give_up(session_id, str(Destination(home.url, home.machine)))
        new = sorted(disputed - self.disputed)
        self._tell("session_disputed", DISPUTED, new)
        await asyncio.gather(*(close(session_id) for session_id in new))
        self.disputed = frozenset(disputed)
        await self._release_the_guard()
        self.settled_on = lease

    async def _release_the_guard(self) -> None:
        """One that a former daemon has left: it goes on until nobody counts on it any more."""
        if self._is_guard_released or self.member.terms.fences:
            return
        homes = [self.member.holdings.of(session_id).home_value for session_id in self._known]
        me = self.member.terms.machine
        if not any(home.fences for home in homes if home and home.machine == me):
            await self.member.tell_guard(0, 0.0, 0.0)
            self._is_guard_released = True

    def _steps(self, lease: int) -> Sequence[Step]:
        """What a move does meanwhile is seen before or after; that is why it is asked twice."""
        on_their_way = set(self._on_their_way())
        here = {record.id for record in self.store.sessions()}
        on_their_way |= set(self._on_their_way())
        self._known |= here
        self._known -= {one.session_id for one in self.store.departures()}
        situation = Situation(lease=lease, here=here, ended=self._known - here, on_their_way=on_their_way)
        self._prove(here - on_their_way, lease)
        self._look_for_missing(here | on_their_way)
        return list(steps(situation, self.member.holdings, self.home, self._epoch_here))

    def _prove(self, here: Collection[str], lease: int) -> None:
        """Also of a session whose browser was never opened here it is on the disk that it was this machine's."""
        for session_id in here:
            if session_id in self.left_behind:
                # A stamp would say that somebody guards its browser.
                continue
            epoch, profile = epoch_on(lease, self.member.holdings.of(session_id)), self._profile(session_id)
            if epoch is not None and profile.is_dir() and not (profile / stamps.FILE).exists():
                with contextlib.suppress(OSError):
                    stamps.write(profile, Stamp(epoch, self.member.terms.machine, fences=True))

    def _epoch_here(self, session_id: str) -> int | None:
        try:
            stamp = stamps.read(self._profile(session_id))
        except OSError:
            return None
        return stamp.epoch if stamp and stamp.machine == self.member.terms.machine else None

    def _profile(self, session_id: str) -> Path:
        return self.giving_up.departing.place.profile(session_id)

    def is_missing(self, session_id: str) -> bool:
        """It is to be here by etcd, and nothing here ever was it, as far as is known."""
        ownership = self.member.view.ownership(session_id)
        is_ours = ownership.home is not None and ownership.home.machine == self.member.terms.machine
        return is_ours and session_id not in self._known

    def begin_anew(self, session_id: str) -> None:
        """That one of this name once went away is history. Raises StoreUnavailable."""
        registry = self.giving_up.departing.registry
        departure = registry.departure(session_id)
        if departure and departure.state is DepartureState.SETTLED:
            with self.store.transaction() as transaction:
                transaction.drop_departure(session_id)
            registry.reload()

    def _look_for_missing(self, accounted: Collection[str]) -> None:
        missing = {
            one for one in list(self.member.view.sessions) if one not in accounted and self.is_missing(one)
        }
        self._tell("session_missing", MISSING, missing - self.missing)
        self.missing = frozenset(missing)

    def _tell(self, event: str, note: str, sessions: Collection[str]) -> None:
        for session_id in sorted(sessions):
            self.member.log(event, session_id, level="error", note=note)

    def _on_their_way(self) -> Collection[str]:
        """Whom a move, a start or a way back from a backup takes care of."""
        leaving = {one.session_id for one in self.store.departures() if one.state in _UNFINISHED}
        coming = {one.session_id for one in self.store.incoming() if not one.is_taken}
        me, goals = self.member.terms.machine, self.member.view.goals
        aimed_here = {session_id for session_id, aim in list(goals.items()) if aim.value.machine == me}
        return leaving | coming | aimed_here | self.claiming | self._leaving.keys()

    async def _is_elsewhere(self, session_id: str) -> Home | None:
        """As of now: what a watch has told may be old. Raises Unavailable."""
        home = held(await self.member.etcd.read(keys.session(session_id)), session_id).home_value
        return home if home and home.machine != self.member.terms.machine else None

    async def _close(self, session_id: str) -> None:
        """Raises nothing: whoever starts it from now on is refused."""
        front = self.giving_up.departing.front
        try:
            await front.ask(session_address(session_id), CloseSession(), CLOSE_SECONDS)
        except Refusal as refusal:
            self.member.log("session_not_closed", session_id, level="error", note=str(refusal))

    async def _give_up_unstarted(self, session_id: str, owner: str) -> None:
        """Whoever has no more time for it has that much: the actors find it whole, or not at all."""
        work = asyncio.ensure_future(asyncio.to_thread(self.giving_up.before_actors, session_id, owner))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait({work})
            raise

    async def _give_up(self, session_id: str, owner: str) -> None:
        """It takes as long as a browser takes to close: meanwhile the others go on."""
        task = asyncio.create_task(self._try_to_give_up(session_id, owner))
        self._leaving[session_id] = task
        task.add_done_callback(lambda _: self._leaving.pop(session_id, None))

    async def _try_to_give_up(self, session_id: str, owner: str) -> None:
        try:
            await self.giving_up.give_up(session_id, owner)
        except (Refusal, StoreUnavailable, OSError) as failure:
            self.member.log("session_not_given_up", session_id, level="warning", note=str(failure))


async def _nothing(_: str) -> None:
    """It has no actor yet, and no browser is opened or adopted without a right."""
