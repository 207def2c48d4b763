"""`/metrics`: for administrators, of the sessions that they may see; without a token only on this machine's own address."""

from __future__ import annotations

import socket

import aiohttp
import pytest

from tests.http.conftest import Api, token
from wppmt.http.handlers.metrics import listening
from wppmt.metrics.exposition import CONTENT_TYPE


async def test_it_takes_an_administrator(api: Api):
    assert (await api.get("/metrics", token=None)).status == 401
    assert (await api.get("/metrics")).status == 403
    answer = await api.get("/metrics", token=token(scope="wpp:admin"))
    assert (answer.status, answer.headers["Content-Type"]) == (200, CONTENT_TYPE)
    assert answer.raw == b"wppmt_sees 1\nwppmt_sees 1\n"


async def test_a_bound_one_sees_its_own_sessions(api: Api):
    answer = await api.get("/metrics", token=token(scope="wpp:admin", sessions=["a"]))
    assert answer.raw == b"wppmt_sees 1\nwppmt_sees 0\n"


@pytest.fixture
def place() -> socket.socket:
    one = socket.socket()
    one.bind(("127.0.0.1", 0))
    return one


async def test_on_its_own_address_it_asks_for_no_token_and_serves_nothing_else(place: socket.socket):
    base = f"http://127.0.0.1:{place.getsockname()[1]}"
    async with listening([place], lambda: b"wppmt_x 1\n"), aiohttp.ClientSession(base) as http:
        async with http.get("/metrics") as answer:
            assert (answer.status, await answer.read()) == (200, b"wppmt_x 1\n")
        for method, path in (("GET", "/api/sessions"), ("GET", "/"), ("POST", "/metrics")):
            async with http.request(method, path) as answer:
                assert answer.status in {404, 405}
    assert place.fileno() == -1, "closed with it"


async def test_without_an_address_nothing_listens():
    async with listening([], lambda: b""):
        pass
