"""The structure of JSON, counted before it is built, and the room that bodies take."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.domain.errors import Code, Refusal
from wppmt.http.api import json_structure
from wppmt.http.api.body_room import SMALL_BYTES, BodyRoom
from wppmt.http.api.json_structure import MAX_DEPTH, MAX_VALUES, check_structure

TOO_MUCH = {
    "lists": b"[" + b"[]," * MAX_VALUES + b"[]]",
    "objects": b"[" + b"{}," * MAX_VALUES + b"{}]",
    "members": b"{" + b",".join(b'"%d":0' % number for number in range(MAX_VALUES + 1)) + b"}",
    "numbers": b"[" + b"1," * MAX_VALUES + b"1]",
    "a number": b"[1." + b"1" * json_structure.MAX_BARE + b"]",
    "strings": b"[" + b'"",' * json_structure.MAX_QUOTES + b'""]',
    "depth": b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
    "after a string with everything": rb'["\\\"[[,", ' + b"[]," * MAX_VALUES + b"[]]",
    "spread by spaces": (b"[" + b"[]  ,\n" * MAX_VALUES + b"[]]"),
}


@pytest.mark.parametrize("raw", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_more_structure_than_a_request_can_have_is_refused(raw: bytes):
    json.loads(raw)  # well-formed: only its size speaks against it
    with pytest.raises(ValueError, match="demais"):
        check_structure(raw)


HONEST = {
    "a file": json.dumps({"base64": "QUJD" * 2_500_000}).encode(),
    "a text of brackets": json.dumps({"message": '[{,"' * 16_000}).encode(),
    "a text of quotes": json.dumps({"message": '"' * 65_536}).encode(),
    "a text of backslashes": json.dumps({"message": "\\" * 65_536}).encode(),
    "many mentions": json.dumps({"mentions": ["5511999999999"] * 1024}).encode(),
    "spaces": b"[" + b" " * 1_000_000 + b"]",
}


@pytest.mark.parametrize("raw", HONEST.values(), ids=HONEST.keys())
def test_what_a_request_can_have_passes(raw: bytes):
    check_structure(raw)


def values_in(value: Any) -> int:
    """As the text has them: every list and object, and every comma."""
    if isinstance(value, dict):
        return 1 + max(len(value) - 1, 0) + sum(values_in(inner) for inner in value.values())
    if isinstance(value, list):
        return 1 + max(len(value) - 1, 0) + sum(values_in(inner) for inner in value)
    return 0


TEXTS = st.text(alphabet='\\"[]{},: aé')


@given(
    st.recursive(
        TEXTS | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=30
    )
)
def test_what_stands_in_strings_is_no_structure(value: Any):
    raw = json.dumps(value).encode()
    counted: list[int] = []
    for limit in (values_in(value), values_in(value) - 1):
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(json_structure, "MAX_VALUES", limit)
                check_structure(raw)
            counted.append(limit)
        except ValueError:
            pass
    assert counted == [values_in(value)] or values_in(value) == 0


def is_refused(room: BodyRoom, owner: str, size: int) -> bool:
    try:
        with room.taken(owner, size):
            return False
    except Refusal as refusal:
        return refusal.code is Code.RESOURCE_LIMIT and refusal.retry_after is not None


def test_one_owner_gets_a_third_and_all_together_the_whole():
    room = BodyRoom(total=900_000, largest=100_000)
    with ExitStack() as held:
        for owner in "abc":
            for _ in range(3):
                held.enter_context(room.taken(owner, 100_000))
            assert is_refused(room, owner, 100_000)
        assert is_refused(room, "d", 100_000)
        assert not is_refused(room, "d", SMALL_BYTES)
    assert not is_refused(room, "a", 300_000)


def test_a_largest_body_always_fits_into_an_empty_room():
    room = BodyRoom(total=100_000, largest=100_000)
    assert not is_refused(room, "a", 100_000)
