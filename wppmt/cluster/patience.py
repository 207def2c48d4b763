"""How long what has failed is left alone: a second at first, then twice as long each time, up to a minute. No clock of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

FIRST_SECONDS, MOST_SECONDS = 1.0, 60.0


@dataclass(frozen=True, slots=True)
class _Pause:
    seconds: float
    ends_at: float
    why: str


@dataclass(slots=True)
class Patience:
    """`now`: seconds of a clock that never goes back."""

    _pauses: dict[str, _Pause] = field(default_factory=dict)

    def may_try(self, what: str, now: float) -> bool:
        pause = self._pauses.get(what)
        return pause is None or now >= pause.ends_at

    def failed(self, what: str, why: str, now: float) -> bool:
        """Whether that is news: the first time, or for another reason than before."""
        former = self._pauses.get(what)
        seconds = min(2 * former.seconds, MOST_SECONDS) if former else FIRST_SECONDS
        self._pauses[what] = _Pause(seconds, now + seconds, why)
        return former is None or former.why != why

    def succeeded(self, what: str) -> None:
        self._pauses.pop(what, None)
