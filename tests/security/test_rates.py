"""What no session counts is counted for its token or its address: it cannot slow the others."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.http.conftest import Answer, Api, token
from tests.security.conftest import Connect, running
from tests.security.floods import ATTACKS, Target
from wppmt.http.security.buckets import FREE_REFUSALS

LIMIT = 20


@pytest.fixture
async def limited(tmp_path: Path) -> AsyncIterator[Api]:
    api = Api()
    api.folder = tmp_path
    api.rate_limit, api.apart_limit = 1000, LIMIT
    async with running(api):
        yield api


UNCOUNTED = {
    "public": lambda api: api.get("/healthz"),
    "without a token": lambda api: api.get("/api/sessions", token=None),
    "with a bad token": lambda api: api.get("/api/sessions/a/status", token="x"),
    "of a list": lambda api: api.get("/api/sessions"),
    "of an administrator": lambda api: api.get("/api/admin/sessions", token=token(scope="wpp:admin")),
    "without the right": lambda api: api.get("/api/admin/sessions"),
    "of an unknown session": lambda api: api.get("/api/sessions/nao-existe/status"),
    "of an unknown address": lambda api: api.get("/nada"),
    "with an odd session id": lambda api: api.get("/api/sessions/A/status"),
    "too large": lambda api: api.call("POST", "/api/sessions/a/start", data=b" " * 1_100_000),
}


@pytest.mark.parametrize("ask", UNCOUNTED.values(), ids=UNCOUNTED.keys())
async def test_a_request_that_no_session_counts_is_counted_for_its_asker(limited: Api, ask):
    answers: list[Answer] = [await ask(limited) for _ in range(LIMIT + 1)]
    assert 429 not in {answer.status for answer in answers[:LIMIT]}
    assert (answers[-1].status, answers[-1].body["code"]) == (429, "RATE_LIMITED")
    assert int(answers[-1].headers["Retry-After"]) >= 1


async def test_a_full_bucket_keeps_no_other_token_and_no_session_out(limited: Api):
    limited.front.has("a")
    for _ in range(LIMIT):
        await limited.get("/api/sessions")
        await limited.get("/api/sessions", token=None)
    assert (await limited.get("/api/sessions")).status == 429
    assert (await limited.get("/api/sessions/a/status")).status == 200
    assert (await limited.get("/api/sessions", token=token(sub="outro"))).status == 200


async def test_spaces_around_a_token_make_no_other_asker(limited: Api):
    for spaces in range(LIMIT):
        headers = {"Authorization": f"Bearer {' ' * spaces}{limited.token}"}
        assert (await limited.get("/api/sessions", headers=headers)).status == 200
    assert (
        await limited.get("/api/sessions", headers={"Authorization": f"bearer {limited.token}"})
    ).status == 429


async def test_an_address_of_its_own_has_a_bucket_of_its_own(limited: Api, connect: Connect):
    for _ in range(LIMIT):
        await limited.get("/healthz")
    assert (await limited.get("/healthz")).status == 429
    other = await connect(limited, "127.0.0.2")
    await other.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (await other.answer())[0] == 200


async def test_without_a_rate_limit_nothing_is_counted(api: Api):
    assert {(await api.get("/healthz")).status for _ in range(100)} == {200}


@pytest.mark.slow
async def test_who_asks_on_cannot_even_have_its_bodies_thrown_away(limited: Api, connect: Connect):
    for _ in range(LIMIT + FREE_REFUSALS):
        await limited.get("/api/sessions", token=None)
    client = await connect(limited)
    await client.send(b"POST /api/sessions HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n")
    assert (await client.answer())[0] == 429
    await client.ends(3)  # much sooner than the rest of a body is waited for


@pytest.mark.slow
@pytest.mark.parametrize("name", ["public", "strangers", "uncounted"])
async def test_who_asks_on_is_slowed_down(limited: Api, name: str):
    target = Target(limited.port, "", limited.token)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ATTACKS[name](target), 2)
    answered: Counter[str] = target.told
    # The bucket, the refusals that are told at once, then one a second and connection.
    assert answered.total() <= LIMIT + 10 + 8 * (time.monotonic() - began + 1)
