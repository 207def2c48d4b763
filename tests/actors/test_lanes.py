"""Which attempt may start, where a whole world would hide it."""

from __future__ import annotations

from actors.lanes import Lanes
from wppmt.store import Delivery, EventRecord, Lane

LANE = Lane("http://one.test/", "a")


def test_a_first_attempt_that_nobody_heard_does_not_begin_a_stopped_lane_again():
    lanes = Lanes(longest_wait=300.0)
    lanes.wake(LANE, cursor=0)
    [state] = lanes.for_first_attempt(1000.0)
    event = EventRecord("evt_1", "a", 1, "message_received", 1000.0, b"{}")
    lanes.start(state, Delivery(1, event, LANE.endpoint), is_retry=False)
    flight = lanes.flight(1)
    assert flight
    lanes.stop(state, up_to=9)
    assert flight.is_given_up
    lanes.finish(flight)
    lanes.refuse(flight, 1000.0)
    assert state.cursor == 9
