"""What the operator is shown of a cluster, from one machine's copy of what etcd knows."""

from __future__ import annotations

from wppmt.cluster.view import Living, View
from wppmt.domain.cluster import ClusterShown, MachineShown, MoveShown, SessionShown


def show(view: View, here: str, used: int) -> ClusterShown:
    """`used`: places of this machine, as of now."""
    return ClusterShown(
        machine=here,
        leader=view.leader,
        machines=[_machine(view, machine, here, used) for _, machine in sorted(view.machines.items())],
        sessions=[
            SessionShown(session_id, one.home.machine, one.owner == one.home.machine, one.epoch)
            for session_id, one in sorted(view.sessions.items())
            if one.home
        ],
        moves=[
            MoveShown(
                session_id, _home(view, session_id), aim.value.machine, aim.value.why.value, aim.value.refused
            )
            for session_id, aim in sorted(view.goals.items())
        ],
    )


def _machine(view: View, machine: Living, here: str, used: int) -> MachineShown:
    value, is_here = machine.value, machine.name == here
    return MachineShown(
        name=machine.name,
        url=value.url,
        state=value.state,
        places=value.places,
        used=used if is_here else value.used,
        is_here=is_here,
        is_drained=machine.name in view.drains,
        wppmt=value.versions.wppmt,
        chrome=value.versions.chrome,
        schema_version=value.versions.schema_version,
    )


def _home(view: View, session_id: str) -> str:
    home = view.ownership(session_id).home
    return home.machine if home else ""
