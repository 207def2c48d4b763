"""What is done before the kernel ends something for want of memory. Pure.

While programs wait for memory, caches are dropped, sessions that nobody uses hibernate where they may, and none starts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from actors.runtime.effects import Effect, Log, Tell
from actors.session.messages import MemoryShort
from actors.workers.pressure import GiveBack
from wppmt.domain.messages import PRESSURE_ACTOR, session_address
from wppmt.domain.shortages import Resource, Shortage
from wppmt.store.records import SessionStatus

RELEASE = 0.5
"""Of the mark: below that it is calm…"""
CALM_SECONDS = 10.0
"""… and after so long it is over."""
AT_ONCE = 2
"""Sessions that are told at one look: a browser that closes costs memory at first."""
AGAIN_SECONDS = 60.0
"""Before the same one is told again."""


class MemoryPressure:
    """By Root's measurements; 0 per cent: nothing is ever done."""

    def __init__(self, percent: float = 0.0) -> None:
        self.is_high = False
        self.percent: float | None = None
        """As last measured; None where the kernel does not tell."""
        self._mark = percent
        self._calm_since: float | None = None
        self._told: dict[str, float] = {}

    @property
    def shortage(self) -> Shortage | None:
        if not self.is_high:
            return None
        return Shortage(Resource.PRESSURE, round(self.percent or 0.0), round(self._mark))

    def measured(self, percent: float | None, sessions: Sequence[str], now: float) -> Iterator[Effect]:
        """`sessions`: those with a browser, the longest unused first."""
        self.percent = percent
        if not self.is_high and self._mark and percent is not None and percent >= self._mark:
            self.is_high = True
            yield Log("error", "memory_pressure", None, {"percent": percent, "mark": self._mark})
            yield Tell(PRESSURE_ACTOR, GiveBack())
        if self.is_high and self._has_calmed(percent or 0.0, now):
            self.is_high = False
            yield Log("info", "memory_pressure_over", None, {"percent": percent})
        if self.is_high:
            yield from self._tell(sessions, now)

    def _has_calmed(self, percent: float, now: float) -> bool:
        if percent >= RELEASE * self._mark:
            self._calm_since = None
            return False
        # The clock may have been set back.
        self._calm_since = now if self._calm_since is None else min(self._calm_since, now)
        is_over = now - self._calm_since >= CALM_SECONDS
        if is_over:
            self._calm_since = None
        return is_over

    def _tell(self, sessions: Sequence[str], now: float) -> Iterator[Effect]:
        self._told = {name: at for name, at in self._told.items() if abs(now - at) < AGAIN_SECONDS}
        due = [name for name in sessions if name not in self._told]
        for name in due[:AT_ONCE]:
            self._told[name] = now
            yield Tell(session_address(name), MemoryShort())


def longest_unused(statuses: Mapping[str, SessionStatus]) -> list[str]:
    """Sessions that have a browser."""
    records = [one.record for one in statuses.values() if one.record.process]
    return [one.id for one in sorted(records, key=lambda one: (one.last_activity or 0.0, one.id))]
