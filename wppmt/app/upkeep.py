"""Keeps etcd and this machine's registry in step: what is here is owned, what was ended is released, what is another's is given up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Container, Sequence
from dataclasses import dataclass, field

from wppmt.cluster import keys
from wppmt.cluster.etcd import LeaseGone, Unavailable
from wppmt.cluster.member import Member
from wppmt.cluster.ownership import held
from wppmt.cluster.reconciling import Commit, GiveUp, Situation, Step, steps
from wppmt.cluster.values import Home
from wppmt.domain.errors import Refusal
from wppmt.moving.destination import Destination
from wppmt.moving.giving_up import GivingUp
from wppmt.store.move_records import DepartureState
from wppmt.store.port import Store, StoreUnavailable

LOOK_SECONDS, PAUSE_SECONDS = 3.0, 0.3
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
    _known: set[str] = field(default_factory=set, init=False)
    """Sessions that were in the registry since the daemon was started, and did not leave it."""
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
        await self._reconcile(self._give_up_unstarted)

    async def keep(self) -> None:
        """Until cancelled, and with it what it has begun."""
        try:
            while True:
                await self._look()
                await asyncio.sleep(PAUSE_SECONDS)
        finally:
            for task in self._leaving.values():
                task.cancel()

    async def _look(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.member.changed.wait(), LOOK_SECONDS)
        self.member.changed.clear()
        try:
            await self.member.tell()
            await self._reconcile(self._give_up)
        except (Unavailable, LeaseGone):
            return
        except (StoreUnavailable, OSError) as failure:
            self.member.log("cluster_not_reconciled", level="warning", note=str(failure))

    async def _reconcile(self, give_up: Callable[[str, str], Awaitable[None]]) -> None:
        if not self.member.holdings.is_known:
            return
        lease = self.member.membership.lease
        for step in await asyncio.to_thread(self._steps, lease):
            match step:
                case Commit(transaction=transaction):
                    await self.member.commit(transaction)
                case GiveUp(session_id=session_id):
                    if home := await self._is_elsewhere(session_id):
                        await give_up(session_id, str(Destination(home.url, home.machine)))
        self.settled_on = lease

    def _steps(self, lease: int) -> Sequence[Step]:
        """What a move does meanwhile is seen before or after; that is why it is asked twice."""
        on_their_way = set(self._on_their_way())
        here = {record.id for record in self.store.sessions()}
        on_their_way |= set(self._on_their_way())
        self._known |= here
        self._known -= {one.session_id for one in self.store.departures()}
        situation = Situation(lease=lease, here=here, ended=self._known - here, on_their_way=on_their_way)
        return list(steps(situation, self.member.holdings, self.home))

    def _on_their_way(self) -> Collection[str]:
        """Whom a move, a start or a way back from a backup takes care of."""
        leaving = {one.session_id for one in self.store.departures() if one.state in _UNFINISHED}
        coming = {one.session_id for one in self.store.incoming() if not one.is_taken}
        me, goals = self.member.terms.machine, self.member.view.goals
        aimed_here = {session_id for session_id, aim in list(goals.items()) if aim.value.machine == me}
        return leaving | coming | aimed_here | self.claiming | self._leaving.keys()

    async def _is_elsewhere(self, session_id: str) -> Home | None:
        """As of now: what a watch has told may be old. Raises Unavailable."""
        found = held(await self.member.etcd.read(keys.session(session_id)), session_id).home
        home = Home.parse(found.value) if found else None
        return home if home and home.machine != self.member.terms.machine else None

    async def _give_up_unstarted(self, session_id: str, owner: str) -> None:
        await asyncio.to_thread(self.giving_up.before_actors, session_id, owner)

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
