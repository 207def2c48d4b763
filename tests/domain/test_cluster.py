"""The cluster as the operator sees it."""

from __future__ import annotations

from wppmt.domain.cluster import ClusterShown, MachineShown, MachineState


def machine(state: str, *, is_drained: bool = False) -> MachineShown:
    return MachineShown("m", "https://m.test", state, 10, 3, False, is_drained, "1", "156", 25)


def test_places_are_those_of_the_machines_that_take_sessions():
    others = [machine(MachineState.STOPPING), machine(MachineState.SHORT), machine(MachineState.FAILING)]
    shown = ClusterShown(machines=[machine("ok"), machine("ok", is_drained=True), *others])
    assert (shown.free_places, shown.places) == (7, 10)
