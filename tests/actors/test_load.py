"""What the daemon and the browsers take of the machine: measured at intervals, told to sessions, Root and who reports it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from actors.runtime.effects import Effect, Tell, Wake
from actors.session.messages import Measured
from actors.supervisor.messages import MemoryMeasured
from actors.workers.load import CpuTally, LoadWorker, Measure, Scale
from wppmt.browser.port import Load
from wppmt.domain.figures import Sample
from wppmt.domain.messages import ROOT_ACTOR, session_address


class Machine:
    """Levers: what every measurement shows."""

    def __init__(self) -> None:
        self.loads = {"a": Load(100.4, 90.0, 10.0), "b": Load(200.4, 90.0, 20.0)}
        self.own_cpu = 5.0
        self.time = 1000.0
        self.takes = 0.0
        """Seconds, by the measurement itself."""
        self.samples: list[Sample] = []
        scale = Scale(
            browsers=self.measured,
            own_memory_mb=lambda: 50.4,
            own_cpu_seconds=lambda: self.own_cpu,
            processors=2,
            seconds=7.0,
            clock=lambda: self.time,
        )
        self.worker = LoadWorker(scale, self.samples.append)

    def measured(self) -> dict[str, Load]:
        self.time += self.takes
        return dict(self.loads)

    def measure(self) -> Iterable[Effect]:
        return list(self.worker.do(Measure(), 50.0))


def test_every_session_root_and_the_report_get_the_same_figures():
    machine = Machine()
    assert machine.measure() == [
        Tell(session_address("a"), Measured(100)),
        Tell(session_address("b"), Measured(200)),
        Tell(ROOT_ACTOR, MemoryMeasured(351, 50)),
        Wake(7.0, Measure()),
    ]
    [sample] = machine.samples
    assert sample == Sample(50.0, {"a": 100, "b": 200}, {"a": 10.0, "b": 20.0}, 351, 50, 5.0, 0.0)


def test_the_share_is_of_all_processors_since_the_last_time():
    machine = Machine()
    machine.measure()
    machine.time += 10
    machine.loads["a"] = Load(100.0, 90.0, 14.0)
    machine.own_cpu += 1
    machine.measure()
    # 4 + 1 of 2 * 10 seconds.
    assert machine.samples[-1].cpu_share == pytest.approx(0.25)


def test_an_adopted_browser_s_past_is_no_more_than_all_of_it():
    machine = Machine()
    machine.measure()
    machine.time += 10
    machine.loads["c"] = Load(100.0, 90.0, 9000.0)
    machine.measure()
    assert machine.samples[-1].cpu_share == 1.0


def test_measuring_takes_little_of_a_core():
    machine = Machine()
    machine.takes = 1.0
    *_, rest = machine.measure()
    assert rest == Wake(20.0, Measure())


def test_processor_time_only_grows():
    tally = CpuTally()
    assert tally.add({"a": 5.0}) == {"a": 5.0}
    assert tally.add({"a": 7.0}) == {"a": 7.0}
    # Another browser.
    assert tally.add({"a": 1.0}) == {"a": 8.0}
    assert tally.add({}) == {"a": 8.0}
    assert tally.add({"a": 0.5}) == {"a": 8.5}
