"""Which attempt may start, where a whole world would hide it."""

from __future__ import annotations

import pytest

from actors.webhooks.lanes import CONNECTIONS, NEVER, RETRIES_PER_LANE, Lanes, LaneState
from actors.webhooks.origins import HOLD_AFTER
from wppmt.store.outbox_records import Delivery, Lane
from wppmt.store.records import EventRecord

LANE = Lane("http://one.test/", "a")
NOW = 1000.0


def begin(lanes: Lanes, state: LaneState, number: int, *, is_retry: bool) -> None:
    event = EventRecord(f"evt_{number}", state.lane.session_id, number, "message_received", NOW, b"{}")
    lanes.start(state, Delivery(number, event, state.lane.endpoint), is_retry=is_retry)


def with_retries_in_flight(lanes: Lanes, retries: int) -> LaneState:
    """LANE, with so many; one more is due."""
    lanes.wake(LANE, cursor=0)
    [state] = lanes.for_first_attempt(NOW)
    for number in range(1, retries + 1):
        begin(lanes, state, number, is_retry=True)
    lanes.has_no_more(state)
    lanes.retry_at(state, NOW)
    return state


def connect(lanes: Lanes, others: int) -> None:
    """So many attempts elsewhere are in flight."""
    for number in range(others):
        lanes.wake(Lane(f"http://other{number}.test/", "b"), cursor=0)
    for number, state in enumerate(lanes.for_first_attempt(NOW), start=100):
        begin(lanes, state, number, is_retry=False)


def test_a_stopped_lane_goes_on_behind_its_dead_letters():
    lanes = Lanes(longest_wait=300.0)
    lanes.wake(LANE, cursor=0)
    [state] = lanes.for_first_attempt(1000.0)
    event = EventRecord("evt_1", "a", 1, "message_received", 1000.0, b"{}")
    lanes.start(state, Delivery(1, event, LANE.endpoint), is_retry=False)
    flight = lanes.flight(1)
    assert flight
    lanes.stop(state, up_to=9)
    assert flight.is_dead_letter
    assert state.cursor == 9
    lanes.finish(flight)
    lanes.refuse(flight, 1000.0)
    assert state.cursor == 9


def test_an_origin_that_nobody_needs_any_more_is_not_probed():
    lanes = Lanes(longest_wait=300.0)
    lanes.wake(LANE, cursor=0)
    [state] = lanes.for_first_attempt(NOW)
    for number in range(1, HOLD_AFTER + 1):
        begin(lanes, state, number, is_retry=False)
        flight = lanes.flight(number)
        assert flight
        lanes.finish(flight)
        lanes.refuse(flight, NOW)
    assert NOW < lanes.next_moment(NOW) < NEVER
    lanes.stop(state, up_to=HOLD_AFTER)
    lanes.drop_idle(state)
    assert lanes.next_moment(NOW) == NEVER


def test_a_forgotten_lane_begins_behind_what_a_job_may_still_take():
    lanes = Lanes(longest_wait=300.0)
    lanes.wake(LANE, cursor=9)
    [state] = lanes.for_first_attempt(1000.0)
    assert (state.cursor, state.floor) == (9, 9)


@pytest.mark.parametrize(
    ("retries", "in_flight", "is_started"),
    [
        (0, CONNECTIONS, True),
        (1, CONNECTIONS - 1, True),
        (1, CONNECTIONS, False),
        (RETRIES_PER_LANE - 1, RETRIES_PER_LANE - 1, True),
        (RETRIES_PER_LANE, RETRIES_PER_LANE, False),
    ],
)
def test_the_limits_are_for_further_retries_and_one_is_always_allowed(
    retries: int, in_flight: int, is_started: bool
):
    lanes = Lanes(longest_wait=300.0)
    state = with_retries_in_flight(lanes, retries)
    connect(lanes, in_flight - retries)
    assert next(lanes.for_retry(NOW), None) is (state if is_started else None)
