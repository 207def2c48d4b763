"""An origin that can't be connected to: when it is held, and when it is probed, also where the clock is set back."""

from __future__ import annotations

from actors.webhooks.origins import HOLD_AFTER, PROBE_SECONDS, Origin, is_ahead


def held(now: float) -> Origin:
    origin = Origin("http://down.test")
    begins = [origin.refuse(number, is_probe=False, now=now) for number in range(1, HOLD_AFTER + 1)]
    assert begins == [False] * (HOLD_AFTER - 1) + [True]
    return origin


def test_the_hold_counts_from_the_first_connect_that_failed():
    origin = Origin("http://down.test")
    for number, now in enumerate((100.0, 105.0, 110.0), start=1):
        origin.refuse(number, is_probe=False, now=now)
    assert (origin.is_held, origin.since) == (True, 100.0)


def test_a_clock_that_is_set_back_does_not_make_the_hold_longer():
    """What began in the future would never be old enough."""
    origin = held(1000.0)
    origin.refuse(HOLD_AFTER + 1, is_probe=True, now=50.0)
    assert origin.since == 50.0


def test_an_answer_begins_the_count_anew():
    origin = held(1000.0)
    assert origin.reach(HOLD_AFTER)
    assert not origin.is_held
    origin.refuse(HOLD_AFTER + 1, is_probe=False, now=2000.0)
    assert (origin.refused, origin.since) == (1, 2000.0)


def test_a_failed_connect_that_began_before_an_answer_proves_nothing():
    origin = Origin("http://down.test")
    origin.reach(5)
    assert not origin.refuse(5, is_probe=False, now=1.0)
    assert origin.refused == 0


def test_each_probe_waits_longer_than_the_one_before_up_to_the_last_distance():
    origin, waits, now = held(0.0), [], 0.0
    for number in range(10, 15):
        waits.append(origin.probe_at - now)
        now = origin.probe_at
        origin.refuse(number, is_probe=True, now=now)
    assert waits == [*PROBE_SECONDS, PROBE_SECONDS[-1], PROBE_SECONDS[-1]]


def test_only_a_probe_counts_while_it_is_held():
    origin = held(0.0)
    before = origin.probe_at
    assert not origin.refuse(9, is_probe=False, now=0.5)
    assert (origin.probe_at, origin.next_probe) == (before, before)


def test_nobody_else_tries_while_a_probe_is_in_flight_or_not_due():
    origin = held(0.0)
    assert not origin.may_be_tried(0.5)
    assert origin.may_be_tried(PROBE_SECONDS[0])
    origin.is_probed = True
    assert not origin.may_be_tried(PROBE_SECONDS[0])
    assert origin.next_probe is None


def test_a_moment_that_lies_further_ahead_than_it_can_is_not_waited_for():
    assert is_ahead(10.0, 5.0, at_most=5.0)
    assert not is_ahead(10.1, 5.0, at_most=5.0)
    assert not is_ahead(5.0, 5.0, at_most=5.0)
