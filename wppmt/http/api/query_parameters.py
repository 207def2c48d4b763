"""Query parameters, checked like bodies are."""

from __future__ import annotations

import re

from aiohttp import web

from wppmt.http.api.body_reader import invalid

LARGEST = 2**53 - 1
"""The largest number that every JSON reader keeps exact; SQLite's integers go further."""
PAGE, LARGEST_PAGE = 100, 1000


def page_of(request: web.Request) -> int:
    """`?limit=`. Raises Refusal(INVALID_REQUEST)."""
    return whole_number(request, "limit", default=PAGE, between=(1, LARGEST_PAGE))


def whole_number(request: web.Request, name: str, *, default: int, between: tuple[int, int]) -> int:
    """A query parameter as a whole number. Raises Refusal(INVALID_REQUEST)."""
    text = request.query.get(name)
    if text is None:
        return default
    least, most = between
    if not re.fullmatch(r"[0-9]{1,16}", text, re.ASCII) or not least <= int(text) <= most:
        raise invalid(name, f"deve ser um número inteiro de {least} a {most}")
    return int(text)
