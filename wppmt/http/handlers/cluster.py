"""Handlers of the cluster: which machines there are, and whose each session is (docs/contract.md 19)."""

from __future__ import annotations

from aiohttp import web

from wppmt.domain.cluster import MachineShown
from wppmt.http.api import cluster_responses
from wppmt.http.api.json_responses import answer
from wppmt.http.ports import PORTS
from wppmt.http.security.guard import GRANT


async def show(request: web.Request) -> web.Response:
    """GET /api/admin/cluster."""
    shown, may = request.app[PORTS].cluster.shown(), request[GRANT].may
    return answer(
        cluster_responses.Cluster(
            enabled=bool(shown.machine),
            machine=shown.machine,
            leader=shown.leader,
            frozen=shown.is_frozen,
            failover=shown.failover,
            free_slots=shown.free_places,
            machines=[_machine(one) for one in shown.machines],
            sessions=[
                cluster_responses.ClusterSession(
                    session_id=one.session_id, machine=one.machine, owned=one.is_owned, epoch=one.epoch
                )
                for one in shown.sessions
                if may(one.session_id)
            ],
            moves=[
                cluster_responses.ClusterMove(
                    session_id=one.session_id, from_=one.from_, to=one.to, why=one.why, refused=one.refused
                )
                for one in shown.moves
                if may(one.session_id)
            ],
        )
    )


def _machine(one: MachineShown) -> cluster_responses.ClusterMachine:
    return cluster_responses.ClusterMachine(
        name=one.name,
        url=one.url,
        state=one.state,
        is_here=one.is_here,
        is_drained=one.is_drained,
        places=one.places,
        used=one.used,
        version=one.wppmt,
        chrome=one.chrome,
        schema_version=one.schema_version,
    )
