"""The bucket of each asker, and the brake on who asks on."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.http.security import buckets
from wppmt.http.security.buckets import FREE_REFUSALS, Brake, Buckets


def test_zero_switches_it_off():
    assert [Buckets(0).wait("a", 5.0) for _ in range(1000)] == [0.0] * 1000


def test_each_asker_has_its_own():
    two = Buckets(2)
    assert [two.wait("a", 5.0) for _ in range(3)] == [0.0, 0.0, pytest.approx(30.0)]
    assert two.wait("b", 5.0) == 0.0


@given(st.lists(st.floats(0, 20), max_size=80), st.integers(1, 20))
def test_never_more_than_twice_the_rate_in_a_minute_and_never_less_than_it(gaps: list[float], rate: int):
    """A full bucket may be followed by what leaks out meanwhile; who keeps to the rate is never refused."""
    one = Buckets(rate)
    admitted: list[float] = []
    now = 1e9
    for gap in gaps:
        now += gap
        recent = sum(at > now - 60 for at in admitted)
        wait = one.wait("a", now)
        if wait == 0:
            admitted.append(now)
            assert recent < 2 * rate
        else:
            assert recent >= rate
            assert wait <= 60 / rate + 1e-6


def test_a_refused_one_gets_in_after_the_wait():
    one = Buckets(3)
    while not (wait := one.wait("a", 100.0)):
        pass
    assert one.wait("a", 100.0 + wait) == 0.0


def test_a_clock_that_was_set_back_keeps_nobody_out_for_long():
    one = Buckets(1)
    assert one.wait("a", 1e9) == 0.0
    assert one.wait("a", 1e6) <= 60.0
    assert one.wait("a", 1e6 + 120.0) == 0.0


def test_made_up_addresses_take_no_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(buckets, "KEYS", 100)
    many = Buckets(1)
    for number in range(10_000):
        many.wait(str(number), 5.0)
    assert len(many._empty_until) <= 101


async def test_the_brake_lets_the_first_refusals_go_and_others_too():
    brake = Brake(seconds=3600)
    async with asyncio.timeout(1):
        assert not any([await brake.hold("a", 5.0) for _ in range(FREE_REFUSALS)])
        assert not await brake.hold("b", 5.0)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(brake.hold("a", 5.0), 0.01)


async def test_the_brake_holds_only_so_many(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(buckets, "BRAKED_AT_ONCE", 2)
    brake = Brake(seconds=3600)
    for _ in range(FREE_REFUSALS):
        await brake.hold("a", 5.0)
    held = [asyncio.create_task(brake.hold("a", 5.0)) for _ in range(3)]
    done, waiting = await asyncio.wait(held, timeout=0.05)
    assert (len(done), len(waiting)) == (1, 2)
    assert all(task.result() for task in done)
    for task in waiting:
        task.cancel()
