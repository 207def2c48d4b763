"""Every attempt is told of afterwards, whatever came of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.actors.webhook_world import GONE, OK, REFUSED, World
from tests.defaults import webhook_policy
from wppmt.store.operator_records import Attempt
from wppmt.webhook.classify import Answered

ONE = "http://one.test/"


def told(world: World, event_id: str) -> list[Attempt]:
    return list(world.store.attempts("a", event_id) or ())


def test_failures_and_the_success_are_told_with_answer_and_duration(tmp_path: Path):
    world = World(tmp_path)
    world.endpoints[ONE] = lambda attempt: (
        (Answered(500, body=b"ops"), 0.25) if attempt.number <= 2 else (Answered(204), 0.0)
    )
    event = world.record(endpoint=ONE)
    world.run(60)
    assert told(world, event.id) == [
        Attempt(event.id, "a", 1000.0, 500, 250, "ops", "HTTP 500"),
        Attempt(event.id, "a", 1005.25, 500, 250, "ops", "HTTP 500"),
        Attempt(event.id, "a", 1035.5, 204, 0, "", ""),
    ]


def test_one_without_connection_is_told_although_it_does_not_count(tmp_path: Path):
    world = World(tmp_path, webhook_policy(hold_seconds=3600.0))
    world.endpoints[ONE] = lambda attempt: REFUSED if world.now < 1003 else OK
    event = world.record(endpoint=ONE)
    world.run(60)
    *before, last = told(world, event.id)
    assert {(one.status, one.answer, one.error) for one in before} == {(None, None, REFUSED.detail)}
    assert (last.status, last.error) == (200, "")


def test_one_that_ends_the_deliveries_is_told(tmp_path: Path):
    world = World(tmp_path)
    world.endpoints[ONE] = lambda _: GONE
    event = world.record(endpoint=ONE)
    world.run(1)
    assert [one.status for one in told(world, event.id)] == [410]


@pytest.mark.parametrize("is_full", [True, False])
def test_while_the_store_takes_nothing_they_wait(tmp_path: Path, is_full: bool):
    world = World(tmp_path)
    event = world.record(endpoint=ONE)
    world.store.full = is_full
    world.run(5)
    world.store.full = False
    world.run(5)
    assert [one.status for one in told(world, event.id)] == [200]
