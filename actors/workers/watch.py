"""Looks at the service every few seconds, for its alerts: figures may be the kernel's, so a mind must not fetch them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from actors.runtime.effects import Effect, Tell, Wake
from actors.watch.messages import Observed
from actors.watch.seen import Seen
from wppmt.domain.messages import ALERT_ACTOR

WATCH_ACTOR = "watch"
LOOK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class LookAround:
    pass


class WatchWorker:
    """The WatchActor."""

    def __init__(self, see: Callable[[float], Seen]) -> None:
        """`see` is given the epoch second."""
        self._see = see

    def do(self, message: object, now: float) -> Iterator[Effect]:
        match message:
            case LookAround():
                yield Tell(ALERT_ACTOR, Observed(self._see(now)))
                yield Wake(LOOK_SECONDS, LookAround())
            case _:
                raise TypeError(type(message).__name__)
