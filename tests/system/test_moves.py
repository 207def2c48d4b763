"""A connected session moves to another daemon in real Chrome: no QR code, nothing lost, nothing twice."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.proxy_server import behind_tls
from tests.support import meanwhile, wait_until
from tests.system.api import Answer, Api
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.daemon import ROOT, Daemon
from tests.system.receiver import Receiver
from tests.system.tenant import Tenant, new_text
from wppmt.simulator.tls import server_context

pytestmark = [pytest.mark.chrome, pytest.mark.timeout(120)]

CONNECTED_SECONDS = 40.0
MOVE_SECONDS = 15.0
RETRY_SECONDS = 0.2
MOVES = 10


@pytest.fixture
def pair(new_daemon: NewDaemon, outside: dict[str, str]) -> tuple[Daemon, Daemon]:
    """Two instances that share a key, and the phones."""
    source = new_daemon(**outside)
    target = new_daemon(**outside, WPP_SECRET=source.secret)
    target.secret = source.secret
    target.api = Api(target.port, source.secret)
    source.start()
    target.start()
    return source, target


def move(source: Daemon, target: Daemon, session: str) -> str:
    """By the command, as an operator does; what it said."""
    command = [sys.executable, "-m", "wppmt", "move", session, "--to", target.api.url]
    done = subprocess.run(command, cwd=ROOT, env=source.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_goes_with_its_login_its_keys_and_its_events(
    pair: tuple[Daemon, Daemon], new_tenant: NewTenant, stranger: str, receiver: Receiver
) -> None:
    source, target = pair
    tenant = new_tenant(source).connect()
    key = {"idempotencyKey": "pedido-1"}
    text = new_text()
    first = tenant.send(stranger, text, **key)
    assert first.status == 200, first
    devices = tenant.devices()
    said = move(source, target, tenant.name)
    assert f"agora em {target.api.url}, conectada" in said
    gone = tenant.send(stranger, text, **key)
    assert (gone.status, gone.json["code"], gone.json["owner"]) == (421, "NOT_OWNER", target.api.url)
    # The client follows, with the same key.
    tenant.daemon = target
    target.private |= {tenant.phone, stranger, text}
    again = tenant.send(stranger, text, **key)
    assert (again.status, again.json["id"]) == (200, first.json["id"])
    assert tenant.send(stranger, new_text()).status == 200
    assert [device["device"] for device in tenant.devices()] == [device["device"] for device in devices]
    events = tenant.logged_events()
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert "qr_code" not in {event["event"] for event in events[-4:]}
    assert source.browser(tenant.name) is None
    wait_until(lambda: len(tenant.webhooks()) >= len(tenant.logged_events()) - 2)
    arrivals = [arrival.event["id"] for arrival in receiver.of(tenant.name)]
    assert len(arrivals) == len(set(arrivals))
    # Also of the next daemon on the source's folders.
    source.kill()
    source.start()
    status = source.api.call("GET", f"{tenant.path}/status")
    assert (status.status, status.json["owner"]) == (421, target.api.url)
    assert source.browser(tenant.name) is None


def test_refused_by_the_target_it_goes_on_as_before(
    pair: tuple[Daemon, Daemon], new_tenant: NewTenant, stranger: str
) -> None:
    source, target = pair
    tenant = new_tenant(source).connect()
    browser = tenant.browser
    body = {"to": target.api.url, "token": target.api.token(scope="")}
    assert "permissão" in _failed(source, tenant.name, body)
    body = {"to": f"http://127.0.0.1:{1}", "token": "x"}
    assert "não responde" in _failed(source, tenant.name, body)
    # Its browser was never touched.
    assert tenant.browser == browser
    assert tenant.send(stranger, new_text()).status == 200
    for to in ("http://192.0.2.1:8005", "ftp://x", "https://user:pw@x", "https://x/path"):
        refused = source.api.call("POST", f"/api/admin/sessions/{tenant.name}/move", {"to": to, "token": "x"})
        assert (refused.status, refused.json["details"][0]["field"]) == (400, "to")


def _failed(source: Daemon, session: str, body: dict[str, str]) -> str:
    job = source.api.call("POST", f"/api/admin/sessions/{session}/move", body).json["job"]

    def ended() -> dict[str, str] | None:
        shown = source.api.get(f"/api/admin/jobs/{job}")
        return None if shown["status"] == "running" else shown

    shown = wait_until(ended, 30.0)
    assert shown
    assert shown["status"] == "failed"
    return shown["error"]


def test_over_https_if_the_certificate_is_good(
    new_daemon: NewDaemon, new_tenant: NewTenant, outside: dict[str, str], tmp_path: Path
) -> None:
    good, strange = tmp_path / "good", tmp_path / "strange"
    for folder in (good, strange):
        folder.mkdir()
    target, context = new_daemon(**outside), server_context(good)
    target.start()
    source = new_daemon(**outside, SSL_CERT_FILE=str(good / "page.pem"))
    source.start()
    tenant = new_tenant(source).connect()
    path = f"/api/admin/sessions/{tenant.name}/move"
    with behind_tls(target.port, server_context(strange)) as other, behind_tls(target.port, context) as port:
        body = {"to": f"https://127.0.0.1:{other}", "token": target.api.token()}
        assert "certificado não foi aceito" in _failed(source, tenant.name, body)
        there = f"https://127.0.0.1:{port}"
        job = source.api.call("POST", path, {**body, "to": there}).json["job"]
        wait_until(lambda: source.api.get(f"/api/admin/jobs/{job}")["status"] == "done", CONNECTED_SECONDS)
        gone = source.api.call("GET", f"{tenant.path}/status")
        assert (gone.status, gone.json["owner"]) == (421, there)
    tenant.daemon = target
    assert tenant.status()["status"] == "connected"


@dataclass
class Client:
    """Sends all the time, with a key of its own for each, and follows the session to its owner."""

    tenant: Tenant
    to: str
    apis: dict[str, Api]
    sent: dict[str, str] = field(default_factory=dict)
    """By text, the id."""
    longest: float = 0.0
    """Seconds that one took, with all its retries."""
    _over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        number, api = 0, self.tenant.daemon.api
        while not self._over.is_set():
            number += 1
            text, began = new_text(), time.monotonic()
            self.tenant.daemon.private.add(text)
            body = {"phone": self.to, "message": text, "idempotencyKey": f"{self.tenant.name}-{number}"}
            answer = self._send(api, body)
            while answer.status not in {200, 202}:
                if answer.status == 421:
                    api = self.apis[answer.json["owner"]]
                else:
                    time.sleep(RETRY_SECONDS)
                answer = self._send(api, body)
            self.sent[text] = answer.json["id"]
            self.longest = max(self.longest, time.monotonic() - began)

    def _send(self, api: Api, body: dict[str, str]) -> Answer:
        return api.call("POST", f"{self.tenant.path}/send-message", body)

    def running(self) -> AbstractContextManager[None]:
        return meanwhile(self.run, self._over)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_ten_moves_under_load(
    pair: tuple[Daemon, Daemon], new_tenant: NewTenant, stranger: str, receiver: Receiver
) -> None:
    """There and back again; meanwhile its client sends without a pause, and a stranger writes to it."""
    source, target = pair
    tenant = new_tenant(source).connect()
    for daemon in pair:
        daemon.private |= {tenant.phone, stranger}
    apis = {daemon.api.url: daemon.api.fresh() for daemon in pair}
    client, took, written = Client(tenant, stranger, apis), [], []
    with client.running():
        for number in range(MOVES):
            here, there = pair if number % 2 == 0 else pair[::-1]
            began = time.monotonic()
            move(here, there, tenant.name)
            took.append(time.monotonic() - began)
            written.append(new_text())
            tenant.daemon.phones.write(stranger, tenant.phone, written[-1])
    owner = source if MOVES % 2 == 0 else target
    tenant.daemon = owner
    tenant.reaches("connected", CONNECTED_SECONDS)
    for text in written:
        tenant.hears_message(text)
    wait_until(lambda: set(client.sent) <= set(_inbox(tenant, stranger)), 60.0)
    bodies = _inbox(tenant, stranger)
    assert {text: bodies.count(text) for text in client.sent} == dict.fromkeys(client.sent, 1)
    events = tenant.logged_events()
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    arrivals = [arrival.event["id"] for arrival in receiver.of(tenant.name)]
    sys.stdout.write(
        f"{MOVES} moves: {', '.join(f'{seconds:.1f}' for seconds in took)} s; {len(client.sent)} sends, the longest"
        f" {client.longest:.1f} s with its retries; {len(arrivals)} webhooks, {len(arrivals) - len(set(arrivals))} twice\n"
    )
    assert len(arrivals) == len(set(arrivals))
    assert max(took) <= MOVE_SECONDS


def _inbox(tenant: Tenant, person: str) -> list[str]:
    return [str(line["body"]) for line in tenant.daemon.phones.inbox(person)]
