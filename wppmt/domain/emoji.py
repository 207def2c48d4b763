"""PURE: whether a text is one emoji, which is all that a reaction may be."""

from __future__ import annotations

import re

_BASE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2934\u2935\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
)
_SKIN_OR_FORM = "[\ufe0f\U0001f3fb-\U0001f3ff]"
_TAGS = "[\U000e0020-\U000e007f]"
"""The letters behind the flag of a part of a country."""
_ELEMENT = f"{_BASE}{_SKIN_OR_FORM}?{_TAGS}*"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_KEYCAP = "[0-9#*]\ufe0f?\u20e3"
_EMOJI = re.compile(f"{_FLAG}|{_KEYCAP}|{_ELEMENT}(?:\u200d{_ELEMENT})*")


def is_emoji(text: str) -> bool:
    return bool(_EMOJI.fullmatch(text))
