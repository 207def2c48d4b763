"""The leader's loop: whoever has put its name at `/wppmt/leader` looks at the cluster and writes goals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from wppmt.cluster.etcd import Etcd, LeaseGone, Unavailable
from wppmt.cluster.leader import Decision, Leader, Terms, commits, election
from wppmt.cluster.scaling import Advice, Places
from wppmt.cluster.view import View
from wppmt.domain.log import WriteLog

LOOK_SECONDS = 1.0


@dataclass(slots=True, kw_only=True)
class Leading:
    machine: str
    etcd: Etcd
    view: View
    lease: Callable[[], int]
    """0: there is none now, and so nothing to lead by."""
    terms: Terms
    now: Callable[[], float]
    """Seconds of a clock that never goes back."""
    log: WriteLog
    told: Callable[[Advice, Places], Coroutine[Any, Any, None]]
    """Where the advice has changed; also at the first look of a term. However long it takes, the cluster is led meanwhile."""
    look_seconds: float = LOOK_SECONDS
    places: Places | None = None
    """As this machine saw them last while it led; None: another one leads."""
    _term: int = field(default=0, init=False)
    _leader: Leader | None = field(default=None, init=False)
    _advised: Advice | None = field(default=None, init=False)
    _telling: asyncio.Task[None] | None = field(default=None, init=False)

    async def run(self) -> None:
        try:
            while True:
                await self._look_once()
                await asyncio.sleep(self.look_seconds)
        finally:
            if self._telling:
                self._telling.cancel()
                await asyncio.gather(self._telling, return_exceptions=True)

    async def _look_once(self) -> None:
        try:
            await self.look()
        except (Unavailable, LeaseGone) as failure:
            self.log("cluster_not_led", level="warning", note=type(failure).__name__)

    async def look(self) -> None:
        """Once. Raises Unavailable, LeaseGone."""
        lease = self.lease()
        if self.view.leader != self.machine or not lease:
            self._leader, self.places = None, None
            if lease and not self.view.leader:
                wanted = election(self.machine, lease)
                await self.etcd.commit(wanted.compares, wanted.operations)
            return
        decision = self._reigning().look(self.view, self.now())
        self.places = decision.places
        for wanted in commits(decision, self.view):
            # One that another has written since is judged again at the next look.
            await self.etcd.commit(wanted.compares, wanted.operations)
        self._tell(decision)

    def _reigning(self) -> Leader:
        if self._leader is None or self._term != self.view.leader_term:
            self._leader, self._term, self._advised = Leader(self.terms), self.view.leader_term, None
            self.log("cluster_led", machine=self.machine, term=self._term)
        return self._leader

    def _tell(self, decision: Decision) -> None:
        """One at a time: what changes meanwhile is told when the former has ended."""
        is_telling = self._telling is not None and not self._telling.done()
        if decision.advice is not self._advised and not is_telling:
            self._advised = decision.advice
            self._telling = asyncio.create_task(self.told(decision.advice, decision.places))
