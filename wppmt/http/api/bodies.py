"""A request's body: read within limits, parsed as strict JSON, validated. Everything wrong is a Refusal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from math import isfinite
from typing import Any

from aiohttp import hdrs, web

from wppmt.domain.errors import Code, Refusal
from wppmt.http.api.schemas import Model, validate

MAX_BODY_BYTES = 10 * 1024 * 1024
BODY_SECONDS = 30.0
"""A body that trickles in slower than this is given up: it would hold a connection for nothing."""


async def read_body(request: web.Request, model: type[Model]) -> Model:
    """The validated body; an empty one counts as `{}`. Raises Refusal."""
    raw = await _read(request)
    return validate(model, parse_json(raw) if raw else {})


async def expect_later(_: web.Request) -> None:
    """In place of aiohttp's own answer to `Expect`: nobody is told to go on before the guard let them pass."""


async def _read(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
                await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                request.writer.output_size = 0  # no part of the answer, as aiohttp counts it
            return await request.read()
    except TimeoutError:
        raise invalid("body", "o corpo não chegou a tempo") from None


def parse_json(raw: bytes) -> Any:
    """Strict RFC 8259 in UTF-8: no BOM, NaN, Infinity, duplicate keys or numbers beyond a double. Raises Refusal."""
    try:
        return json.loads(
            raw.decode("utf-8", "strict"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_unique,
        )
    except UnicodeDecodeError:
        raise invalid("body", "o corpo não está em UTF-8") from None
    except (ValueError, RecursionError):
        # ValueError is bad syntax, and what our hooks refuse; RecursionError is nesting a thousand levels deep.
        raise invalid("body", "o corpo não é um JSON válido") from None


def invalid(field: str, problem: str) -> Refusal:
    return Refusal(Code.INVALID_REQUEST, details=[{"field": field, "problem": problem}])


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError(text)
    return number


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("duplicate key")
    return value
