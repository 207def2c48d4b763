"""How long a session waits, against docs/contract.md 4."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from wppmt.domain.reconnect_delay import reconnect_delay


@given(st.integers())
def test_reconnecting_waits_30_seconds_give_or_take_a_tenth(seed: int):
    assert 27.0 <= reconnect_delay(earned_immediate=False, random=Random(seed)) <= 33.0
    assert reconnect_delay(earned_immediate=True, random=Random(seed)) == 0.0
