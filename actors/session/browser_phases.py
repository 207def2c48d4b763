"""How far a session's browser is, in more detail than the seven public states, and the table of all transitions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Phase(StrEnum):
    NONE = "none"
    QUEUED = "queued"
    """Waiting for one of the few start slots."""
    OPENING = "opening"
    ADOPTING = "adopting"
    """An earlier daemon's browser is being taken over."""
    LIVE = "live"
    """The bridge in the page has spoken."""
    CLOSING = "closing"


class Step(StrEnum):
    """What happened to the browser, or is done about it."""

    WANTED = "wanted"
    """Root is asked for a start slot."""
    GRANTED = "granted"
    LEFT_BEHIND = "left_behind"
    """An earlier daemon's browser is there, and is to be adopted."""
    HEARD = "heard"
    """The first notice of its page."""
    CLOSED = "closed"
    """It is told to go down in order; one that only waits for its slot gives that up."""
    CLEARED = "cleared"
    """Whatever is left on the profile is being ended."""
    GONE = "gone"
    """No process is left."""


_COMING = {Step.HEARD: Phase.LIVE, Step.CLOSED: Phase.CLOSING, Step.GONE: Phase.NONE}
PHASES: Mapping[Phase, Mapping[Step, Phase]] = {
    Phase.NONE: {
        Step.WANTED: Phase.QUEUED,
        Step.LEFT_BEHIND: Phase.ADOPTING,
        Step.CLEARED: Phase.CLOSING,
        Step.GONE: Phase.NONE,
    },
    Phase.QUEUED: {Step.GRANTED: Phase.OPENING, Step.CLOSED: Phase.NONE, Step.GONE: Phase.NONE},
    Phase.OPENING: _COMING,
    Phase.ADOPTING: _COMING,
    Phase.LIVE: {Step.CLOSED: Phase.CLOSING, Step.GONE: Phase.NONE},
    # What does not go down in time is killed, and the profile cleared once more.
    Phase.CLOSING: {Step.CLEARED: Phase.CLOSING, Step.GONE: Phase.NONE},
}
COMING = {Phase.OPENING, Phase.ADOPTING}
"""On its way to LIVE."""
RUNNING = COMING | {Phase.LIVE}


class ImpossibleStep(Exception):
    """A bug: this cannot happen to a browser in this phase. Nothing was changed."""


def is_possible(phase: Phase, step: Step) -> bool:
    return step in PHASES[phase]


def next_phase(phase: Phase, step: Step) -> Phase:
    """The phase after `step`. Raises ImpossibleStep."""
    try:
        return PHASES[phase][step]
    except KeyError:
        raise ImpossibleStep(f"{step} in {phase}") from None
