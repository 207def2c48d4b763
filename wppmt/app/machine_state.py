"""How this machine is, as the cluster is told."""

from __future__ import annotations

from wppmt.domain.cluster import MachineState
from wppmt.domain.overview import Overview


def state_of(overview: Overview) -> MachineState:
    """That it stops, only who stops it knows."""
    if overview.shortages:
        return MachineState.SHORT
    return MachineState.FAILING if overview.common_cause else MachineState.OK
