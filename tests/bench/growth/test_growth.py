"""What the daemon costs as sessions grow: the judgement, and the daemon with fake browsers that it is measured on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.growth.report import drawing, report
from tests.bench.growth.stage import Costs, FakeDaemon
from tests.support import wait_until
from tests.system.receiver import Receiver

BASE = Costs(1, 80.2, 20, 1.0, 0.9, 0.001, 0.002, 1000, 0.001, 0.5)
FEW = replace(BASE, sessions=100, memory_mb=100.0, threads=218, boot=2.0, boot_cpu=1.4, idle_percent=1.5)
MANY = replace(BASE, sessions=1000, memory_mb=280.0, threads=2018, boot=11.0, boot_cpu=5.9, idle_percent=10.0)


def verdicts(*stages: Costs) -> dict[str, bool]:
    return {figure.key: figure.is_met for figure in report(stages).figures}


def test_what_grows_with_the_sessions_alone_is_well():
    assert all(verdicts(BASE, FEW, MANY).values())


@pytest.mark.parametrize(
    ("key", "worse"),
    [
        ("growth_memory_1000", replace(MANY, memory_mb=1200)),
        ("growth_threads_1000", replace(MANY, threads=3300)),
        ("growth_bend_boot_cpu", replace(MANY, boot_cpu=8.0)),
        ("growth_bend_idle_percent", replace(MANY, idle_percent=15.0)),
        ("growth_bend_event_cpu", replace(MANY, event_cpu=0.002)),
        ("growth_bend_status_p50", replace(MANY, status_p50=0.002)),
    ],
)
def test_what_grows_faster_is_told(key: str, worse: Costs):
    assert verdicts(BASE, FEW, worse)[key] is False


def test_memory_and_threads_are_those_that_sessions_add():
    told = {figure.key: figure.median for figure in report([BASE, FEW, MANY]).figures}
    assert told["growth_memory_100"] == pytest.approx(0.2)
    assert told["growth_threads_1000"] == pytest.approx(2.0)


def test_the_drawing_has_a_panel_for_each_measure():
    assert drawing([BASE, FEW, MANY]).count("<g ") == 6


@pytest.mark.slow
@pytest.mark.timeout(40)
def test_the_daemon_runs_on_fake_browsers(tmp_path: Path):
    with Receiver() as receiver:
        daemon = FakeDaemon(tmp_path, 3, receiver.sink.url)
        try:
            daemon.start()
            daemon.await_connected()
            daemon.receive(6)
            for name in daemon.names:
                wait_until(lambda name=name: _messages(receiver, name) == 2, 10)  # type: ignore[misc]
            assert daemon.stop() < 20
        finally:
            daemon.end()


def _messages(receiver: Receiver, name: str) -> int:
    return sum(arrival.event["event"] == "message_received" for arrival in receiver.of(name))
