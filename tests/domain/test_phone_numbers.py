from __future__ import annotations

import pytest

from wppmt.domain.phone_numbers import forms, is_same_number, other_form


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5511999990001", "551199990001"),
        ("5215512345678", "525512345678"),
        ("5491123456789", "541123456789"),
        ("551133334444", None),  # a landline
        ("351912345678", None),
    ],
)
def test_a_number_has_at_most_one_other_form(one: str, other: str | None):
    assert other_form(one) == other
    assert other is None or other_form(other) == one
    assert forms(one) == ((one,) if other is None else (one, other))


def test_two_people_are_never_taken_for_one():
    assert is_same_number("5511999990001", "551199990001")
    assert not is_same_number("5511999990001", "5511999990002")
    assert not is_same_number("5511999990001", "11999990001")
