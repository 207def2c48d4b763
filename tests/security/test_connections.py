"""What one connection, or very many, may cost: descriptors, memory, time."""

from __future__ import annotations

import asyncio
import random
import socket
from contextlib import closing
from pathlib import Path

import pytest

from tests.http.conftest import Api
from tests.security.conftest import Connect, running
from tests.support import eventually
from wppmt.http import protocol
from wppmt.http.connections import ConnectionLimits

MANY = 1200
GET = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"


def few(tmp_path: Path, total: int, per_address: int) -> Api:
    api = Api()
    api.folder = tmp_path
    api.connections = ConnectionLimits(total, per_address)
    return api


def restart(api: Api, body: bytes = b"") -> bytes:
    head = f"POST /api/sessions/a/restart HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {api.token}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def test_the_longest_idle_connection_makes_room(tmp_path: Path, connect: Connect):
    async with running(few(tmp_path, total=3, per_address=3)) as api:
        oldest, middle, youngest = [await connect(api) for _ in range(3)]
        await oldest.send(GET)
        assert (await oldest.answer())[0] == 200
        new = await connect(api)
        await middle.ends()
        for one in (oldest, youngest, new):
            await one.send(GET)
            assert (await one.answer())[0] == 200


async def test_an_address_does_not_close_the_connections_of_others(tmp_path: Path, connect: Connect):
    async with running(few(tmp_path, total=10, per_address=2)) as api:
        others = await connect(api, "127.0.0.2")
        mine = [await connect(api) for _ in range(6)]
        for one in mine[:4]:
            await one.ends()
        for one in (others, *mine[4:]):
            await one.send(GET)
            assert (await one.answer())[0] == 200


async def test_a_connection_that_is_being_answered_is_never_closed_for_another(
    tmp_path: Path, connect: Connect
):
    async with running(few(tmp_path, total=2, per_address=2)) as api:
        api.front.has("a")
        gate = asyncio.Event()

        async def hold() -> None:
            await gate.wait()

        api.front.before_answer = hold
        busy = [await connect(api) for _ in range(2)]
        for one in busy:
            await one.send(restart(api))
        await eventually(lambda: len(api.front.asked) == 2)
        refused = await connect(api)
        answer = await refused.ends()
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: " in answer
        assert b'"code": "RESOURCE_LIMIT"' in answer
        gate.set()
        for one in busy:
            assert (await one.answer())[0] == 202


@pytest.mark.slow
@pytest.mark.timeout(60)
async def test_very_many_idle_connections_leave_room_for_a_request(api: Api):
    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
        with closing(writer):
            await reader.read()

    idle = [asyncio.create_task(one()) for _ in range(MANY)]
    try:
        # Those above the limit of one address have been closed by now.
        gone = MANY - api.connections.per_address
        await eventually(lambda: sum(task.done() for task in idle) >= gone, 30)
        assert (await api.get("/healthz")).status == 200
    finally:
        for task in idle:
            task.cancel()
        await asyncio.gather(*idle, return_exceptions=True)


async def test_a_head_of_more_than_32_kb_is_refused(api: Api, connect: Connect):
    filler = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 4000) for number in range(9))
    client = await connect(api)
    await client.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + filler)
    assert (await client.ends()).startswith(b"HTTP/1.1 431 ")
    whole = await connect(api)
    await whole.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + filler + b"\r\n")
    assert (await whole.ends()).startswith(b"HTTP/1.1 431 ")


async def test_a_head_of_almost_32_kb_is_taken_also_after_another(api: Api, connect: Connect):
    head = b"GET /healthz HTTP/1.1\r\nHost: a\r\n" + b"".join(
        b"X-%d: %s\r\n" % (number, b"x" * 4000) for number in range(8)
    )
    client = await connect(api)
    for _ in range(3):
        await client.send(head + b"\r\n")
        assert (await client.answer())[0] == 200


async def test_bytes_of_a_body_are_not_counted_as_a_head(api: Api, connect: Connect):
    client = await connect(api)
    for _ in range(2):
        await client.send(restart(api, b"x" * 100_000))
        assert (await client.answer())[0] == 404


async def test_a_second_head_has_ten_seconds_too(api: Api, connect: Connect, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.1)
    client = await connect(api)
    await client.send(GET)
    assert (await client.answer())[0] == 200
    await client.send(GET[:20])
    await client.ends()


@pytest.mark.parametrize("is_chunked", [False, True], ids=["by length", "chunked"])
async def test_a_head_begun_in_one_piece_with_a_body_has_ten_seconds_too(
    api: Api, connect: Connect, monkeypatch: pytest.MonkeyPatch, is_chunked: bool
):
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.1)
    client = await connect(api)
    request = restart(api, b"{}")
    if is_chunked:
        request = request.replace(
            b"Content-Length: 2\r\n\r\n{}", b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        )
    await client.send(request + GET[:20])
    assert (await client.answer())[0] == 404
    await client.ends()


async def test_half_a_next_head_does_not_cost_the_answer_under_way(
    api: Api, connect: Connect, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.2)
    api.front.has("a")
    gate = asyncio.Event()

    async def hold() -> None:
        await gate.wait()

    api.front.before_answer = hold
    client = await connect(api)
    await client.send(restart(api) + GET[:20])
    await eventually(lambda: api.front.asked)
    await asyncio.sleep(0.4)  # longer than the limit: that is the point
    gate.set()
    assert (await client.answer())[0] == 202
    await client.ends()


async def test_an_answer_that_nobody_reads_is_given_up(api: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(protocol, "UNREAD_SECONDS", 0.1)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", api.port))
        client.setblocking(False)
        request = (
            f"GET /openapi.json HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {api.token}\r\n\r\n".encode()
        )

        def is_given_up() -> bool:
            try:
                client.send(request)
            except BlockingIOError:
                return False
            except OSError:
                return True
            return False

        await eventually(is_given_up)


async def test_requests_sent_ahead_are_all_answered_in_order(api: Api, connect: Connect):
    client = await connect(api)
    bodies = [bytes([65 + number]) * number * 997 for number in range(40)]
    paths = [b"/healthz" if number % 3 else b"/nada" for number in range(40)]
    await client.send(
        b"".join(
            b"GET %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (path, len(body), body)
            for path, body in zip(paths, bodies, strict=True)
        )
    )
    assert [(await client.answer())[0] for _ in paths] == [
        200 if path == b"/healthz" else 401 for path in paths
    ]


async def test_however_a_stream_is_cut_it_gets_the_same_answers(api: Api, connect: Connect):
    chunked = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: u\r\n\r\n"
    stream = (
        GET + restart(api, b"{}") + restart(api, b"").replace(b"Content-Length: 0\r\n\r\n", chunked)
        + b"\r\n\r\n" + GET + restart(api, b"\r\n\r\nGET / HTTP/1.1\r\n\r\n") + GET
    )  # fmt: skip
    dice = random.Random(7)
    for _ in range(40):
        client = await connect(api)
        cuts = sorted(dice.sample(range(1, len(stream)), dice.randint(1, 12)))
        for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
            await client.send(stream[begin:end])
            await asyncio.sleep(0)
        assert [(await client.answer())[0] for _ in range(6)] == [200, 404, 404, 200, 404, 200]
        client.writer.close()


@pytest.mark.parametrize("path", ["/nada", "/api/sessions/a/restart"])
async def test_an_odd_expect_is_never_repeated(api: Api, connect: Connect, path: str):
    client = await connect(api)
    await client.send(f"POST {path} HTTP/1.1\r\nHost: a\r\nExpect: <b>foo\r\n\r\n".encode())
    status, body = await client.answer()
    assert status in {401, 417}
    assert b'"success": false' in body
    assert b"foo" not in body


async def test_an_odd_expect_is_the_callers_error(api: Api):
    answer = await api.post("/api/sessions/a/start", {}, headers={"Expect": "<b>foo"})
    assert (answer.status, answer.body["details"][0]["field"]) == (400, "Expect")
    assert api.front.asked == []
