"""Recipients: what may be written, and what it means."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.domain.errors import Code, Refusal
from wppmt.http.api.phones import parse_mention, parse_phone, parse_recipient

DIGITS = st.from_regex(r"[0-9]{8,15}", fullmatch=True)


@pytest.mark.parametrize(
    "text",
    ["5511999999999", "+5511999999999", "+55 (11) 99999-9999", " 55 11 99999 9999 ", "55-11-999999999"],
)
def test_a_number_as_people_write_it(text: str):
    assert parse_phone(text) == "5511999999999"
    assert parse_recipient(text) == "5511999999999@c.us"


@pytest.mark.parametrize(
    ("text", "chat_id"),
    [
        ("5511999999999@c.us", "5511999999999@c.us"),
        ("5511999999999@s.whatsapp.net", "5511999999999@c.us"),
        ("120363000000000001@g.us", "120363000000000001@g.us"),
        ("5511999999999-1612345678@g.us", "5511999999999-1612345678@g.us"),
        ("123456789012345@lid", "123456789012345@lid"),
    ],
)
def test_ids(text: str, chat_id: str):
    assert parse_recipient(text) == chat_id


def test_is_group_makes_a_group_id():
    assert parse_recipient("120363000000000001", is_group=True) == "120363000000000001@g.us"
    assert parse_recipient("5511999999999-1612345678", is_group=True) == "5511999999999-1612345678@g.us"
    assert parse_recipient("120363000000000001@g.us", is_group=True) == "120363000000000001@g.us"


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "+", "1234567", "1234567890123456", "0" * 40, "../", "5511999999999@g.us", "5511999999999@evil",
        "5511999999999@", "@c.us", "5511999999999@c.us@c.us", "٥٥١١٩٩٩٩٩٩٩٩٩", "５５１１９９９９９９９９９", "55119999x9999",
        "++5511999999999", "55+11999999999", "5511999999999\n@c.us", "status@broadcast", "5511999999999\x00",
        "5511999999999@C.US", "5511999999999:12@s.whatsapp.net",
    ],
)  # fmt: skip
def test_what_is_no_recipient(text: str):
    with pytest.raises(Refusal) as refused:
        parse_recipient(text)
    assert refused.value.code is Code.INVALID_PHONE


@pytest.mark.parametrize(
    ("text", "is_group"),
    [
        ("5511999999999", True),
        ("5511999999999@c.us", True),
        ("120363000000000001@g.us", False),
        ("1@lid", True),
    ],
)
def test_a_lie_about_the_group(text: str, is_group: bool):
    with pytest.raises(Refusal):
        parse_recipient(text, is_group=is_group)


@given(DIGITS, st.data())
def test_punctuation_never_changes_the_number(digits: str, data: st.DataObject):
    gaps = data.draw(st.lists(st.sampled_from(["", " ", "-", "(", ")"]), min_size=16, max_size=16))
    written = "+" + "".join(digit + gap for digit, gap in zip(digits, gaps, strict=False))
    assert parse_phone(written) == digits


@given(st.text(), st.none() | st.booleans())
def test_whatever_is_written_the_outcome_is_a_chat_id_or_a_refusal(text: str, is_group: bool | None):
    try:
        chat_id = parse_recipient(text, is_group=is_group)
    except Refusal:
        return
    assert re.fullmatch(r"[0-9-]{5,30}@(c\.us|g\.us|lid)", chat_id, re.ASCII)


@given(DIGITS, st.sampled_from(["c.us", "s.whatsapp.net", "lid"]))
def test_reading_ones_own_answer_changes_nothing(digits: str, server: str):
    once = parse_recipient(f"{digits}@{server}")
    assert parse_recipient(once) == once


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("+55 11 99999-9999", "5511999999999@c.us"),
        ("5511999999999@c.us", "5511999999999@c.us"),
        ("5511999999999@s.whatsapp.net", "5511999999999@c.us"),
        ("123456789012345@lid", "123456789012345@lid"),
    ],
)
def test_who_may_be_mentioned(text: str, person: str):
    assert parse_mention(text, "mentions[0]") == person


@pytest.mark.parametrize("text", ["123", "", "120363000000000001@g.us", "120363000000000001", "x@lid"])
def test_a_refused_mention_names_its_own_field(text: str):
    with pytest.raises(Refusal) as refused:
        parse_mention(text, "mentions[3]")
    assert (refused.value.code, refused.value.details[0]["field"]) == (Code.INVALID_PHONE, "mentions[3]")
