"""The receivers of docs/exemplos, as they stand there: they take what the gateway signs and nothing else."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.support import free_port, wait_until
from wppmt.net.egress import Egress, policy
from wppmt.store.outbox_records import Delivery, SigningSecrets
from wppmt.store.records import EventRecord
from wppmt.webhook.classify import Answered
from wppmt.webhook.envelope import envelope
from wppmt.webhook.samples import sample
from wppmt.webhook.signature import headers, new_secret
from wppmt.webhook.transport import WebhookTransport

EXAMPLES = Path(__file__).parents[2] / "docs" / "exemplos"
SECRET, OLD_SECRET, OTHER_SECRET = (new_secret(bytes([number]) * 32) for number in range(3))
COMMANDS: dict[str, Callable[[int], list[str]]] = {
    "python": lambda port: [sys.executable, "receptor.py", str(port)],
    "node": lambda port: ["node", "receptor.mjs", str(port)],
    "php": lambda port: ["php", "-q", "-S", f"127.0.0.1:{port}", "receptor.php"],
}
NEEDS_PHP = pytest.mark.skipif(shutil.which("php") is None, reason="no php here: apt-get install php-cli")
LANGUAGES = [pytest.param(name, marks=[NEEDS_PHP] if name == "php" else []) for name in COMMANDS]
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Receiver:
    url: str
    output: Path
    secrets: Path

    def knows(self, **secrets: str) -> None:
        """Lever: what is written beside the receiver, while it runs."""
        self.secrets.write_text(json.dumps({name.replace("_", "-"): text for name, text in secrets.items()}))

    def post(self, event: EventRecord, sent: dict[str, str], body: bytes | None = None) -> int:
        request = Request(self.url, body or event.body, sent, method="POST")  # noqa: S310 - loopback
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=5) as answer:
                status: int = answer.status
                return status
        except HTTPError as refusal:
            with refusal:
                return refusal.code

    @property
    def shown(self) -> list[str]:
        """What it did, not what its server says of itself."""
        return [line for line in self.output.read_text().splitlines() if line.startswith("cliente-")]


@pytest.fixture(scope="module", params=LANGUAGES)
def receiver(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    folder, port = tmp_path_factory.mktemp(request.param), free_port()
    running = Receiver(f"http://127.0.0.1:{port}/", folder / "output", folder / "secrets.json")
    running.knows(cliente_001=SECRET, cliente_002=OTHER_SECRET)
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            COMMANDS[request.param](port),
            cwd=EXAMPLES,
            env=os.environ | {"WEBHOOK_SECRETS": str(running.secrets), "RECEBIDOS": str(folder / "known")},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(lambda: listens(port), 10)
        yield running
    finally:
        process.terminate()
        process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def event(event_id: str, name: str = "message_received", session: str = "cliente-001") -> EventRecord:
    payload = sample(name) | {"note": 'ação 🟢 "\\/\u2028 </script>'}
    body = envelope(name, session, time.time(), payload, event_id=event_id, sequence=7)
    return EventRecord(event_id, session, 7, name, time.time(), body)


def signed(made: EventRecord, *secrets: str, age: float = 0.0) -> dict[str, str]:
    return headers(made.id, made.body, 1, time.time() - age, secrets)


@pytest.mark.parametrize(
    "secrets",
    [
        SigningSecrets(SECRET),
        SigningSecrets(OTHER_SECRET, ((SECRET, 9e9),)),
        SigningSecrets(SECRET, ((OLD_SECRET, 9e9),)),
    ],
    ids=["current", "still the old one", "already the new one"],
)
async def test_what_the_gateway_sends_is_taken(receiver: Receiver, secrets: SigningSecrets):
    made = event(f"evt_sent_{secrets.current[-8:-1]}{bool(secrets.rotated)}")
    transport = WebhookTransport(Egress(policy([receiver.url[7:-1]])), 10.0, time.time)
    outcome = await transport.post(Delivery(1, made, receiver.url), 1, secrets)
    await transport.close()
    assert isinstance(outcome, Answered)
    assert outcome.status == 204
    wait_until(lambda: "cliente-001 7 message_received" in receiver.shown)


async def test_after_the_overlap_the_old_secret_verifies_no_more(receiver: Receiver):
    transport = WebhookTransport(Egress(policy([receiver.url[7:-1]])), 10.0, time.time)
    rotated = SigningSecrets(OTHER_SECRET, ((SECRET, time.time() - 1),))
    outcome = await transport.post(Delivery(1, event("evt_late"), receiver.url), 1, rotated)
    await transport.close()
    assert isinstance(outcome, Answered)
    assert outcome.status == 401


@pytest.mark.parametrize("name", ["message_ack", "connection_change", "qr_code", "error"])
def test_every_kind_of_event_is_taken(receiver: Receiver, name: str):
    made = event(f"evt_{name}", name)
    assert receiver.post(made, signed(made, SECRET)) == 204
    wait_until(lambda: f"cliente-001 7 {name}" in receiver.shown)


def test_a_replayed_delivery_is_handled_once_and_refused_when_it_is_old(receiver: Receiver):
    made = event("evt_replayed", "message_ack")
    before = receiver.shown.count("cliente-001 7 message_ack")
    sent = signed(made, SECRET)
    assert [receiver.post(made, sent) for _ in range(3)] == [204] * 3
    wait_until(lambda: receiver.shown.count("cliente-001 7 message_ack") > before)
    assert receiver.shown.count("cliente-001 7 message_ack") == before + 1
    assert receiver.post(made, signed(made, SECRET, age=360)) == 401


def changed(made: EventRecord) -> bytes:
    fields = json.loads(made.body)
    fields["sequence"] = 8
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def test_a_changed_body_is_refused(receiver: Receiver):
    made = event("evt_changed")
    assert receiver.post(made, signed(made, SECRET), changed(made)) == 401
    assert receiver.post(made, signed(made, SECRET), made.body + b" ") == 401


@pytest.mark.parametrize("age", [360, -360])
def test_a_stale_or_future_timestamp_is_refused(receiver: Receiver, age: float):
    made = event("evt_stale")
    assert receiver.post(made, signed(made, SECRET, age=age)) == 401


@pytest.mark.parametrize(
    "forge",
    [
        lambda sent: sent | {"webhook-id": "evt_other"},
        lambda sent: sent | {"webhook-timestamp": str(int(sent["webhook-timestamp"]) + 1)},
        lambda sent: sent | {"webhook-timestamp": "now"},
        lambda sent: sent | {"webhook-timestamp": ""},
        lambda sent: sent | {"webhook-signature": sent["webhook-signature"].replace("v1,", "v2,")},
        lambda sent: sent | {"webhook-signature": "v1,"},
        lambda sent: sent | {"webhook-signature": "v1"},
        lambda sent: sent | {"webhook-signature": "v1," + base64.b64encode(b"x" * 32).decode()},
        lambda sent: sent | {"webhook-signature": "v1,çé"},
        lambda sent: {name: value for name, value in sent.items() if name != "webhook-signature"},
        lambda sent: {name: value for name, value in sent.items() if not name.startswith("webhook-")},
    ],
)
def test_forged_headers_are_refused(receiver: Receiver, forge: Callable[[dict[str, str]], dict[str, str]]):
    made = event("evt_forged")
    assert receiver.post(made, forge(signed(made, SECRET))) == 401


def test_another_secret_is_refused(receiver: Receiver):
    made = event("evt_foreign")
    assert receiver.post(made, signed(made, OTHER_SECRET)) == 401


def test_each_session_has_a_secret_of_its_own(receiver: Receiver):
    made = event("evt_second", session="cliente-002")
    assert receiver.post(made, signed(made, SECRET)) == 401
    assert receiver.post(made, signed(made, OTHER_SECRET)) == 204
    wait_until(lambda: "cliente-002 7 message_received" in receiver.shown)


def test_a_session_that_is_new_is_known_at_once(receiver: Receiver):
    made = event("evt_third", session="cliente-003")
    assert receiver.post(made, signed(made, OLD_SECRET)) == 401
    receiver.knows(cliente_001=SECRET, cliente_002=OTHER_SECRET, cliente_003=OLD_SECRET)
    assert receiver.post(made, signed(made, OLD_SECRET)) == 204


@pytest.mark.parametrize(
    "body",
    [b"x", b"[]", b"null", b"{}", b'{"sessionId": null}', b'{"sessionId": ["cliente-001"]}',
     b'{"sessionId": "__proto__"}', b'{"sessionId": "toString"}', b'{"sessionId": ""}'],
)  # fmt: skip
def test_what_names_no_known_session_is_refused(receiver: Receiver, body: bytes):
    made = replace(event("evt_odd"), body=body)
    assert receiver.post(made, signed(made, SECRET), body) == 401
    again = event(f"evt_after_{len(body)}")
    assert receiver.post(again, signed(again, SECRET)) == 204
