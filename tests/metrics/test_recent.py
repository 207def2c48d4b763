"""What happened lately: in it while it is recent, and read as alerts need it."""

from __future__ import annotations

import pytest

from wppmt.domain.figures import Recent
from wppmt.domain.occurrences import (
    RequestAnswered,
    SendFailedLater,
    WebhookAttempted,
    WebhookOutcome,
)
from wppmt.metrics.recent import RecentCounts


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recent(clock: Clock) -> RecentCounts:
    return RecentCounts(clock)


def answered(seconds: float = 0.02, **more: bool | float) -> RequestAnswered:
    return RequestAnswered("/x", "GET", 200, seconds, **more)  # type: ignore[arg-type] # flags and numbers


def test_nothing_has_happened(recent: RecentCounts):
    assert recent.now() == Recent()
    assert recent.now().error_rate == 0.0


def test_failures_are_of_requests_and_of_sends_that_fail_later(recent: RecentCounts):
    for number in range(10):
        recent.count(answered(failed=number == 0))
    recent.count(SendFailedLater("a"))
    assert (recent.now().requests, recent.now().failures) == (10, 2)
    assert recent.now().error_rate == pytest.approx(0.2)


def test_watchers_are_no_traffic(recent: RecentCounts):
    recent.count(answered(by_watcher=True, failed=True))
    assert recent.now() == Recent()


def test_the_wait_for_whatsapp_is_not_ours(recent: RecentCounts):
    recent.count(answered(8.0, waited=7.99))
    assert recent.now().response_seconds < 0.025


def test_one_slow_answer_in_a_hundred_is_not_slowness_but_ten_are(recent: RecentCounts):
    for number in range(100):
        recent.count(answered(7.0 if number == 0 else 0.02))
    assert recent.now().response_seconds < 0.1
    for _ in range(10):
        recent.count(answered(7.0))
    assert 5.0 < recent.now().response_seconds <= 10.0


def test_an_answer_that_took_minutes_is_slow_too(recent: RecentCounts):
    recent.count(answered(600.0))
    assert recent.now().response_seconds > 60.0


def test_failed_webhooks_count_for_a_minute_and_requests_for_five(recent: RecentCounts, clock: Clock):
    for outcome in WebhookOutcome:
        recent.count(WebhookAttempted("a", outcome))
    recent.count(answered())
    assert recent.now().webhooks_failed == 2
    clock.time += 65
    assert (recent.now().webhooks_failed, recent.now().requests) == (0, 1)
    clock.time += 240
    assert recent.now() == Recent()
