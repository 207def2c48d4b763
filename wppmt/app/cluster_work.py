"""What a machine does for its cluster all the time: lead it, where it is its turn, and its own part in what the leader wants."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from wppmt.app import archives, logs
from wppmt.app.cluster_errands import Errands
from wppmt.app.keeping_on import kept_on
from wppmt.app.moves import Moves
from wppmt.app.returning import Returning
from wppmt.app.scale_hook import advise
from wppmt.app.settings import Settings
from wppmt.cluster.leader import Terms
from wppmt.cluster.leading import Leading
from wppmt.cluster.member import Member
from wppmt.cluster.values import Home
from wppmt.store.port import Store


@dataclass(frozen=True, slots=True)
class ClusterWork:
    leading: Leading
    errands: Errands

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        tasks = [kept_on(one, logs.log) for one in (self.leading.run, self.errands.run)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def leading(settings: Settings, member: Member) -> Leading:
    cluster = settings.cluster
    return Leading(
        machine=member.terms.machine,
        etcd=member.etcd,
        view=member.view,
        lease=lambda: 0 if member.is_frozen else member.membership.lease,
        terms=Terms(cluster.failover, cluster.failover_seconds, cluster.moves_at_once),
        now=member.now,
        log=logs.log,
        told=partial(advise, cluster.scale_hook, logs.log),
    )


def errands(
    settings: Settings, member: Member, moves: Moves, store: Store, home_of: Callable[[str], Home]
) -> Errands:
    cluster, departing = settings.cluster, moves.departing
    returning = Returning(
        where=archives.surroundings(settings),
        archives=Path(cluster.archives) if cluster.archives else None,
        store=store,
        front=departing.front,
        registry=moves.registry,
        now=time.time,
        log=logs.log,
    )
    return Errands(
        machine=member.terms.machine,
        view=member.view,
        lease=lambda: member.membership.lease,
        home_of=home_of,
        etcd=member.etcd,
        commit=member.commit,
        jobs=departing.jobs,
        departing=departing,
        receiving=moves.receiving,
        returning=returning,
        log=logs.log,
        now=member.now,
    )
