"""PURE: file names from elsewhere, made fit to be shown and to be saved under."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

MAX_NAME = 120
MAX_BYTES = 240
"""Most file systems take 255 bytes."""
NAMELESS = "arquivo"
_MAX_ENDING = 10
_NOT_IN_A_NAME = re.compile(r'[/\\:*?"<>|]')
_JOINERS = "\u200c\u200d"
"""Persian words and joined emoji need them."""
_TAG_SEQUENCE = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")
"""The flags of England, Scotland, Wales: a black flag and what it stands for, in letters that are not shown."""
_WRITING = re.compile(
    "[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001343f]"
)
"""Format characters that are part of a script's writing."""


def clean_name(name: str) -> str:
    """A file name as a person may see it: of bearable length, no path, nothing that hides or turns what is shown."""
    cleaned = _NOT_IN_A_NAME.sub("_", _visible(PurePosixPath(name.replace("\\", "/")).name)).strip(" .")
    stem, dot, ending = cleaned.rpartition(".")
    if not dot or len(ending) > _MAX_ENDING:
        stem, ending = cleaned, ""
    ending = f".{ending}" if ending else ""
    stem = _shortened(stem, MAX_NAME - len(ending), MAX_BYTES - len(ending.encode()))
    return (stem if stem.strip(f"{_JOINERS} .") else NAMELESS) + ending


def _visible(name: str) -> str:
    """Python's Unicode tables may be older than an emoji: what they do not know is kept."""
    return "".join(
        part if _TAG_SEQUENCE.fullmatch(part) else "".join(filter(_is_shown, part))
        for part in re.split(f"({_TAG_SEQUENCE.pattern})", name)
    )


def _is_shown(char: str) -> bool:
    match unicodedata.category(char):
        case "Cf":
            return char in _JOINERS or bool(_WRITING.match(char))
        case "Cc" | "Cs" | "Co" | "Zl" | "Zp":
            return False
        case "Cn":
            return not _is_noncharacter(ord(char))
        case _:
            return True


def _is_noncharacter(code: int) -> bool:
    # The tags are format characters that older tables do not know, as is all that follows them up to the selectors.
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF or 0xE0000 <= code <= 0xE0FFF


def _shortened(stem: str, chars: int, size: int) -> str:
    cut = stem[:chars].encode()[:size].decode(errors="ignore")
    return stem if cut == stem else cut.rstrip(f"{_JOINERS} .")
