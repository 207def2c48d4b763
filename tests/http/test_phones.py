"""Recipients: what may be written, and what it means."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.domain.errors import Code, Refusal
from wppmt.http.api.phones import parse_mention, parse_phone, parse_recipient

DIGITS = st.from_regex(r"[1-9][0-9]{7,14}", fullmatch=True)
PASTED = [
    "5511999999999", "+5511999999999", "+55 (11) 99999-9999", " 55 11 99999 9999 ", "55-11-999999999", "(+55) 11 99999-9999",
    "55.11.99999.9999", "+55\u00a011\u00a099999-9999", "\u202a+55 11 99999\u20119999\u202c", "\u2066+55 11 99999–9999\u2069",
    "5511999999999\u200b", "\ufeff5511999999999", "\u200e+55\u200f11999999999", "+55\u202f11\u200999999\u20099999", "+55\u300011 99999‒9999",
    "\u200b\u2060+\u00ad55 11 99999 9999", "tel:+5511999999999", "TEL: +55-11-99999-9999", "tel:5511999999999", "＋55 11 99999－9999",
    "+55 （11） 99999−9999", "005511999999999", "00 55 (11) 99999-9999", "0055.11.99999.9999", "5511999999999.0", "+5511999999999.00",
    "\t5511999999999\r\n", "5511999999999@c.us", "5511999999999@s.whatsapp.net", "5511999999999:12@s.whatsapp.net", "5511999999999:0@c.us",
    "5511999999999.0:12@s.whatsapp.net", "5511999999999_1:3@s.whatsapp.net", "+55 11 99999-9999@c.us", "\u202a5511999999999@c.us\u202c",
]  # fmt: skip


@pytest.mark.parametrize("text", PASTED)
def test_a_number_as_people_paste_it(text: str):
    assert parse_phone(text) == "5511999999999"
    assert parse_recipient(text) == "5511999999999@c.us"
    assert parse_mention(text, "mentions[0]") == "5511999999999@c.us"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("5511 9999-999x", '"x"'), ("55 11 99999-9999 ramal 2", '"r"'), ("5511999999999,0", '","'), ("5.5119999E+12", '"E"'),
        ("tel:+5511999999999;ext=2", '";"'), ("5511999999999/8", '"/"'), ("55+11999999999", '"+"'), ("++5511999999999", '"+"'),
        ("٥٥١١٩٩٩٩٩٩٩٩٩", '"٥" (U+0665)'), ("５５１１９９９９９９９９９", "U+FF15"), ("5511999999999\x00", "(U+0000)"), ("5511\n999999999", "(U+000A)"),
        ("+44 (0)20 7946 0958", "(0)"), ("011 99999-9999", "sem 0"), ("000 5511999999999", "sem 0"), ("+005511999999999", "sem 0"),
        ("+1", "8 a 15"), ("+", "8 a 15"), ("", "8 a 15"), ("1234567", "8 a 15"), ("1234567890123456", "8 a 15"), ("https://wa.me/55", '"h"'),
    ],
)  # fmt: skip
def test_what_is_in_the_way_is_named(text: str, named: str):
    for parse in (parse_phone, parse_recipient):
        with pytest.raises(Refusal) as refused:
            parse(text)
        assert refused.value.code is Code.INVALID_PHONE
        assert named in refused.value.details[0]["problem"]


@pytest.mark.parametrize("text", ["123456789012345@lid", "120363000000000001@g.us", "5511999999999@evil"])
def test_where_a_number_is_asked_for_no_other_id_will_do(text: str):
    with pytest.raises(Refusal) as refused:
        parse_phone(text)
    assert "@c.us" in refused.value.details[0]["problem"]


@pytest.mark.parametrize("digits", ["551199999999", "5511999999999", "525512345678", "5215512345678", "541123456789", "5491123456789"])  # fmt: skip
def test_no_country_s_digits_are_added_or_left_out(digits: str):
    assert parse_phone(f"+{digits}") == digits


@pytest.mark.parametrize(
    ("text", "chat_id"),
    [
        ("5511999999999@c.us", "5511999999999@c.us"),
        ("5511999999999@s.whatsapp.net", "5511999999999@c.us"),
        ("120363000000000001@g.us", "120363000000000001@g.us"),
        ("5511999999999-1612345678@g.us", "5511999999999-1612345678@g.us"),
        ("123456789012345@lid", "123456789012345@lid"),
        ("123456789012345:7@lid", "123456789012345@lid"),
        ("\u200e120363000000000001@g.us ", "120363000000000001@g.us"),
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
        "5511999999999@C.US", "5511999999999:x@s.whatsapp.net", "120363000000000001:2@g.us", "5511999999999@c.us:12", "5511999999999.0@lid",
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


GAPS = [
    " ",
    "-",
    ".",
    "\u00a0",
    "\u202f",
    "\u2011",
    "–",
    "\u200b",
    "\u200e",
    "\u202c",
    "\u2060",
    "\t",
    " - ",
    "",
]


@given(
    DIGITS,
    st.lists(st.sampled_from(GAPS), min_size=15, max_size=15),
    st.sampled_from(["", "+", "00", "tel:+"]),
)
def test_punctuation_never_changes_the_number(digits: str, gaps: list[str], prefix: str):
    written = "".join(digit + gap for digit, gap in zip(digits, gaps, strict=False))
    if not re.search(r"\.0+$", written):
        assert parse_phone(prefix + written) == digits


@given(DIGITS, st.characters(exclude_categories=["Cf", "Zs", "Pd", "Nd"]), st.integers(1, 7))
def test_any_other_character_is_refused(digits: str, char: str, at: int):
    if char not in ".()\t@\u2212\uff0e\uff08\uff09":
        with pytest.raises(Refusal):
            parse_phone(digits[:at] + char + digits[at:])


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
