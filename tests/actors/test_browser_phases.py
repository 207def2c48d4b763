"""The one table of a browser's phases: every step in every phase."""

from __future__ import annotations

import pytest

from actors.session.browser_phases import (
    PHASES,
    RUNNING,
    ImpossibleStep,
    Phase,
    Step,
    is_possible,
    next_phase,
)

PAIRS = [(phase, step) for phase in Phase for step in Step]
AS_MEANT = {
    Step.WANTED: {Phase.NONE: Phase.QUEUED},
    Step.GRANTED: {Phase.QUEUED: Phase.OPENING},
    Step.LEFT_BEHIND: {Phase.NONE: Phase.ADOPTING},
    Step.HEARD: {Phase.OPENING: Phase.LIVE, Phase.ADOPTING: Phase.LIVE},
    Step.CLOSED: {
        Phase.QUEUED: Phase.NONE,
        Phase.OPENING: Phase.CLOSING,
        Phase.ADOPTING: Phase.CLOSING,
        Phase.LIVE: Phase.CLOSING,
    },
    Step.CLEARED: {Phase.NONE: Phase.CLOSING, Phase.CLOSING: Phase.CLOSING},
    Step.GONE: dict.fromkeys(Phase, Phase.NONE),
}
"""By step instead of by phase."""


@pytest.mark.parametrize(("phase", "step"), PAIRS)
def test_every_step_in_every_phase_leads_where_it_should_or_is_refused(phase: Phase, step: Step):
    meant = AS_MEANT[step].get(phase)
    assert is_possible(phase, step) == (meant is not None)
    if meant is None:
        with pytest.raises(ImpossibleStep):
            next_phase(phase, step)
    else:
        assert next_phase(phase, step) is meant


def test_every_phase_can_be_reached():
    assert {after for row in PHASES.values() for after in row.values()} == set(Phase)


def test_a_kill_is_possible_always_and_ends_everything():
    assert {next_phase(phase, Step.GONE) for phase in Phase} == {Phase.NONE}


def test_what_runs_can_be_closed():
    assert {next_phase(phase, Step.CLOSED) for phase in RUNNING} == {Phase.CLOSING}
