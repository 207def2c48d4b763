"""A request's body: read within limits, parsed as strict JSON, validated. Everything wrong is a Refusal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from math import isfinite
from typing import Any

from aiohttp import hdrs, web

from wppmt.domain.errors import Code, Refusal
from wppmt.http.api.body_room import SMALL_BYTES, BodyRoom
from wppmt.http.api.json_problems import syntax_problem
from wppmt.http.api.json_structure import check_structure
from wppmt.http.api.route import largest_body
from wppmt.http.api.schemas import Model, validate
from wppmt.http.security.guard import SESSION_ID

BODY_SECONDS = 30.0
"""A body that trickles in slower than this is given up: it would hold a connection for nothing."""
BODY_ROOM = web.AppKey("body_room", BodyRoom)
PARSER = web.AppKey("parser", ThreadPoolExecutor)
"""One thread: large bodies wait for each other, and nobody else for them."""


@asynccontextmanager
async def body_of(request: web.Request, model: type[Model]) -> AsyncIterator[Model]:
    """The validated body, and its place in memory until the end of the `async with`. Raises Refusal.

    An empty body counts as `{}`.
    """
    limit = largest_body(model)
    size = limit if request.content_length is None else request.content_length
    with request.app[BODY_ROOM].taken(request.get(SESSION_ID, ""), size if request.body_exists else 0):
        yield await _parsed(request, model, limit)


async def read_body(request: web.Request, model: type[Model]) -> Model:
    """For bodies that hold no file. Raises Refusal."""
    async with body_of(request, model) as body:
        return body


async def expect_later(_: web.Request) -> None:
    """In place of aiohttp's own answer to `Expect`: nobody is told to go on before the guard let them pass."""


async def _parsed(request: web.Request, model: type[Model], limit: int) -> Model:
    raw = await _read(request, limit)
    try:
        if len(raw) <= SMALL_BYTES:
            return validate(model, parse_json(raw) if raw else {})
        # Step by step in a thread: the loop has its turns between them, and no step takes long.
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(request.app[PARSER], lambda: validate(model, parse_json(raw)))
    except NoJson:
        _refuse_form(request)
        raise


async def _read(request: web.Request, limit: int) -> bytes:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
                await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                request.writer.output_size = 0  # no part of the answer, as aiohttp counts it
            return await _read_at_most(request, limit)
    except TimeoutError:
        raise invalid("body", "o corpo não chegou a tempo") from None


async def _read_at_most(request: web.Request, limit: int) -> bytes:
    """`request.read()` would keep a copy for as long as the request lives."""
    raw = bytearray()
    async for chunk in request.content.iter_any():
        raw += chunk
        if len(raw) > limit:
            raise Refusal(Code.PAYLOAD_TOO_LARGE)
    return bytes(raw)


class NoJson(Refusal):
    """The body is none. `problem` shows nothing of it."""

    def __init__(self, problem: str) -> None:
        super().__init__(Code.INVALID_REQUEST, details=[{"field": "body", "problem": problem}])


def parse_json(raw: bytes) -> Any:
    """Strict RFC 8259 in UTF-8: no NaN, Infinity, duplicate keys or numbers beyond a double. Raises NoJson.

    A byte order mark in front, as Windows writes it, is passed over.
    """
    try:
        check_structure(raw)
        return json.loads(
            raw.decode("utf-8-sig", "strict"),
            parse_constant=_refuse_constant,
            parse_float=_finite,
            object_pairs_hook=_unique,
        )
    except UnicodeDecodeError:
        raise NoJson("o corpo não está em UTF-8") from None
    except json.JSONDecodeError as error:
        raise NoJson(f"o corpo não é um JSON válido: {syntax_problem(error)}") from None
    except ValueError as error:
        # What our hooks and the count of its structure refuse.
        raise NoJson(f"o corpo não é um JSON válido: {error}") from None


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
