"""Webhooks over HTTP end to end: trial, dead letters, replay, forbidden targets, unkind receivers."""

from __future__ import annotations

import gzip
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.net.test_egress import INTERNAL_HOSTS, LOOPBACK_HOSTS, LOOPBACK_SPELLINGS, METADATA_HOSTS, ODD_URLS
from tests.support import free_port, wait_until
from tests.system.api import Answer, Json
from tests.system.chromeless import chromeless, counts, log_of, settle
from tests.system.daemon import Daemon
from tests.system.raw_server import RawServer
from wppmt.cli.sink import ReceivedWebhook, Sink

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

GIGABYTE = 2**30
DEADLINE_SECONDS = 2.0
_names = (f"cliente-{number:03d}" for number in itertools.count(1))


class Receiver:
    """A real endpoint that can be out of order."""

    def __init__(self) -> None:
        self.works = True
        self.taken: list[ReceivedWebhook] = []
        self.sink = Sink(0, self._take)

    def _take(self, delivery: ReceivedWebhook) -> int:
        self.taken.append(delivery)
        return 204 if self.works else 500

    def ids(self) -> list[str]:
        return [delivery.headers["webhook-id"] for delivery in self.taken]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    with made.sink:
        yield made


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Daemon]]:
    """Starts daemons one after the other on the same folder and port."""
    made: list[Daemon] = []

    def start(*, deadline: float = DEADLINE_SECONDS, **environ: str) -> Daemon:
        before = made[-1] if made else None
        kept = {} if before is None else {"WPP_SECRET": before.secret, "WPP_PORT": str(before.port)}
        daemon = chromeless(tmp_path, WEBHOOK_TIMEOUT=str(int(deadline * 1000)), **environ, **kept)
        if before is not None:
            daemon.secret = before.secret
            daemon.api = before.api
        made.append(daemon)
        daemon.start()
        return daemon

    yield start
    for daemon in made:
        daemon.end()


def begin(daemon: Daemon, session_id: str, **body: Any) -> Answer:
    return daemon.api.call("POST", f"/api/sessions/{session_id}/start", body)


def make_event(daemon: Daemon, session_id: str) -> None:
    """At least one, however the session stands."""
    begin(daemon, session_id)
    daemon.api.call("DELETE", f"/api/sessions/{session_id}")


def dead_letters(daemon: Daemon, session_id: str) -> Json:
    return daemon.api.get(f"/api/sessions/{session_id}/dead-letters?limit=1000")


def replay(daemon: Daemon, session_id: str, body: Json | None = None) -> int:
    answer = daemon.api.call("POST", f"/api/sessions/{session_id}/dead-letters/replay", body or {})
    assert answer.status == 200, answer
    replayed: int = answer.json["replayed"]
    return replayed


def recovered(daemon: Daemon) -> list[Json]:
    return [line["details"] for line in daemon.log() if line["event"] == "webhook_recovered"]


def test_dead_letters_are_listed_replayed_by_one_by_kind_and_all(
    start: Callable[..., Daemon], receiver: Receiver
):
    daemon = start(WEBHOOK_URL=receiver.sink.url, WEBHOOK_RETRIES="0")
    receiver.works = False
    for _ in range(3):
        make_event(daemon, "loja")
    dead = settle(daemon)["dead"]
    listed = dead_letters(daemon, "loja")
    logged = {event["id"]: event for event in log_of(daemon, "loja")}
    assert listed["count"] == len(listed["deadLetters"]) == dead == len(logged) >= 3
    assert {(one["lastStatus"], one["attempts"]) for one in listed["deadLetters"]} == {(500, 1)}

    receiver.works = True
    first, second = (one["id"] for one in listed["deadLetters"][:2])
    bodies = {delivery.event["id"]: delivery.body for delivery in receiver.taken}
    receiver.taken.clear()
    assert replay(daemon, "loja", {"ids": [second]}) == 1
    wait_until(lambda: receiver.taken)
    [again] = receiver.taken
    assert (again.event["id"], again.body, again.headers["x-webhook-attempt"]) == (
        second,
        bodies[second],
        "2",
    )
    told = wait_until(lambda: recovered(daemon))[0]
    assert told["deadLetters"] == dead - 1
    assert told["note"].endswith(f"podem ser reenviados: {dead - 1}")

    receiver.taken.clear()
    assert replay(daemon, "loja", {"event": "qr_code"}) == 0
    assert replay(daemon, "loja") == dead - 1
    assert settle(daemon) == {"pending": 0, "dead": 0}
    assert receiver.ids()[0] == first
    assert receiver.ids() == [event_id for event_id in logged if event_id != second]
    assert replay(daemon, "loja") == 0
    daemon.stop()


def test_automatic_replay(start: Callable[..., Daemon], receiver: Receiver):
    daemon = start(WEBHOOK_URL=receiver.sink.url, WEBHOOK_RETRIES="0", WPP_WEBHOOK_AUTO_REPLAY="true")
    receiver.works = False
    make_event(daemon, "loja")
    dead = settle(daemon)["dead"]
    receiver.works = True
    make_event(daemon, "loja")
    wait_until(lambda: counts(daemon) == {"pending": 0, "dead": 0})
    assert set(receiver.ids()) == {event["id"] for event in log_of(daemon, "loja")}
    assert wait_until(lambda: recovered(daemon))[0]["replayed"] == dead
    daemon.stop()


def test_the_hold_keeps_events_of_a_receiver_that_is_off(start: Callable[..., Daemon], receiver: Receiver):
    daemon = start(
        WEBHOOK_URL=f"http://127.0.0.1:{free_port()}/",
        WEBHOOK_RETRIES="0",
        WPP_WEBHOOK_HOLD_HOURS="1",
        WPP_EGRESS_ALLOW=receiver.sink.target,
    )
    make_event(daemon, "loja")
    make_event(daemon, "outra")
    begin(daemon, "viva", webhookUrl=receiver.sink.url)
    wait_until(lambda: receiver.taken)
    # Were attempts spent, one each would have made dead letters of them.
    assert counts(daemon)["dead"] == 0
    assert counts(daemon)["pending"] >= 4
    daemon.stop()


def test_a_trial_over_http(start: Callable[..., Daemon], receiver: Receiver):
    daemon = start(WPP_EGRESS_ALLOW=receiver.sink.target)
    secret = begin(daemon, "loja", webhookUrl=receiver.sink.url, events=["error"]).json["webhookSecret"]
    tried = daemon.api.call("POST", "/api/sessions/loja/webhook/test", {"event": "message_ack"}).json
    assert (tried["delivered"], tried["status"], tried["error"]) == (True, 204, None)
    [delivery] = receiver.taken
    assert delivery.is_signed_with(secret)
    assert delivery.event["id"] == tried["eventId"]
    assert tried["eventId"] not in {event["id"] for event in log_of(daemon, "loja")}

    new = daemon.api.call("POST", "/api/sessions/loja/webhook/secret").json["secret"]
    daemon.api.call("POST", "/api/sessions/loja/webhook/test")
    assert receiver.taken[1].is_signed_with(secret)
    assert receiver.taken[1].is_signed_with(new)
    assert secret != new

    receiver.works = False
    tried = daemon.api.call("POST", "/api/sessions/loja/webhook/test").json
    assert (tried["delivered"], tried["status"]) == (False, 500)
    assert counts(daemon)["dead"] == 0
    daemon.private |= {secret, new}
    daemon.stop()
    assert not daemon.leaks()


def memory_mb(daemon: Daemon) -> float:
    return psutil.Process(daemon.pid).memory_info().rss / 2**20


# Forbidden targets, unkind receivers


def refused_everywhere(daemon: Daemon, session_id: str, url: str) -> None:
    calls: list[tuple[str, str, Json]] = [
        ("PUT", f"/api/sessions/{session_id}/webhook", {"url": url}),
        ("POST", f"/api/sessions/{session_id}/start", {"webhookUrl": url}),
        ("POST", f"/api/sessions/{session_id}/dead-letters/replay", {"url": url}),
    ]
    for method, path, body in calls:
        answer = daemon.api.call(method, path, body)
        assert answer.status == (400 if len(url) > 2048 else 422), (url, answer)
        assert answer.json["code"] == ("INVALID_REQUEST" if len(url) > 2048 else "TARGET_REFUSED")


def test_forbidden_targets_are_refused_when_configured(start: Callable[..., Daemon], receiver: Receiver):
    allowed = receiver.sink.target.replace("127.0.0.1", "localhost")
    daemon = start(WPP_EGRESS_ALLOW=f"{allowed},10.0.0.0/8,169.254.0.0/16,127.0.0.0/8", REDIS_URL="")
    begin(daemon, "loja")
    for host in {*LOOPBACK_HOSTS, *LOOPBACK_SPELLINGS, *METADATA_HOSTS, *INTERNAL_HOSTS} - {"10.0.0.1"}:
        refused_everywhere(daemon, "loja", f"http://{host}/webhook")
    for port in (6379, 9222, 9515, daemon.port):
        for host in ("localhost", "127.0.0.1", "[::1]"):
            refused_everywhere(daemon, "loja", f"http://{host}:{port}/")
    # An empty one counts as none at all.
    for url in filter(None, ODD_URLS):
        refused_everywhere(daemon, "loja", url)
    # The very place that is listed.
    put = daemon.api.call("PUT", "/api/sessions/loja/webhook", {"url": f"http://{allowed}/webhook"})
    assert put.status == 200, put
    assert daemon.api.call("POST", "/api/sessions/loja/webhook/test").json["delivered"]
    daemon.stop()


def test_a_forbidden_target_is_blocked_at_connect_as_well(start: Callable[..., Daemon], receiver: Receiver):
    """Allowed when it was configured, not any more when it is delivered."""
    daemon = start(WPP_EGRESS_ALLOW=receiver.sink.target)
    begin(daemon, "loja", webhookUrl=receiver.sink.url)
    settle(daemon)
    daemon.stop()
    receiver.taken.clear()
    daemon = start()
    make_event(daemon, "loja")
    assert settle(daemon)["dead"] >= 1
    assert {one["lastError"] for one in dead_letters(daemon, "loja")["deadLetters"]} == {
        "URL de destino não permitida"
    }
    tried = daemon.api.call("POST", "/api/sessions/loja/webhook/test").json
    assert (tried["delivered"], tried["error"]) == (False, "URL de destino não permitida")
    assert receiver.taken == []
    daemon.stop()


def said(text: bytes) -> Callable[[Any], None]:
    return lambda client: client.sendall(text)


def flood(client: Any) -> None:
    client.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {GIGABYTE}\r\n\r\n".encode())
    for _ in range(GIGABYTE // 2**20):
        client.sendall(b"x" * 2**20)


def drip(client: Any) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        client.sendall(b"x")
        time.sleep(0.05)


def drip_head(client: Any) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        client.sendall(b"x")
        time.sleep(0.05)


MANY_HEADERS = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(1000)) + b"\r\n"
BOMB = gzip.compress(bytes(50 * 2**20))
PACKED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB) + BOMB


def away(status: int, to: str) -> bytes:
    return f"HTTP/1.1 {status} Away\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.fixture
def unkind(receiver: Receiver) -> Iterator[RawServer]:
    speakers = {
        "/302": said(away(302, receiver.sink.url)),
        "/307": said(away(307, receiver.sink.url)),
        "/gigabyte": flood,
        "/drip": drip,
        "/drip-head": drip_head,
        "/headers": said(MANY_HEADERS),
        "/bomb": said(PACKED),
    }
    with RawServer(speakers) as running:
        yield running


def test_unkind_receivers(start: Callable[..., Daemon], receiver: Receiver, unkind: RawServer):
    daemon = start(WPP_EGRESS_ALLOW=f"{unkind.place},{receiver.sink.target}")
    memory = memory_mb(daemon)

    def attempt(path: str) -> Json:
        name = next(_names)
        begin(daemon, name, webhookUrl=unkind.url + path, events=["error"])
        began = time.monotonic()
        told = daemon.api.call("POST", f"/api/sessions/{name}/webhook/test")
        assert time.monotonic() - began < DEADLINE_SECONDS + 2
        assert told.status == 200, told
        return told.json

    for status in (302, 307):
        told = attempt(f"/{status}")
        assert (told["delivered"], told["status"]) == (False, status)
    assert receiver.taken == []  # nobody went where it pointed
    assert len(attempt("/gigabyte")["body"]) == 65_536
    assert attempt("/drip")["delivered"]
    assert attempt("/drip-head")["error"] == "O destino não respondeu a tempo"
    assert attempt("/headers")["error"] == "A resposta do destino não é HTTP válido"
    bomb = attempt("/bomb")
    assert (bomb["delivered"], bomb["body"]) == (True, None)  # still packed, so no text
    assert memory_mb(daemon) - memory < 20
    daemon.stop()


def test_a_hanging_receiver_delays_no_other(
    start: Callable[..., Daemon], receiver: Receiver, unkind: RawServer
):
    patience = 3 * DEADLINE_SECONDS
    daemon = start(WPP_EGRESS_ALLOW=f"{unkind.place},{receiver.sink.target}", deadline=patience)
    for name in ("presa-1", "presa-2", "presa-3", "presa-4", "presa-5"):
        begin(daemon, name, webhookUrl=f"{unkind.url}/drip-head")
    wait_until(lambda: unkind.asked)
    began = time.monotonic()
    begin(daemon, "viva", webhookUrl=receiver.sink.url)
    wait_until(lambda: receiver.taken)
    assert time.monotonic() - began < patience / 2
    daemon.stop()
