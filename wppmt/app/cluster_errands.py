"""A machine's own part in what the cluster wants: sessions that leave it, that come up on it, and what an operator asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from wppmt.app.jobs import JobFailed, Jobs
from wppmt.app.returning import Returning
from wppmt.cluster import keys
from wppmt.cluster.errands import Done, Errand, Leave, Return, errands
from wppmt.cluster.etcd import (
    Committed,
    Compare,
    Delete,
    Etcd,
    LeaseGone,
    ModRevision,
    Operation,
    Put,
    Unavailable,
)
from wppmt.cluster.ownership import Transaction, fail_over, held
from wppmt.cluster.patience import Patience
from wppmt.cluster.placement import opens
from wppmt.cluster.values import Goal, Home, Why
from wppmt.cluster.view import View
from wppmt.domain.cluster import MachineState
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.jobs import Job, JobStatus
from wppmt.domain.log import WriteLog
from wppmt.moving.departing import Departing, reason
from wppmt.moving.destination import Destination
from wppmt.moving.receiving import Receiving

LOOK_SECONDS = 0.5
NOT_NOW: Mapping[str, str] = {
    MachineState.STOPPING: "ela está parando",
    MachineState.SHORT: "falta nela disco ou memória",
    MachineState.FAILING: "muitas sessões dela falharam ao mesmo tempo",
}
RETRY_SECONDS = 1.0


@dataclass(slots=True, kw_only=True)
class Errands:
    machine: str
    view: View
    lease: Callable[[], int]
    home_of: Callable[[str], Home]
    etcd: Etcd
    commit: Callable[[Transaction], Awaitable[bool]]
    """Of a session's owner and home, as the machine does all those. Raises Unavailable, LeaseGone."""
    jobs: Jobs
    departing: Departing
    receiving: Receiving
    returning: Returning
    log: WriteLog
    now: Callable[[], float]
    """Seconds of a clock that never goes back."""
    look_seconds: float = LOOK_SECONDS
    _under_way: dict[str, Job] = field(default_factory=dict, init=False)
    _patience: Patience = field(default_factory=Patience, init=False)

    async def run(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(self.look_seconds)

    async def look(self) -> None:
        """Once: begin what is to be done and is not being done."""
        for errand in list(errands(self.view, self.machine, self._is_here)):
            if self._may_begin(errand.session):
                self._begin(errand)
        for incoming in self.receiving.registry.waiting():
            home = self.view.ownership(incoming.session_id).home
            if home and home.machine == self.machine and self._may_begin(incoming.session_id):
                self._start(incoming.session_id, partial(self._take_up, incoming.session_id))

    async def ask(self, session_id: str, machine: str) -> Job:
        """An operator wants a session of ours to go there. Raises Refusal."""
        goal = Goal(machine=machine, why=Why.ASKED)
        self._require_target(machine)
        if self._is_busy(session_id):
            aim = self.view.goals.get(session_id)
            if aim and aim.value.machine == machine:
                return self._under_way[session_id]
            raise Refusal(Code.SESSION_BUSY, retry_after=RETRY_SECONDS)
        key = keys.goal(session_id)
        aim = self.view.goals.get(session_id)
        committed = await self._put([ModRevision(key, aim.revision if aim else 0)], Put(key, goal.dump()))
        if not committed.succeeded:
            raise Refusal(Code.SESSION_BUSY, retry_after=RETRY_SECONDS)
        if self._is_busy(session_id):
            # A look has found the goal before its commit was answered.
            return self._under_way[session_id]
        return self._begin(Leave(session_id, goal, committed.revision))

    def require_all_here(self, session_id: str) -> None:
        """Raises Refusal(MOVING) for one that is ours, and that is still to be brought up from its archive."""
        aim, home = self.view.goals.get(session_id), self.view.ownership(session_id).home
        is_coming = aim is not None and aim.value.why is Why.LOST and aim.value.machine == self.machine
        if is_coming and home and home.machine == self.machine and not self._is_here(session_id):
            raise Refusal(Code.MOVING, retry_after=RETRY_SECONDS)

    async def drain(self, machine: str, *, wanted: bool) -> None:
        """Raises Refusal for a machine that nobody knows."""
        key = keys.drain(machine)
        if wanted and machine not in self.view.machines:
            raise _no_target(f"não há máquina {machine} no cluster agora")
        await self._put([], Put(key, "{}") if wanted else Delete(key))

    def _require_target(self, machine: str) -> None:
        """What is known before anything is begun."""
        here, there = self.view.machines.get(self.machine), self.view.machines.get(machine)
        if machine == self.machine:
            raise _no_target("a sessão já é desta máquina")
        if there is None:
            raise _no_target(f"não há máquina {machine} no cluster agora")
        if not there.value.peer:
            raise _no_target(f"a máquina {machine} não recebe sessões (WPP_CLUSTER_LISTEN)")
        if machine in self.view.drains:
            raise _no_target(f"a máquina {machine} está sendo esvaziada (wppmt undrain {machine})")
        if there.value.state != MachineState.OK:
            why = NOT_NOW.get(there.value.state, there.value.state)
            raise _no_target(f"a máquina {machine} não recebe sessões agora: {why}")
        if here and not opens(here.value.versions, there.value.versions):
            raise _no_target(
                f"a máquina {machine} tem um wppmt ou um Chromium mais antigo, que não abre os dados desta: atualize-a"
            )

    def _begin(self, errand: Errand) -> Job:
        match errand:
            case Leave():
                return self._start(errand.session, partial(self._leave, errand))
            case Return():
                return self._start(errand.session, partial(self._come_back, errand))
            case Done():
                return self._start(errand.session, partial(self._end, errand))

    def _start(self, session_id: str, work: Callable[[], Awaitable[None]]) -> Job:
        job = self.jobs.begin(session_id, partial(self._try, session_id, work), waits=False)
        self._under_way[session_id] = job
        return job

    async def _try(self, session_id: str, work: Callable[[], Awaitable[None]]) -> None:
        """What fails is not tried again at once: it may mean to read a whole archive. Raises what `work` raises."""
        try:
            await work()
        except Exception as failure:
            if self._patience.failed(session_id, str(failure), self.now()):
                self.log("errand_failed", session_id, level="error", reason=str(failure))
            raise
        self._patience.succeeded(session_id)

    async def _leave(self, errand: Leave) -> None:
        machine = errand.goal.machine
        living = self.view.machines.get(machine)
        try:
            if living is None:
                raise JobFailed(f"A máquina {machine} não está no cluster agora")
            await self.departing.move(errand.session, str(Destination(living.value.url, machine)))
        except JobFailed as failure:
            await self._refuse(errand, str(failure))
            raise

    async def _come_back(self, errand: Return) -> None:
        """What another machine has sent of it is newer than every backup."""
        try:
            sent = self.receiving.registry.incoming(errand.session)
            # One that was taken is a former stay's.
            if sent and not sent.is_taken:
                await self._decide(errand)
                await self._take_up(errand.session)
            else:
                await self.returning.bring(errand.session, errand.lost, partial(self._decide, errand))
        except JobFailed as failure:
            if errand.lost and not await self._may_be_ours(errand.session):
                await self._refuse(errand, str(failure))
            raise
        await self._end(errand)

    async def _may_be_ours(self, session_id: str) -> bool:
        """Decided, whatever failed afterwards: the goal stands until the session is here. So, too, where nobody can say."""
        try:
            found = held(await self.etcd.read(keys.session(session_id)), session_id)
        except Unavailable:
            return True
        home = found.home_value
        return home is not None and home.machine == self.machine

    async def _decide(self, errand: Return) -> None:
        """Nobody else has it from here on. Raises JobFailed."""
        if not errand.lost:
            return
        me = self.home_of(errand.session)
        try:
            found = held(await self.etcd.read(keys.session(errand.session)), errand.session)
            home = found.home_value
            may_be = home is not None and home.machine == errand.lost and home.fences
            is_done = (
                found.home is not None
                and may_be
                and await self.commit(fail_over(errand.session, found.home, errand.lost, me, self.lease()))
            )
        except (Unavailable, LeaseGone):
            raise JobFailed("O etcd não responde") from None
        if not is_done:
            raise JobFailed("A sessão já é de outra máquina, ou a dela voltou")

    async def _take_up(self, session_id: str) -> None:
        try:
            await self.receiving.take_up(session_id)
        except Refusal as refusal:
            raise JobFailed(reason(refusal)) from None

    async def _end(self, errand: Return | Done) -> None:
        key = keys.goal(errand.session)
        await self._write(errand, Delete(key))

    async def _refuse(self, errand: Leave | Return, text: str) -> None:
        key, refused = keys.goal(errand.session), errand.goal.model_copy(update={"refused": text})
        await self._write(errand, Put(key, refused.dump()))

    async def _write(self, errand: Errand, operation: Operation) -> None:
        """Unless it is another goal by now. What is not written now the next look finds as it was."""
        with suppress(Unavailable):
            await self.etcd.commit([ModRevision(operation.key, errand.revision)], [operation])

    async def _put(self, compares: Sequence[Compare], operation: Operation) -> Committed:
        """Raises Refusal."""
        try:
            return await self.etcd.commit(compares, [operation])
        except Unavailable:
            raise Refusal(Code.CLUSTER_UNAVAILABLE, retry_after=RETRY_SECONDS) from None

    def _may_begin(self, session_id: str) -> bool:
        return not self._is_busy(session_id) and self._patience.may_try(session_id, self.now())

    def _is_busy(self, session_id: str) -> bool:
        job = self._under_way.get(session_id)
        known = self.jobs.get(job.id) if job else None
        if known and known.status is JobStatus.RUNNING:
            return True
        self._under_way.pop(session_id, None)
        return False

    def _is_here(self, session_id: str) -> bool:
        return self.departing.front.status(session_id) is not None


def _no_target(problem: str) -> Refusal:
    return Refusal(Code.INVALID_REQUEST, details=[{"field": "machine", "problem": problem}])
