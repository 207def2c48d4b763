"""The schedule of a session that may hibernate, for all plans, zones and moments."""

from __future__ import annotations

from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.domain.hibernation import (
    DAY,
    EARLY,
    HOUR,
    LONG_STAY,
    LONGEST_HOURS,
    MINUTE,
    SHORT_STAY,
    SPREAD,
    HibernationPlan,
)

ZONES = st.sampled_from(
    ["America/Sao_Paulo", "America/Noronha", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
)
MOMENTS = st.floats(0, 2_000_000_000)
CLOCKS = st.integers(0, 1439).map(lambda minutes: f"{minutes // 60:02}:{minutes % 60:02}")
HOURS = st.one_of(st.just(("", "")), st.tuples(CLOCKS, CLOCKS).filter(lambda hours: hours[0] != hours[1]))
PLANS = st.builds(
    lambda idle, hours, wake: HibernationPlan(idle, hours[0], hours[1], wake),
    st.floats(0.05, 1440),
    HOURS,
    st.floats(0.1, LONGEST_HOURS),
)
RANDOMS = st.integers(0, 1000).map(Random)
ZONE = "America/Sao_Paulo"
OFFICE = HibernationPlan(30, "08:00", "20:00", 6)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).timestamp()


@pytest.mark.parametrize(
    ("used", "sleeps"),
    [
        ("2026-03-10T21:00:00", "2026-03-10T21:30:00"),
        ("2026-03-10T12:00:00", "2026-03-10T20:00:00"),
        ("2026-03-10T19:45:00", "2026-03-10T20:15:00"),
        ("2026-03-10T07:45:00", "2026-03-10T20:00:00"),
        ("2026-03-10T07:15:00", "2026-03-10T07:45:00"),
    ],
)
def test_it_sleeps_when_it_was_idle_for_long_enough_and_the_customer_is_gone(used: str, sleeps: str):
    assert OFFICE.may_sleep_at(at(used), ZONE) == at(sleeps)


@given(PLANS, MOMENTS, ZONES)
def test_it_never_sleeps_too_early_nor_in_the_customers_hours(plan: HibernationPlan, used: float, zone: str):
    moment = plan.may_sleep_at(used, zone)
    assert moment >= used + plan.idle_minutes * MINUTE
    assert not plan.is_awake_hour(moment, zone)
    assert moment <= used + plan.idle_minutes * MINUTE + DAY + HOUR


@given(PLANS, MOMENTS, ZONES, RANDOMS)
def test_every_plan_wakes_within_its_hours(plan: HibernationPlan, asleep: float, zone: str, random: Random):
    wakes = plan.wake_at(asleep, zone, random)
    assert asleep <= wakes <= asleep + plan.wake_hours * HOUR


@given(PLANS.filter(lambda plan: plan.awake_from), MOMENTS, ZONES, RANDOMS)
def test_it_is_there_when_the_customers_hours_begin(
    plan: HibernationPlan, asleep: float, zone: str, random: Random
):
    wakes = plan.wake_at(asleep, zone, random)
    was_asleep_in_the_hours = any(
        plan.is_awake_hour(moment, zone)
        for moment in (asleep + MINUTE, wakes - MINUTE)
        if asleep < moment < wakes
    )
    assert plan.is_awake_hour(asleep, zone) or not was_asleep_in_the_hours


@given(PLANS, MOMENTS, ZONES, RANDOMS)
def test_those_that_went_to_sleep_together_wake_apart(
    plan: HibernationPlan, asleep: float, zone: str, random: Random
):
    wakes = sorted(plan.wake_at(asleep, zone, random) for _ in range(30))
    spread = wakes[-1] - wakes[0]
    assert spread <= max(SPREAD * plan.wake_hours * HOUR, EARLY) + EARLY
    assert spread > 0 or wakes[0] == asleep


@given(PLANS, MOMENTS)
def test_no_day_passes_without_a_long_stay(plan: HibernationPlan, began: float):
    """Woken by the schedule alone, as late as it may."""
    last_long, now = began, began
    for _ in range(300):
        now += plan.wake_hours * HOUR
        assert now - last_long <= DAY + 1e-3
        stay = plan.stay(now, last_long)
        assert stay in {SHORT_STAY, LONG_STAY}
        if stay == LONG_STAY:
            last_long = now
    wakes = 300 if plan.wake_hours * HOUR * 300 > DAY else 0
    assert last_long > began or not wakes
