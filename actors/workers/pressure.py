"""Looks every few seconds whether programs wait for memory, and gives back what the daemon itself can spare."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from actors.runtime.effects import Effect, Tell, Wake
from actors.supervisor.messages import PressureMeasured
from wppmt.domain.messages import ROOT_ACTOR

LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class LookAtPressure:
    pass


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Root: memory is short."""


class PressureWorker:
    """The PressureActor."""

    def __init__(self, measure: Callable[[], float | None], give_back: Callable[[], object]) -> None:
        """`measure` gives per cent, or None where that is not known."""
        self._measure = measure
        self._give_back = give_back

    def do(self, message: object, now: float) -> Iterator[Effect]:  # noqa: ARG002 - the port of all workers
        match message:
            case LookAtPressure():
                yield Tell(ROOT_ACTOR, PressureMeasured(self._measure()))
                yield Wake(LOOK_SECONDS, LookAtPressure())
            case GiveBack():
                self._give_back()
            case _:
                raise TypeError(type(message).__name__)
