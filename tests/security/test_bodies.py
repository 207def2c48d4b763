"""What the body of a request may cost those who have no part in it: time of the loop, memory."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import psutil
import pytest

from tests.http.conftest import Answer, Api
from tests.http.test_server import peak_memory, port_of, reset_peak_memory
from tests.security.conftest import Connect
from tests.support import eventually
from wppmt.http.api.body_reader import parse_json
from wppmt.http.api.json_structure import MAX_VALUES

MEGABYTE = 1_000_000
SEND_FILE = "/api/sessions/a/send-file"
STRUCTURE = b"[" + b"[]," * (10 * MEGABYTE // 3) + b"[]]"
LONGEST_STEP = 0.05


def a_file(size: int) -> bytes:
    content = base64.b64encode(b"%PDF-1.4\n" + bytes(size)).decode()
    return json.dumps({"phone": "5511999999999", "base64": content, "fileName": "a.pdf"}).encode()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[psutil.Process]:
    process = subprocess.Popen([sys.executable, "-m", "tests.http.alone", str(tmp_path)])
    yield psutil.Process(process.pid)
    process.kill()
    process.wait()


async def longest_silence(until: asyncio.Task[object]) -> float:
    """Of this loop, in seconds of CPU that this process had: other processes' work does not count."""
    longest = 0.0
    while not until.done():
        began = time.process_time()
        await asyncio.sleep(0)
        longest = max(longest, time.process_time() - began)
    return longest


def test_nothing_is_built_of_a_body_that_is_all_structure():
    began = time.process_time()
    with pytest.raises(Exception, match="INVALID_REQUEST"):
        parse_json(STRUCTURE)
    assert time.process_time() - began < 0.2  # built, it takes a second or two


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize("body", [STRUCTURE, a_file(7 * MEGABYTE)], ids=["structure", "a file"])
async def test_no_body_holds_the_loop(api: Api, connect: Connect, body: bytes):
    api.front.has("a")

    async def once() -> float:
        client = await connect(api)
        head = f"POST {SEND_FILE} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {api.token}\r\n"
        await client.send(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answered = asyncio.create_task(client.answer())
        silence = await longest_silence(answered)
        assert (await answered)[0] in {200, 400, 413}
        return silence

    # The kernel may leave the loop's thread waiting on a busy machine: that is not the body's doing.
    assert min([await once() for _ in range(4)]) < LONGEST_STEP


async def test_a_body_of_structure_is_the_callers_error(api: Api):
    api.front.has("a")
    for depth in (b"[" * 100 + b"]" * 100, b"[" + b"{}," * MAX_VALUES + b"{}]"):
        answer = await api.call("POST", SEND_FILE, data=depth)
        assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")


@pytest.mark.slow
@pytest.mark.timeout(60)
async def test_bodies_beyond_their_room_are_turned_away_before_they_are_read(api: Api, alone: psutil.Process):
    api.base = f"http://127.0.0.1:{await eventually(lambda: port_of(alone), 10)}"
    assert (await api.post("/api/sessions/a/start", {})).status == 201
    body = a_file(7 * MEGABYTE)
    before = reset_peak_memory(alone)
    calls = (api.call("POST", SEND_FILE, data=body) for _ in range(12))
    answers = await asyncio.gather(*calls, return_exceptions=True)
    told = [answer for answer in answers if isinstance(answer, Answer)]
    refused = [answer for answer in told if answer.status == 503 and answer.body["code"] == "RESOURCE_LIMIT"]
    assert refused
    assert all(answer.headers["Retry-After"] for answer in refused)
    # Who pushes on for seconds after the answer is cut off.
    assert {type(answer) for answer in answers} <= {
        Answer,
        aiohttp.ClientOSError,
        aiohttp.ServerDisconnectedError,
    }
    assert peak_memory(alone) - before < 150 * MEGABYTE


async def test_the_room_is_free_again_however_a_body_ends(api: Api, connect: Connect):
    api.front.has("a")
    head = f"POST {SEND_FILE} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {api.token}\r\nContent-Length: 9000000\r\n\r\n"
    for _ in range(12):
        client = await connect(api)
        await client.send(head.encode() + b"{")
        client.writer.transport.abort()
    await eventually(lambda: len(api.log.lines) == 12)
    answer = await api.call("POST", SEND_FILE, data=a_file(600_000))
    assert answer.status == 200


async def test_another_sessions_bodies_leave_room(api: Api, connect: Connect):
    for session in "ab":
        api.front.has(session)
    statuses = []
    for _ in range(4):
        client = await connect(api)
        head = f"POST {SEND_FILE} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {api.token}\r\n"
        await client.send(f"{head}Content-Length: 10000000\r\n\r\n{{".encode())
        statuses.append(client)
    answer, _ = await statuses[-1].answer()
    assert answer == 503
    body = a_file(600_000)
    assert (await api.call("POST", SEND_FILE.replace("/a/", "/b/"), data=body)).status == 200
