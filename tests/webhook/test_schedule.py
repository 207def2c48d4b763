"""When a delivery is tried again, against the numbers of docs/MULTI_TENANT_ARCHITECTURE.md 5.3."""

from __future__ import annotations

import pytest

from tests.defaults import webhook_schedule
from wppmt.webhook.schedule import WebhookSchedule


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
