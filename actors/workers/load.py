"""Measures at intervals what the daemon and every session's browser take of the machine, and reports it. Blocking."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from actors.runtime.effects import Effect, Tell, Wake
from actors.session.messages import Measured
from actors.supervisor.messages import MemoryMeasured
from wppmt.browser.port import Load
from wppmt.domain.figures import Sample
from wppmt.domain.messages import ROOT_ACTOR, session_address

MONITOR_ACTOR = "monitor"
REST = 20
"""A measurement is followed by a rest of at least so many times its length."""


@dataclass(frozen=True, slots=True)
class Measure:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What is measured, and how often."""

    browsers: Callable[[], Mapping[str, Load]]
    own_memory_mb: Callable[[], float]
    """Of the daemon's process."""
    own_cpu_seconds: Callable[[], float]
    processors: float
    """How many the service may use."""
    seconds: float
    """Between two measurements: ten tenants are some seventy files of /proc, each a walk through page tables."""
    clock: Callable[[], float]
    """Seconds, never set back."""


class LoadWorker:
    """The MonitorActor."""

    def __init__(self, scale: Scale, report: Callable[[Sample], None]) -> None:
        self._scale = scale
        self._report = report
        self._tally = CpuTally()
        self._before: tuple[float, float] | None = None
        """Of the last measurement: when it was, and all processor time up to then."""

    def do(self, message: object, now: float) -> Iterator[Effect]:
        match message:
            case Measure():
                yield from self._measure(now)
            case _:
                raise TypeError(type(message).__name__)

    def _measure(self, now: float) -> Iterator[Effect]:
        began = self._scale.clock()
        loads = self._scale.browsers()
        memory_mb, own_cpu_seconds = self._scale.own_memory_mb(), self._scale.own_cpu_seconds()
        cpu_seconds = self._tally.add({session_id: load.cpu_seconds for session_id, load in loads.items()})
        sample = Sample(
            at=now,
            memory_mb={session_id: round(load.pss) for session_id, load in loads.items()},
            cpu_seconds=cpu_seconds,
            total_memory_mb=round(sum(load.pss for load in loads.values()) + memory_mb),
            daemon_memory_mb=round(memory_mb),
            daemon_cpu_seconds=own_cpu_seconds,
            cpu_share=self._share(began, sum(cpu_seconds.values()) + own_cpu_seconds),
        )
        self._report(sample)
        for session_id, megabytes in sample.memory_mb.items():
            yield Tell(session_address(session_id), Measured(megabytes))
        yield Tell(ROOT_ACTOR, MemoryMeasured(sample.total_memory_mb, sample.daemon_memory_mb))
        yield Wake(max(self._scale.seconds, REST * (self._scale.clock() - began)), Measure())

    def _share(self, at: float, used: float) -> float:
        before, self._before = self._before, (at, used)
        if before is None or at <= before[0]:
            return 0.0
        # A browser that was adopted comes with all that it ever used.
        return min(1.0, max(0.0, used - before[1]) / (at - before[0]) / self._scale.processors)


class CpuTally:
    """Processor time that only grows, of browsers that come and go."""

    def __init__(self) -> None:
        self._last: Mapping[str, float] = {}
        self._total: dict[str, float] = {}

    def add(self, shown: Mapping[str, float]) -> Mapping[str, float]:
        """What each session's browser shows now; what all of its browsers have used."""
        for session_id, seconds in shown.items():
            last = self._last.get(session_id, 0.0)
            # Less than before: another browser, which began at 0.
            self._total[session_id] = self._total.get(session_id, 0.0) + (
                seconds - last if seconds >= last else seconds
            )
        self._last = dict(shown)
        return dict(self._total)
