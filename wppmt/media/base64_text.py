"""PURE: base64 as clients write it. Every spelling that loses nothing gives the same bytes; any other is refused."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote

_DATA_URL = re.compile(
    r"data:(?P<type>[^,]*?)(?P<base64>;\s*base64)?\s*,(?P<content>.*)", re.IGNORECASE | re.DOTALL
)
_STANDARD = str.maketrans("-_", "+/")
PIECE_DIGITS = 1024 * 1024
"""Decoded at once, a multiple of four: ten megabytes would hold up all other threads."""
_WHITE = " \t\r\n\f\v"


def decode(text: str) -> tuple[bytes, str]:
    """The bytes, and the media type that a data URL names (else empty).

    Taken: padded or not, the URL-safe alphabet, broken into lines, indented lines, a data URL in any case. A blank
    within a line is not: it may be a `+` that a form has lost. Raises ValueError.
    """
    text, mimetype = _content(text.strip(_WHITE))
    lines = (line.strip(_WHITE) for line in text.replace("\r", "\n").split("\n"))
    digits = "".join(lines).translate(_STANDARD)
    unpadded = digits.rstrip("=")
    padding = "=" * (-len(unpadded) % 4)
    if digits not in {unpadded, unpadded + padding}:
        raise ValueError("wrong padding")
    if "=" in unpadded:
        raise ValueError("padding inside")
    padded = unpadded + padding
    pieces = (padded[at : at + PIECE_DIGITS] for at in range(0, len(padded), PIECE_DIGITS))
    return b"".join(_piece(digits) for digits in pieces), mimetype


def _piece(digits: str) -> bytes:
    try:
        content = base64.b64decode(digits, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    # The last digit may hold bits that belong to no byte: a decoder that drops them takes what was mutilated.
    if base64.b64encode(content).decode() != digits:
        raise ValueError("bits left over")
    return content


def _content(text: str) -> tuple[str, str]:
    if text[:5].lower() != "data:":
        return text, ""
    parts = _DATA_URL.fullmatch(text)
    if parts is None or not parts["base64"]:
        raise ValueError("a data URL without base64")
    return unquote(parts["content"], errors="strict").strip(_WHITE), parts["type"].strip()
