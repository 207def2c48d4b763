"""The schedules, against the numbers of docs/MULTI_TENANT_ARCHITECTURE.md 5.3 and docs/contract.md 4."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.defaults import webhook_schedule
from wppmt.domain.retry import WebhookSchedule, reconnect_delay


def delays(schedule: WebhookSchedule) -> list[float]:
    found: list[float] = []
    while (delay := schedule.next_delay(len(found) + 1)) is not None:
        found.append(delay)
    return found


def test_a_webhook_is_tried_four_times():
    assert delays(webhook_schedule()) == [5.0, 30.0, 300.0]


@pytest.mark.parametrize(
    ("retries", "expected"), [(0, []), (1, [5.0]), (5, [5.0, 30.0, 300.0, 300.0, 300.0])]
)
def test_more_retries_repeat_the_last_interval(retries: int, expected: list[float]):
    assert delays(webhook_schedule(retries=retries)) == expected


@pytest.mark.parametrize(
    ("retry_after", "expected"),
    [(None, 5.0), (0.0, 5.0), (4.0, 5.0), (60.0, 60.0), (300.0, 300.0), (9e9, 300.0)],
)
def test_retry_after_lengthens_within_the_cap_and_never_shortens(retry_after: float | None, expected: float):
    assert webhook_schedule().next_delay(1, retry_after) == expected


def test_the_last_failure_is_the_last_whatever_the_receiver_wishes():
    assert webhook_schedule().next_delay(4, 60.0) is None


@given(st.integers())
def test_reconnecting_waits_30_seconds_give_or_take_a_tenth(seed: int):
    assert 27.0 <= reconnect_delay(earned_immediate=False, random=Random(seed)) <= 33.0
    assert reconnect_delay(earned_immediate=True, random=Random(seed)) == 0.0
