"""The alerts' actor hears when events to an endpoint are given up on, and when it takes one again."""

from __future__ import annotations

from pathlib import Path

import pytest

from actors.watch.messages import EndpointDelivered, EndpointExhausted
from tests.actors.webhook_world import ERROR, GONE, REFUSED, World
from tests.defaults import webhook_policy
from wppmt.store.records import ALERTS
from wppmt.webhook.classify import AttemptResult

ONE = "http://one.test/"
HOUR = 3600.0
EXHAUSTED, DELIVERED = EndpointExhausted("a", ONE), EndpointDelivered(ONE)


def fill(world: World, answer: AttemptResult | None, seconds: float = HOUR) -> list[object]:
    """One event while the endpoint answers so; what is told."""
    world.notices.clear()
    world.endpoints.pop(ONE, None)
    if answer:
        world.endpoints[ONE] = lambda _: answer
    world.record()
    world.run(seconds)
    return list(world.notices)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize("answer", [ERROR, GONE, REFUSED])
def test_the_last_attempt_is_told_and_so_is_the_next_success(world: World, answer: AttemptResult):
    assert fill(world, None) == [DELIVERED]
    assert fill(world, None) == []
    assert fill(world, answer) == [EXHAUSTED]
    with world.store.transaction() as transaction:
        transaction.resume_lanes("a")
    assert fill(world, None) == [DELIVERED]


def test_attempts_that_are_not_the_last_are_nobodys_alarm(world: World):
    assert fill(world, ERROR, seconds=10.0) == []


def test_what_was_held_for_too_long_is_told(tmp_path: Path):
    world = World(tmp_path, webhook_policy(hold_seconds=1800.0))
    assert fill(world, REFUSED, seconds=1000.0) == []
    world.run(HOUR)
    assert world.notices == [EXHAUSTED]


def test_after_a_crash_the_first_success_is_told_whatever_was_before(world: World):
    fill(world, ERROR)
    world.endpoints.clear()
    world.crash()
    assert fill(world, None) == [DELIVERED]


def test_the_operators_own_webhook_rings_no_alarm_and_is_not_counted(world: World):
    world.endpoints[ONE] = lambda _: ERROR
    world.record(session_id=ALERTS, name="alert")
    world.run(HOUR)
    assert world.notices == []
    assert world.counted == []
    assert world.store.webhook_counts(ALERTS).dead == 1
