"""What is remembered of how each lane goes."""

from __future__ import annotations

from actors.webhooks.health import MOST_LANES, QUIET_SECONDS, DeliveryHealth
from wppmt.store.outbox_records import Lane

LANES = [Lane(f"http://one.test/{number}", "a") for number in range(MOST_LANES + 1)]


def test_lanes_that_were_ever_seen_do_not_pile_up():
    """Of purged sessions and changed webhooks nothing is ever heard again."""
    health = DeliveryHealth()
    first, second, *others = LANES
    for lane in (first, second):
        assert health.fail(lane, 1000.0)
    assert not health.fail(first, 1001.0)
    for lane in others:
        health.fail(lane, 1002.0)
    assert not health.fail(first, 1003.0), "heard of lately"
    assert health.fail(second, 1003.0), "forgotten"


def test_a_lane_that_recovers_again_is_due_a_minute_after_its_replay():
    health = DeliveryHealth()
    lane = LANES[0]
    assert health.work(lane, 1000.0)
    health.dead_letters_looked_at(lane, 1000.0, is_over=True)
    assert not health.work(lane, 1001.0)
    assert not health.fail(lane, 1002.0)
    assert health.due(1000.0 + QUIET_SECONDS) is None, "it fails"
    assert not health.work(lane, 1003.0)
    assert health.due(999.0 + QUIET_SECONDS) is None
    assert health.due(1000.0 + QUIET_SECONDS) == lane
    health.dead_letters_looked_at(lane, 1000.0 + QUIET_SECONDS, is_over=True)
    assert health.due(1e9) is None
