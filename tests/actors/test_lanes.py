"""Which attempt may start, where a whole world would hide it."""

from __future__ import annotations

from actors.webhooks.lanes import Lanes
from wppmt.store.outbox_records import Delivery, Lane
from wppmt.store.records import EventRecord

LANE = Lane("http://one.test/", "a")


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


def test_a_forgotten_lane_begins_behind_what_a_job_may_still_take():
    lanes = Lanes(longest_wait=300.0)
    lanes.wake(LANE, cursor=9)
    [state] = lanes.for_first_attempt(1000.0)
    assert (state.cursor, state.floor) == (9, 9)
