"""How much programs wait for memory, in the kernel's own words (Documentation/accounting/psi.rst)."""

from __future__ import annotations

import pytest

from wppmt.domain.pressure import parse_pressure

FULL = "full avg10=7.25 avg60=3.00 avg300=1.00 total=123\n"
SOME = "some avg10=12.50 avg60=9.75 avg300=4.00 total=456\n"


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        (SOME + FULL, 12.5),
        (FULL + SOME, 12.5),
        ("some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n", 0.0),
        ("some avg10=100.00 avg60=99.99 avg300=98.00 total=9\n", 100.0),
        (FULL, None),
        ("", None),
        ("some avg10=nan avg60=0.00\n", None),
    ],
)
def test_what_any_program_waited_in_the_last_ten_seconds(text: str, percent: float | None):
    assert parse_pressure(text) == percent
