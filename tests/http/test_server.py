"""The listening side under raw sockets: malformed HTTP, smuggling, slow clients."""

from __future__ import annotations

import asyncio
import gzip
import random
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

import psutil
import pytest

from tests.http.conftest import Api
from tests.support import eventually
from wppmt.http import protocol, server
from wppmt.http.api import body_reader
from wppmt.http.app import make_app
from wppmt.http.ports import DaemonPhase


async def raw(api: Api, request: bytes, limit: float = 3.0) -> bytes:
    """What comes back for these bytes until the server closes, or for as long as the first answer takes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
    writer.write(request)
    try:
        return await asyncio.wait_for(reader.read(65_536), limit)
    except (TimeoutError, ConnectionResetError):
        return b""
    finally:
        writer.close()


MALFORMED = {
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n",
    "two lengths": b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunked": b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative length": b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "length of words": b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: dez\r\n\r\n",
    "folded header": b"GET /x HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n",
    "space before colon": b"GET /x HTTP/1.1\r\nHost : a\r\n\r\n",
    "NUL in header": b"GET /x HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
    "bare CR": b"GET /x HTTP/1.1\r\nHost: a\rX: y\r\n\r\n",
    "bad version": b"GET /x HTTP/9.9\r\nHost: a\r\n\r\n",
    "header without colon": b"GET /x HTTP/1.1\r\nHost\r\n\r\n",
    "very long line": b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "very long header": b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    "very many headers": b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\n",
}


@pytest.mark.parametrize("request_bytes", MALFORMED.values(), ids=MALFORMED.keys())
async def test_malformed_requests_are_400_in_our_form_and_end_the_connection(api: Api, request_bytes: bytes):
    answer = await raw(api, request_bytes)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 ")), answer[:200]
    assert b"Server: wppmt\r\n" in head
    assert b'"code": "INVALID_REQUEST"' in body
    assert b"xxxx" not in answer


async def test_a_chunk_size_that_lies(api: Api):
    begin = (
        f"POST /api/sessions/a/start HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {api.token}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    ).encode()
    for chunk in (b"ffffffffffffffffffff\r\nx\r\n", b"zz\r\n\r\n", b"-1\r\n\r\n"):
        answer = await raw(api, begin + chunk)
        assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 ")), answer[:100]
    assert api.front.asked == []


async def test_mutilated_requests_never_end_in_5xx(api: Api):
    dice = random.Random(3)
    good = (
        f"POST /api/sessions/a/send-message HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {api.token}\r\n"
        'Content-Length: 43\r\n\r\n{"phone": "5511999999999", "message": "oi"}'
    ).encode()

    async def one() -> int:
        mutant = bytearray(good)
        for _ in range(dice.randint(1, 8)):
            at = dice.randrange(len(mutant))
            mutant[at : at + dice.randint(0, 3)] = dice.randbytes(dice.randint(0, 3))
        answer = await raw(api, bytes(mutant), limit=0.2)
        return int(answer[9:12] or 400)

    statuses = [status for _ in range(10) for status in await asyncio.gather(*(one() for _ in range(30)))]
    assert set(statuses) <= {200, 202, 400, 401, 404, 405, 413, 415}
    assert [line for line in api.log.lines if line["level"] == "error"] == []
    assert (await api.get("/healthz")).status == 200


async def test_a_client_that_never_ends_its_headers_is_dropped(api: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
    writer.write(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
    assert await asyncio.wait_for(reader.read(), 2) == b""
    writer.close()


@pytest.mark.slow
async def test_a_kept_connection_is_not_mistaken_for_a_silent_one(api: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(protocol, "HEADER_SECONDS", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
    for _ in range(2):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        await reader.readuntil(b"}")
        await asyncio.sleep(0.4)  # longer than the limit: that is the point
    writer.close()


async def test_a_body_that_trickles_is_given_up(api: Api, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(body_reader, "BODY_SECONDS", 0.05)
    begin = (
        f"POST /api/sessions/a/start HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {api.token}\r\n"
        "Content-Length: 100\r\n\r\n{"
    ).encode()
    answer = await raw(api, begin)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert "o corpo não chegou a tempo".encode() in answer


@pytest.mark.slow
async def test_five_hundred_silent_connections_do_not_hold_up_the_others(api: Api):
    silent: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    try:
        for _ in range(500):
            silent.append(await asyncio.open_connection("127.0.0.1", api.port))
            silent[-1][1].write(b"GET / HTTP/1.1\r\nX: ")
        # Less than the silent ones are given: who waited for their end would come too late.
        async with asyncio.timeout(protocol.HEADER_SECONDS / 2):
            assert (await api.get("/healthz")).status == HTTPStatus.OK
        assert not any(reader.at_eof() for reader, _ in silent)
    finally:
        for _, writer in silent:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in silent), return_exceptions=True)


async def test_a_taken_port_is_an_oserror_and_leaves_nothing_open(api: Api):
    with pytest.raises(OSError, match="in use"):
        await server.Runner(make_app(api.ports())).start(("127.0.0.1", api.port))


class Ending:
    """A running front that a test brings down, on a socket that outlives it."""

    def __init__(self) -> None:
        self.api = Api()
        self.api.front.has("a")
        self.runner = server.Runner(make_app(self.api.ports()))
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=server.BACKLOG)
        self.address = self.listening.getsockname()

    @property
    def request(self) -> bytes:
        line = "POST /api/sessions/a/restart HTTP/1.1"
        return f"{line}\r\nHost: a\r\nAuthorization: Bearer {self.api.token}\r\n\r\n".encode()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*self.address)

    async def start(self) -> None:
        """On a copy of the socket, as a process of its own would have it."""
        await self.runner.start(self.listening.dup())

    def drain(self) -> None:
        self.api.phase = DaemonPhase.DRAINING
        self.runner.drain()

    async def reach(self) -> None:
        """What clients have sent is read: loopback delivers it at once, the loop needs its turns."""
        for _ in range(10):
            await asyncio.sleep(0)


@pytest.fixture
async def ending() -> AsyncIterator[Ending]:
    made = Ending()
    await made.start()
    with closing(made.listening):
        yield made
        await made.runner.cleanup()


async def head(reader: asyncio.StreamReader) -> bytes:
    """Status line and headers of the next answer; its body is read, too."""
    text = await reader.readuntil(b"\r\n\r\n")
    length = text.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))
    return text


async def test_who_has_asked_is_answered_however_suddenly_it_ends(ending: Ending):
    """Connected and asked, but not accepted yet: the loop had no turn."""
    clients = [socket.create_connection(ending.address) for _ in range(50)]
    for client in clients:
        client.sendall(ending.request)
    await ending.runner.cleanup()
    for client in clients:
        with client:
            assert client.recv(65_536).startswith(b"HTTP/1.1 202 ")


async def test_who_comes_too_late_is_served_by_the_next_one_on_the_socket(ending: Ending):
    await ending.runner.cleanup()
    reader, writer = await ending.connect()
    writer.write(ending.request)
    ending.runner = server.Runner(make_app(ending.api.ports()))
    await ending.start()
    assert (await head(reader)).startswith(b"HTTP/1.1 202 ")
    writer.close()


async def test_without_a_socket_that_outlives_it_who_comes_too_late_is_refused(ending: Ending):
    await ending.runner.cleanup()
    ending.listening.close()
    with pytest.raises(ConnectionRefusedError):
        await ending.connect()


@pytest.mark.parametrize("is_kept", [False, True], ids=["a new connection", "half a head on a kept one"])
async def test_a_request_on_its_way_is_waited_for(ending: Ending, is_kept: bool):
    reader, writer = await ending.connect()
    rest = ending.request
    if is_kept:
        writer.write(ending.request)
        await head(reader)
        writer.write(rest[:30])
        rest = rest[30:]
    await ending.reach()
    stopping = asyncio.create_task(ending.runner.cleanup())
    await ending.reach()
    writer.write(rest)
    assert (await head(reader)).startswith(b"HTTP/1.1 202 ")
    writer.close()
    await stopping


async def test_a_kept_connection_is_told_that_it_ends_before_it_ends(ending: Ending):
    reader, writer = await ending.connect()
    writer.write(ending.request)
    assert b"Connection: close" not in await head(reader)
    ending.drain()
    stopping = asyncio.create_task(ending.runner.cleanup())
    await ending.reach()
    writer.write(ending.request)
    answer = await head(reader)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"Connection: close" in answer
    assert await reader.read() == b""
    await stopping
    writer.close()


async def test_a_kept_connection_that_nobody_uses_ends_all_the_same(
    ending: Ending, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(server, "KEPT_SECONDS", 0.01)
    reader, writer = await ending.connect()
    writer.write(ending.request)
    await head(reader)
    ending.drain()
    async with asyncio.timeout(server.LAST_SECONDS / 2):
        await ending.runner.cleanup()
        assert await reader.read() == b""
    writer.close()


async def test_settling_waits_for_the_requests_that_came_before(ending: Ending):
    taken_up, may_end = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        taken_up.set()
        await may_end.wait()

    ending.api.front.before_answer = hold
    reader, writer = await ending.connect()
    writer.write(ending.request)
    await taken_up.wait()
    ending.drain()
    settling = asyncio.create_task(ending.runner.settle(60))
    late = await ending.connect()
    late[1].write(ending.request)
    assert (await head(late[0])).startswith(b"HTTP/1.1 503 ")
    assert not settling.done()
    may_end.set()
    assert (await head(reader)).startswith(b"HTTP/1.1 202 ")
    await settling
    late[1].close()
    writer.close()


@pytest.mark.slow
async def test_settling_has_an_end(ending: Ending, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(server, "LAST_SECONDS", 0.01)
    monkeypatch.setattr(server, "KEPT_SECONDS", 0.01)
    taken_up = asyncio.Event()

    async def hold() -> None:
        taken_up.set()
        await asyncio.Event().wait()

    ending.api.front.before_answer = hold
    reader, writer = await ending.connect()
    writer.write(ending.request)
    await taken_up.wait()
    ending.drain()
    await ending.runner.settle(0.01)
    await ending.runner.cleanup()
    assert await reader.read() == b""
    writer.close()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[psutil.Process]:
    """The front in a process of its own: a client in the same one would weigh in."""
    process = subprocess.Popen([sys.executable, "-m", "tests.http.alone", str(tmp_path)])
    yield psutil.Process(process.pid)
    process.kill()
    process.wait()


def port_of(process: psutil.Process) -> int | None:
    ports = [one.laddr.port for one in process.net_connections() if one.status == psutil.CONN_LISTEN]
    return ports[0] if ports else None


def reset_peak_memory(process: psutil.Process) -> int:
    """Forget its highest resident memory; what it holds now, in bytes."""
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")
    return int(process.memory_info().rss)


def peak_memory(process: psutil.Process) -> int:
    """The highest resident memory since `reset_peak_memory`, in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    [kilobytes] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(kilobytes) * 1024


class TestUnderLoad:
    """The same attacks in numbers; minutes, not seconds."""

    @pytest.mark.long
    @pytest.mark.timeout(300)
    async def test_ten_thousand_mutilated_requests_leave_the_memory_flat(self, api: Api):
        me = psutil.Process()
        await self._mutilated(api, 1000)
        before = me.memory_info().rss
        for _ in range(10):
            await self._mutilated(api, 1000)
        assert me.memory_info().rss - before < 20_000_000
        assert [line for line in api.log.lines if line["level"] == "error"] == []
        assert (await api.get("/healthz")).status == HTTPStatus.OK

    async def _mutilated(self, api: Api, count: int) -> None:
        dice = random.Random(count)
        good = (
            f"GET /api/sessions/a/status HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {api.token}\r\n\r\n"
        ).encode()

        async def one() -> int:
            mutant = bytearray(good)
            for _ in range(dice.randint(1, 6)):
                at = dice.randrange(len(mutant) - 4)
                mutant[at : at + dice.randint(0, 3)] = dice.randbytes(dice.randint(0, 3))
            return int((await raw(api, bytes(mutant), limit=0.3))[9:12] or 400)

        for _ in range(count // 100):
            assert max(await asyncio.gather(*(one() for _ in range(100)))) < 500
        api.log.lines = [line for line in api.log.lines if line["level"] == "error"]

    @pytest.mark.slow
    async def test_twenty_gzip_bombs_at_once_cost_no_memory(self, api: Api, alone: psutil.Process):
        bomb = gzip.compress(b"0" * 200 * 1024 * 1024, compresslevel=1)
        headers = {"Content-Encoding": "gzip"}
        api.base = f"http://127.0.0.1:{await eventually(lambda: port_of(alone))}"
        before = reset_peak_memory(alone)
        calls = (api.call("POST", "/api/sessions/a/start", data=bomb, headers=headers) for _ in range(20))
        assert {answer.status for answer in await asyncio.gather(*calls)} == {415}
        assert peak_memory(alone) - before < 20_000_000
