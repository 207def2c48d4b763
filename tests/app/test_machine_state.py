"""How this machine is, as the cluster is told."""

from __future__ import annotations

from wppmt.app.machine_state import state_of
from wppmt.domain.cluster import MachineState
from wppmt.domain.overview import CommonFailure, Overview
from wppmt.domain.shortages import Resource, Shortage

TOGETHER = CommonFailure(frozenset({"a", "b"}), 3, {"BROWSER_START_FAILED": 2})


def test_it_is_well_unless_no_session_would_start_there():
    full = Shortage(Resource.DISK, 100, 2000)
    assert state_of(Overview()) is MachineState.OK
    assert state_of(Overview(shortages=(full,))) is MachineState.SHORT
    assert state_of(Overview(common_cause=TOGETHER)) is MachineState.FAILING
