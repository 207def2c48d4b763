"""PURE: what a JSON text is made of, counted before anything is built of it."""

from __future__ import annotations

MAX_VALUES = 20_000
"""Members and elements. The largest honest body holds some thousand."""
MAX_DEPTH = 32
MAX_QUOTES = 200_000
"""Those of a longest text that is nothing but escaped quotes, twice over."""
MAX_BARE = 256 * 1024
"""Bytes outside of strings, spaces left out: numbers without end are slow to read, too."""
_SPACE = b" \t\r\n"
_BRACKETS = b"[]{}"
_NO_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))


def check_structure(raw: bytes) -> None:
    """Raises ValueError, in Portuguese, for more structure than a request of ours can have.

    Every step is one pass in C over at most ten megabytes. What is no JSON may pass: the parser stops where it breaks,
    and up to there both see the same strings.
    """
    if raw.count(b'"') > MAX_QUOTES:
        raise ValueError("textos demais")
    pieces = raw.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')
    bare = b"".join(pieces[::2]).translate(None, _SPACE)
    if len(bare) > MAX_BARE or bare.count(b",") + bare.count(b"[") + bare.count(b"{") > MAX_VALUES:
        raise ValueError("valores demais")
    depth = 0
    for bracket in bare.translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise ValueError("aninhamento profundo demais")
