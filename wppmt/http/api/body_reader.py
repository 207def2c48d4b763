"""A request's body: read within limits, parsed as strict JSON, validated. Everything wrong is a Refusal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from math import isfinite
from typing import Any

from aiohttp import hdrs, web

from wppmt.domain.errors import Code, Refusal
from wppmt.http.api.json_problems import syntax_problem
from wppmt.http.api.schemas import Model, validate

MAX_BODY_BYTES = 10 * 1024 * 1024
BODY_SECONDS = 30.0
"""A body that trickles in slower than this is given up: it would hold a connection for nothing."""


async def read_body(request: web.Request, model: type[Model]) -> Model:
    """The validated body; an empty one counts as `{}`. Raises Refusal."""
    raw = await _read(request)
    try:
        value = parse_json(raw) if raw else {}
    except Refusal:
        _refuse_form(request)
        raise
    return validate(model, value)


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
    """Strict RFC 8259 in UTF-8: no NaN, Infinity, duplicate keys or numbers beyond a double. Raises Refusal.

    A byte order mark in front, as Windows writes it, is passed over.
    """
    try:
        return json.loads(
            raw.decode("utf-8-sig", "strict"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_unique,
        )
    except UnicodeDecodeError:
        raise invalid("body", "o corpo não está em UTF-8") from None
    except json.JSONDecodeError as error:
        raise invalid("body", f"o corpo não é um JSON válido: {syntax_problem(error)}") from None
    except (ValueError, RecursionError) as error:
        # ValueError is what our hooks refuse; RecursionError is nesting a thousand levels deep.
        problem = "aninhamento profundo demais" if isinstance(error, RecursionError) else str(error)
        raise invalid("body", f"o corpo não é um JSON válido: {problem}") from None


def _refuse_form(request: web.Request) -> None:
    """Raises Refusal for a form; asked only of what is no JSON, since curl calls everything a form."""
    if request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        problem = f"o corpo é um formulário ({request.content_type}): envie JSON, com Content-Type: application/json"
        raise invalid("body", problem) from None


def invalid(field: str, problem: str) -> Refusal:
    return Refusal(Code.INVALID_REQUEST, details=[{"field": field, "problem": problem}])


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} não é um valor de JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError("um número grande demais")
    return number


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("um objeto tem a mesma chave duas vezes")
    return value
