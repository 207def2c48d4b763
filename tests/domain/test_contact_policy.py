"""A session's policy towards strangers: days, quiet hours and budgets, also where clocks are set back or forward."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.domain.clocks import is_clock, is_time_zone
from wppmt.domain.contact_policy import DAY_SECONDS, ContactPolicy

NIGHT = ContactPolicy(quiet_from="22:00", quiet_to="07:30")
NOON = ContactPolicy(quiet_from="12:00", quiet_to="13:00")
ZONES = [
    "America/Sao_Paulo",
    "America/Noronha",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "UTC",
]
MOMENTS = st.floats(0, 2_000_000_000)


def at(text: str, zone: str = "America/Sao_Paulo", fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


@pytest.mark.parametrize(
    ("policy", "now", "until"),
    [
        (NIGHT, "2026-03-10T21:59:59", None),
        (NIGHT, "2026-03-10T22:00:00", "2026-03-11T07:30:00"),
        (NIGHT, "2026-03-11T00:00:00", "2026-03-11T07:30:00"),
        (NIGHT, "2026-03-11T07:29:59", "2026-03-11T07:30:00"),
        (NIGHT, "2026-03-11T07:30:00", None),
        (NOON, "2026-03-11T12:30:00", "2026-03-11T13:00:00"),
        (NOON, "2026-03-11T11:59:00", None),
        (ContactPolicy(), "2026-03-11T03:00:00", None),
    ],
)
def test_quiet_hours_end_when_they_say(policy: ContactPolicy, now: str, until: str | None):
    assert policy.quiet_until(at(now)) == (at(until) if until else None)


def test_quiet_hours_over_a_clock_that_is_set_back():
    """Berlin has 02:30 twice on this night: what is quiet until then is quiet again an hour later, and ends."""
    policy = ContactPolicy(quiet_from="02:00", quiet_to="02:30", time_zone="Europe/Berlin")
    first, second = (at("2026-10-25T02:30:00", "Europe/Berlin", fold) for fold in (0, 1))
    assert policy.quiet_until(first - 60) == first
    assert policy.quiet_until(first) is None
    assert policy.quiet_until(second - 60) == second


@given(MOMENTS, st.sampled_from(ZONES), st.integers(0, 1439), st.integers(0, 1439))
def test_once_quiet_hours_are_over_they_are_over(now: float, zone: str, start: int, end: int):
    clocks = [f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (start, end)]
    policy = ContactPolicy(quiet_from=clocks[0], quiet_to=clocks[1], time_zone=zone)
    until = policy.quiet_until(now)
    assert until is None or now < until <= now + DAY_SECONDS + 7200


@given(MOMENTS, st.sampled_from(ZONES))
def test_days_follow_one_another_without_a_gap(now: float, zone: str):
    policy = ContactPolicy(time_zone=zone)
    start, end = policy.day_of(now)
    assert start <= now < end
    assert DAY_SECONDS - 7200 <= end - start <= DAY_SECONDS + 7200
    assert policy.day_of(end)[0] == end
    assert policy.day_of(start) == (start, end)


@pytest.mark.parametrize(("days", "budget"), [(0, 5), (0.9, 5), (1, 10), (3, 20), (5, 30), (500, 30)])
def test_a_young_account_warms_up(days: float, budget: int):
    policy = ContactPolicy(new_contacts_per_day=30, warm_up=True)
    assert policy.budget(1000.0, 1000.0 + days * DAY_SECONDS) == budget


def test_a_small_budget_is_never_raised_by_warming_up():
    assert ContactPolicy(new_contacts_per_day=3, warm_up=True).budget(0.0, 0.0) == 3
    assert ContactPolicy(warm_up=True).budget(0.0, 0.0) is None


def test_the_machines_own_zones_are_not_asked():
    assert zoneinfo.TZPATH == ()
    assert is_time_zone("America/Sao_Paulo")


def test_what_is_a_clock_and_what_is_a_time_zone():
    assert [text for text in ("00:00", "23:59", "24:00", "7:30", "12:60", "12:30 ") if is_clock(text)] == [
        "00:00",
        "23:59",
    ]
    assert is_time_zone("America/Manaus")
    for name in ("America/Sao Paulo", "Marte/Base", "", "../etc/passwd", "/etc/passwd"):
        assert not is_time_zone(name)
