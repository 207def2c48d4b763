"""How each session was: a point a minute and at each change, thinned out after days, whatever dies."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from actors.runtime.effects import Wake
from actors.watch.history import FINE_DAYS, KEEP_DAYS, HistoryMind
from actors.watch.messages import Sample
from tests.actors.gateway import FlakyStore
from wppmt.domain.states import State
from wppmt.store.port import StoreUnavailable
from wppmt.store.records import HistoryPoint, SessionRecord, SessionStatus

DAY = 86_400.0


class BrokenStore(FlakyStore):
    """Takes no points while it is full."""

    def keep_points(self, points: object) -> None:
        if self.is_full:
            raise StoreUnavailable
        super().keep_points(points)  # type: ignore[arg-type]


class World:
    def __init__(self, folder: Path) -> None:
        self.store = BrokenStore(folder)
        self.statuses: dict[str, SessionStatus] = {}
        self.now = 1_000_000.0
        self.boot()

    def boot(self) -> None:
        self.mind = HistoryMind(self.store, lambda: tuple(self.statuses.values()))

    def set(self, state: State, memory_mb: int | None = 300, name: str = "a") -> None:
        self.statuses[name] = SessionStatus(SessionRecord(name, 0.0, state=state), memory_mb=memory_mb)

    def run(self, seconds: float, step: float = 1.0) -> None:
        for _ in range(int(seconds / step)):
            assert list(self.mind.handle(Sample(), self.now)) == [Wake(1.0, Sample())]
            self.now += step

    def points(self, name: str = "a") -> list[HistoryPoint]:
        return list(self.store.points(name, 0.0))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.set(State.CONNECTED)
    yield made
    made.store.close()


def test_a_point_a_minute_with_state_and_memory(world: World):
    world.run(181)
    times = [point.at - 1_000_000.0 for point in world.points()]
    assert times == [0, 60, 120, 180]
    assert {(point.state, point.memory_mb) for point in world.points()} == {(State.CONNECTED, 300)}


def test_a_change_is_kept_within_a_second(world: World):
    world.run(10)
    world.set(State.RECONNECTING, None)
    world.run(5)
    world.set(State.CONNECTED)
    world.run(5)
    found = [(point.at - 1_000_000.0, point.state) for point in world.points()]
    assert found == [(0, State.CONNECTED), (10, State.RECONNECTING), (15, State.CONNECTED)]
    assert all(point.is_coarse for point in world.points())


def test_what_does_not_change_costs_no_commit(world: World):
    world.run(1)
    before = world.store._database._open_writer().total_changes
    world.run(58)
    assert world.store._database._open_writer().total_changes == before


def test_it_goes_on_after_a_restart_of_the_daemon(world: World):
    world.run(61)
    world.boot()
    world.run(61)
    assert len(world.points()) == 4


def test_a_store_that_takes_nothing_leaves_a_gap_and_no_more(world: World):
    world.run(1)
    world.store.is_full = True
    world.run(120)
    world.store.is_full = False
    world.run(1)
    assert [point.at - 1_000_000.0 for point in world.points()] == [0, 121]


def test_ten_minutes_apart_after_days_and_gone_after_a_month(world: World):
    world.run(FINE_DAYS * DAY + 7200, step=60.0)
    old = [point for point in world.points() if point.at < world.now - FINE_DAYS * DAY - 120]
    gaps = {after.at - before.at for before, after in pairwise(old)}
    assert gaps == {600.0}
    world.now += KEEP_DAYS * DAY
    world.run(600, step=60.0)
    assert all(point.at > world.now - KEEP_DAYS * DAY for point in world.points())
