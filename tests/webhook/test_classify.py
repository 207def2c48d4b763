"""What the result of an attempt means for its delivery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.webhook.classify import (
    Answered,
    Delivered,
    EndpointGone,
    Fault,
    RetryLater,
    Unanswered,
    Undeliverable,
    classify_attempt,
)

NOW = 1_770_738_900.75


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(status: int):
    assert classify_attempt(Answered(status), NOW) == Delivered()


@pytest.mark.parametrize("status", [100, 301, 302, 307, 400, 401, 404, 422, 429, 500, 503, 999])
def test_anything_else_is_tried_again(status: int):
    assert classify_attempt(Answered(status), NOW) == RetryLater()


def test_410_ends_it():
    assert classify_attempt(Answered(410), NOW) == EndpointGone()


@pytest.mark.parametrize("fault", Fault)
def test_only_a_forbidden_address_is_final_and_only_no_connection_is_held(fault: Fault):
    expected = (
        Undeliverable() if fault is Fault.FORBIDDEN else RetryLater(unreachable=fault is Fault.UNREACHABLE)
    )
    assert classify_attempt(Unanswered(fault, ""), NOW) == expected


def in_seconds(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("9" * 400, 999_999_999.0),
        (in_seconds(90), 89.25),
        (in_seconds(-90), None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
        ("Wed, 99 Xxx 2026 99:99:99 GMT", None),
        (f"Mon, 1 Jan 2020 00:00:00 +{'9' * 30}", None),
    ],
)
def test_retry_after_is_understood_in_both_forms(header: str, expected: float | None):
    assert classify_attempt(Answered(503, header), NOW) == RetryLater(expected)


@given(st.text())
def test_no_retry_after_breaks_anything(header: str):
    assert isinstance(classify_attempt(Answered(503, header), NOW), RetryLater)
