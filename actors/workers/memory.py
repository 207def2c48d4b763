"""Measures the memory of every session's browser at intervals, and reports it to the sessions and Root. Blocking."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from actors.runtime.effects import Effect, Tell, Wake
from actors.session.messages import Measured
from actors.supervisor.messages import MemoryMeasured
from wppmt.domain.messages import ROOT, session_address

MONITOR = "monitor"


@dataclass(frozen=True, slots=True)
class Measure:
    pass


class MemoryWorker:
    """The MonitorActor."""

    def __init__(
        self, weigh: Callable[[], Mapping[str, float]], weigh_daemon: Callable[[], float], seconds: float
    ) -> None:
        """Every so many `seconds`: ten tenants are some seventy files of /proc, each a walk through page tables."""
        self._weigh = weigh
        self._weigh_daemon = weigh_daemon
        self._seconds = seconds

    def do(self, message: object, now: float) -> Iterator[Effect]:  # noqa: ARG002 - the port of all workers
        match message:
            case Measure():
                yield from self._measure()
            case _:
                raise TypeError(type(message).__name__)

    def _measure(self) -> Iterator[Effect]:
        weights = self._weigh()
        daemon = self._weigh_daemon()
        for session_id, megabytes in weights.items():
            yield Tell(session_address(session_id), Measured(round(megabytes)))
        yield Tell(ROOT, MemoryMeasured(round(sum(weights.values()) + daemon), round(daemon)))
        yield Wake(self._seconds, Measure())
