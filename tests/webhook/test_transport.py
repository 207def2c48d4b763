"""One attempt against real servers on loopback, kind and unkind ones."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from tests.support import free_port
from wppmt.net.egress import Egress, policy
from wppmt.net.response import HEAD_LIMIT
from wppmt.store.outbox_records import Delivery, SigningSecrets
from wppmt.store.records import EventRecord
from wppmt.webhook.classify import Answered, AttemptResult, Fault, Unanswered
from wppmt.webhook.signature import new_secret
from wppmt.webhook.transport import BODY_LIMIT, WebhookTransport

BODY = '{"event":"message_received","message":{"body":"olá"}}'.encode()
OLD, NEW = new_secret(b"o" * 32), new_secret(b"n" * 32)
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Receiver:
    """A real endpoint that keeps what it was sent and answers as told."""

    status: int = 200
    answer_headers: dict[str, str] = field(default_factory=dict)
    seen: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    peers: set[object] = field(default_factory=set)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhook"

    async def answer(self, request: web.Request) -> web.Response:
        self.seen.append(
            ({name.lower(): value for name, value in request.headers.items()}, await request.read())
        )
        assert request.transport
        self.peers.add(request.transport.get_extra_info("peername"))
        return web.Response(status=self.status, headers=self.answer_headers, text="obrigado")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


@pytest.fixture
async def raw() -> AsyncIterator[Callable[[Serve], Awaitable[str]]]:
    """Starts a server that speaks whatever bytes it likes; gives its address."""
    servers: list[asyncio.Server] = []

    async def start(serve: Serve) -> str:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.readuntil(b"\r\n\r\n")
                await serve(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"

    yield start
    for server in servers:
        server.close()


async def post(
    url: str,
    *,
    seconds: float = 5.0,
    secrets: SigningSecrets | None = None,
    allow: tuple[str, ...] | None = None,
    answer_seconds: float = 1.0,
) -> AttemptResult:
    place = url.removeprefix("https://").removeprefix("http://").partition("/")[0]
    guard = Egress(policy([place] if allow is None else allow))
    transport = WebhookTransport(guard, seconds, time.time, answer_seconds)
    event = EventRecord("evt_01", "a", 1, "message_received", 1.0, BODY)
    try:
        return await transport.post(Delivery(1, event, url), 3, secrets)
    finally:
        await transport.close()


async def timed(url: str, limit: float) -> tuple[AttemptResult, float]:
    began = time.monotonic()
    outcome = await post(url, seconds=limit)
    return outcome, time.monotonic() - began


# Delivered


async def test_what_is_signed_is_what_arrives(receiver: Receiver):
    outcome = await post(receiver.url, secrets=SigningSecrets(NEW))
    assert outcome == Answered(200, "", b"obrigado")
    [(headers, body)] = receiver.seen
    assert body == BODY
    assert Webhook(NEW).verify(body, headers)
    assert headers["x-webhook-attempt"] == "3"
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["user-agent"].startswith("wppmt/")


@pytest.mark.parametrize(("left", "count"), [(60.0, 2), (-60.0, 1)])
async def test_a_rotated_secret_signs_along_until_its_end(receiver: Receiver, left: float, count: int):
    await post(receiver.url, secrets=SigningSecrets(NEW, ((OLD, time.time() + left),)))
    [(headers, body)] = receiver.seen
    assert len(headers["webhook-signature"].split()) == count
    assert Webhook(NEW).verify(body, headers)


async def test_without_a_secret_it_goes_unsigned(receiver: Receiver):
    await post(receiver.url)
    assert "webhook-signature" not in receiver.seen[0][0]


@pytest.mark.parametrize("status", [202, 404, 410, 500])
async def test_the_status_is_reported(receiver: Receiver, status: int):
    receiver.status, receiver.answer_headers = status, {"Retry-After": "7"}
    assert await post(receiver.url) == Answered(status, "7", b"obrigado")


async def test_redirects_are_not_followed(receiver: Receiver):
    for receiver.status in (301, 302, 307, 308):
        receiver.answer_headers = {"Location": f"http://127.0.0.1:{receiver.port}/secret"}
        outcome = await post(receiver.url)
        assert isinstance(outcome, Answered)
        assert outcome.status == receiver.status
    assert len(receiver.seen) == 4


async def test_connections_are_used_again(receiver: Receiver):
    transport = WebhookTransport(Egress(policy([f"127.0.0.1:{receiver.port}"])), 5.0, time.time)
    event = EventRecord("evt_01", "a", 1, "error", 1.0, BODY)
    for _ in range(3):
        assert isinstance(await transport.post(Delivery(1, event, receiver.url), 1, None), Answered)
    assert len(receiver.peers) == 1
    await transport.close()


# Unkind answers


async def endless(writer: asyncio.StreamWriter, pause: float, piece: bytes) -> None:
    while True:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(pause)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


async def test_a_gigabyte_is_read_to_64_kb(raw):
    written = 0

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(HEAD + b"Content-Length: 1073741824\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()
            written += 65536

    outcome, seconds = await timed(await raw(serve), 5.0)
    assert outcome == Answered(200, "", b"x" * BODY_LIMIT)
    assert seconds < 3
    assert written < 20_000_000  # what fits into the buffers of both ends


@pytest.mark.slow
async def test_a_dripping_body_costs_no_more_than_a_moment(raw):
    """The status has told that the event arrived: no second delivery because of a slow body."""
    outcome, seconds = await timed(
        await raw(lambda _, writer: drip(writer, HEAD + b"Content-Length: 1000\r\n\r\n")), 9.0
    )
    assert isinstance(outcome, Answered)
    assert outcome.status == 200
    assert seconds < 3


async def drip(writer: asyncio.StreamWriter, head: bytes) -> None:
    writer.write(head)
    await endless(writer, 0.05, b"x")


@pytest.mark.slow
async def test_dripping_headers_end_at_the_deadline(raw):
    outcome, seconds = await timed(await raw(lambda _, writer: drip(writer, HEAD + b"X: ")), 0.4)
    assert outcome == Unanswered(Fault.TIMEOUT, "O destino não respondeu a tempo")
    assert 0.35 < seconds < 2


async def test_a_thousand_headers_are_no_answer(raw):
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"".join(b"X-%d: y\r\n" % number for number in range(1000)) + b"\r\n")
        await writer.drain()

    outcome = await post(await raw(serve))
    assert isinstance(outcome, Unanswered)
    assert outcome.fault is Fault.BROKEN


@pytest.mark.slow
async def test_a_gzip_bomb_stays_packed(raw):
    bomb = gzip.compress(bytes(100 * 1024 * 1024), 9)

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb)
        await writer.drain()

    assert await post(await raw(serve)) == Answered(200, "", bomb[:BODY_LIMIT])


@pytest.mark.slow
async def test_a_hanging_endpoint_ends_at_the_deadline_and_delays_nobody(raw, receiver: Receiver):
    url = await raw(lambda *_: asyncio.sleep(5))
    hanging = [asyncio.create_task(post(url, seconds=2.0)) for _ in range(30)]
    await asyncio.sleep(0)
    assert isinstance(await post(receiver.url), Answered)
    assert not any(task.done() for task in hanging)
    assert {
        outcome.fault for outcome in await asyncio.gather(*hanging) if isinstance(outcome, Unanswered)
    } == {Fault.TIMEOUT}


async def test_a_reset_connection_is_reported_as_broken(raw):
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    outcome = await post(await raw(serve))
    assert outcome == Unanswered(Fault.BROKEN, "A conexão com o destino caiu")


@pytest.mark.parametrize("answer", [b"", b"HTTP/9.9 what\r\n\r\n", b"220 smtp ready\r\n", b"\x00\xff" * 50])
async def test_what_is_no_http_is_reported_as_broken(raw, answer: bytes):
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    outcome = await post(await raw(serve))
    assert isinstance(outcome, Unanswered)
    assert outcome.fault is Fault.BROKEN


def says(answer: bytes) -> Serve:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return serve


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 204 No Content\r\n\r\nok",
        b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nol\xc3\xa1",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nol\xc3\xa1",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\n\r\nok",
        b"HTTP/1.1 202\nContent-Length: 0\n\nmore",
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=" + b"a" * 9000 + b"\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
)
async def test_any_2xx_is_success_however_sloppy_its_body(raw, answer: bytes):
    began = time.monotonic()
    outcome = await post(await raw(says(answer)), answer_seconds=5.0)
    assert outcome.is_success, outcome
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("size", [1, 2, 7])
async def test_an_answer_may_come_in_pieces(raw, size: int):
    answer = b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"Retry-After: 7\r\nContent-Length: 2\r\n\r\nok"

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for start in range(0, len(answer), size):
            writer.write(answer[start : start + size])
            await writer.drain()
            await asyncio.sleep(0)

    assert await post(await raw(serve)) == Answered(200, "7", b"ok")


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
        (HEAD, b"A: b\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1", b";x=yyyyyyyyy"),
    ],
)
async def test_an_answer_without_end_is_cut_soon(raw, head: bytes, piece: bytes):
    written = 0

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(head)
        while True:
            writer.write(piece * 1000)
            await writer.drain()
            written += 1000 * len(piece)

    outcome, seconds = await timed(await raw(serve), 5.0)
    assert outcome.is_success or (isinstance(outcome, Unanswered) and outcome.fault is Fault.BROKEN)
    assert seconds < 1
    assert written < 20_000_000


async def test_a_few_interim_answers_do_no_harm(raw):
    interim = b"HTTP/1.1 102 Processing\r\n\r\n"
    few = interim * (HEAD_LIMIT // len(interim) - 2)
    outcome = await post(await raw(says(few + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")))
    assert outcome == Answered(200)


@pytest.mark.parametrize("left_over", [b"", b"rest of it"])
async def test_a_connection_that_turns_out_to_be_over_costs_no_attempt(raw, left_over: bytes):
    """As servers do that close after each answer, or write more than they said."""
    requests = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        requests += 1
        await reader.readexactly(len(BODY))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(left_over + b"\r\n\r\n" if left_over else b"")

    url = await raw(serve)
    transport = WebhookTransport(Egress(policy([url[7:-1]])), 5.0, time.time)
    event = EventRecord("evt_01", "a", 1, "error", 1.0, BODY)
    for _ in range(3):
        assert await transport.post(Delivery(1, event, url), 1, None) == Answered(200)
    assert requests == 3
    await transport.close()


# No connection


async def test_nobody_listening_is_unreachable():
    outcome = await post(f"http://127.0.0.1:{free_port()}/")
    assert outcome == Unanswered(Fault.UNREACHABLE, "O destino recusou a conexão")


@pytest.mark.slow
async def test_a_connect_that_hangs_is_unreachable():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        place = full.getsockname()
        with socket.create_connection(place):  # fills the queue of one: the next SYN is not answered
            outcome, seconds = await timed(f"http://127.0.0.1:{place[1]}/", 0.5)
    assert outcome == Unanswered(Fault.UNREACHABLE, "Sem conexão com o destino a tempo")
    assert seconds < 3


async def test_an_unknown_name_is_unreachable():
    outcome = await post("http://nowhere.invalid/", allow=())
    assert outcome == Unanswered(Fault.UNREACHABLE, "Nome do destino não encontrado")


async def test_a_server_without_tls_is_insecure(receiver: Receiver):
    outcome = await post(f"https://127.0.0.1:{receiver.port}/")
    assert isinstance(outcome, Unanswered)
    assert outcome.fault is Fault.INSECURE


# Not allowed


async def test_a_forbidden_address_is_not_called(receiver: Receiver):
    outcome = await post(receiver.url, allow=())
    assert isinstance(outcome, Unanswered)
    assert outcome.fault is Fault.FORBIDDEN
    assert receiver.seen == []


async def test_a_name_that_leads_to_a_forbidden_address_is_not_called(receiver: Receiver):
    outcome = await post(f"http://{socket.gethostname()}:{receiver.port}/", allow=("10.0.0.0/8",))
    assert isinstance(outcome, Unanswered)
    assert outcome.fault in {Fault.REFUSED_TARGET, Fault.UNREACHABLE}
    assert receiver.seen == []
