"""The page's words as values: everything that has UTF-8 crosses unchanged, and nothing else gets through."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.browser.cdp import json_text

HALF = "\ud83d"

texts = st.text(st.characters(), max_size=10) | st.text(
    st.sampled_from("a🙂\\u\ufeff\ud83d\udc42d8"), max_size=10
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)


def stringify(value: Any) -> str:
    """As JSON.stringify: halves escaped, everything else as it is."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(f"\\u{ord(char):04x}" if "\ud800" <= char <= "\udfff" else char for char in text)


@given(values)
def test_what_comes_out_has_utf_8(value: Any) -> None:
    json.dumps(json_text.parse(stringify(value)), ensure_ascii=False).encode()


@given(values)
def test_whole_texts_cross_unchanged(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    assert json_text.parse(stringify(value)) == value
    assert json_text.parse(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("cut", "replaced"),
    [
        (f"Loja {HALF}", "Loja \ufffd"),
        (f"{HALF} Loja", "\ufffd Loja"),
        ("a\ude00b", "a\ufffdb"),
        (f"{HALF}{HALF}\ude00", "\ufffd😀"),
        (f"\ufeff{HALF}", "\ufeff\ufffd"),
        ({HALF: [HALF, {"a": HALF}]}, {"\ufffd": ["\ufffd", {"a": "\ufffd"}]}),
    ],
)
def test_each_half_is_replaced(cut: Any, replaced: Any) -> None:
    assert json_text.parse(stringify(cut)) == replaced
    assert json_text.parse(json.dumps(cut).replace("\\ud", "\\uD")) == replaced


def test_an_escaped_backslash_is_no_half() -> None:
    assert json_text.parse(r'"\\ud83d"') == r"\ud83d"
