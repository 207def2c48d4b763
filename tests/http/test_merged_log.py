"""Lines that a caller can cause at will: told at once, then counted."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from tests.http.fakes import FakeLog
from wppmt.http.merged_log import MERGE_SECONDS, MOST_KEYS, MergedLog


class Clock:
    """Timers that fire by hand."""

    def __init__(self) -> None:
        self._due: list[Callable[[], None]] = []

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        assert seconds == MERGE_SECONDS
        self._due.append(act)

    def a_minute_passes(self) -> None:
        due, self._due = self._due, []
        for act in due:
            act()


def _counts(log: FakeLog) -> list[object]:
    return [line["details"].get("repeated") for line in log.lines]


def test_repetitions_are_counted_once_a_minute_until_they_end():
    log, clock = FakeLog(), Clock()
    merged = MergedLog(log, clock.later)
    for _ in range(4):
        merged.note("a", "refused", "a")
    clock.a_minute_passes()
    merged.note("a", "refused", "a")
    clock.a_minute_passes()
    clock.a_minute_passes()
    merged.note("a", "refused", "a")
    assert _counts(log) == [None, 3, 1, None]


def test_the_count_comes_with_the_latest_details():
    log, clock = FakeLog(), Clock()
    merged = MergedLog(log, clock.later)
    for used in (5000, 5100):
        merged.note("memory", "resource_limit", memory=used)
    clock.a_minute_passes()
    assert [line["details"] for line in log.lines] == [{"memory": 5000}, {"memory": 5100, "repeated": 1}]


@given(st.lists(st.integers(0, 2 * MOST_KEYS) | st.none(), max_size=400))
def test_whatever_comes_memory_is_bounded_and_everything_is_told(steps: list[int | None]):
    log, clock = FakeLog(), Clock()
    merged = MergedLog(log, clock.later)
    for step in steps:
        if step is None:
            clock.a_minute_passes()
        else:
            merged.note(step, "refused", client=str(step))
        assert len(merged._lines) <= MOST_KEYS + 1
    clock.a_minute_passes()
    told = sum(int(count) if isinstance(count, int) else 1 for count in _counts(log))
    assert told == sum(step is not None for step in steps)


def test_who_is_one_too_many_is_counted_with_the_others():
    log, clock = FakeLog(), Clock()
    merged = MergedLog(log, clock.later)
    for number in range(MOST_KEYS + 5):
        merged.note(number, "refused", str(number))
    assert len(log.lines) == MOST_KEYS + 1
    assert (log.lines[-1]["sessionId"], log.lines[-1]["details"]) == (None, {"others": True})
