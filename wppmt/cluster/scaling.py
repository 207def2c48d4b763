"""Whether there should be more machines, or fewer: from the places that are free, and for how long. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

FREE_SHARE = 0.1
"""Of all places: with fewer, or fewer than the largest machine has, there should be one more…"""
SHORT_SECONDS = 600.0
"""… if it lasts so long."""
IDLE_SHARE = 0.5
"""Of all places, in use: with fewer, one machine can go, by a drain…"""
IDLE_SECONDS = 24 * 3600.0
"""… if it lasts so long, and what is left is enough."""


class Advice(StrEnum):
    ENOUGH = "enough"
    MORE = "more"
    FEWER = "fewer"


@dataclass(frozen=True, slots=True)
class Places:
    """Of all machines to which sessions may go. `largest`: of that one of them with the most."""

    all: int = 0
    free: int = 0
    largest: int = 0
    machines: int = 0


@dataclass(slots=True)
class Scaling:
    """Of one leader's time: the next one counts anew."""

    advice: Advice = Advice.ENOUGH
    _seems: Advice = field(default=Advice.ENOUGH, init=False)
    _since: float = field(default=0.0, init=False)

    def look(self, places: Places, now: float) -> Advice:
        """What holds since long enough; `now` in seconds of a clock that never goes back."""
        seems = _seems(places)
        if seems is not self._seems:
            self._seems, self._since = seems, now
        if seems is Advice.ENOUGH or now - self._since >= _HOLD[seems]:
            self.advice = seems
        return self.advice


_HOLD = {Advice.MORE: SHORT_SECONDS, Advice.FEWER: IDLE_SECONDS}


def _seems(places: Places) -> Advice:
    least = max(FREE_SHARE * places.all, places.largest if places.machines > 1 else 0)
    if places.free < least:
        return Advice.MORE
    left = places.free - places.largest
    if places.machines > 1 and places.all - places.free < IDLE_SHARE * places.all and left >= least:
        return Advice.FEWER
    return Advice.ENOUGH
