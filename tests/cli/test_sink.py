from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from tests.cli.conftest import Call
from wppmt.cli.sink import Delivery, Sink, describe
from wppmt.delivery import headers, new_secret

SECRET = new_secret(b"0" * 32)
EVENT = {"event": "message_ack", "sessionId": "loja", "messageId": "3EB0", "status": "read", "id": "evt_1"}


def post(url: str, body: bytes, more: Mapping[str, str]) -> int:
    request = Request(url, body, dict(more), method="POST")  # noqa: S310 - the sink's own address
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=5) as answer:
            status: int = answer.status
            return status
    except HTTPError as refusal:
        with refusal:
            return refusal.code


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return headers("evt_1", body, 1, time.time(), [secret])


def test_signature_decides():
    taken: list[Delivery] = []

    def take(delivery: Delivery) -> bool:
        taken.append(delivery)
        return delivery.is_signed_with(SECRET)

    body = json.dumps(EVENT).encode()
    with Sink(0, take) as sink:
        assert post(sink.url, body, signed(body)) == 204
        assert post(sink.url, body + b" ", signed(body)) == 401
        assert post(sink.url, body, signed(body, new_secret(b"1" * 32))) == 401
        assert post(sink.url, body, {}) == 401
        assert post(sink.url, b"no json", signed(body)) == 400
    assert taken[0].event == EVENT
    assert len(taken) == 4


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (EVENT, "3EB0: read"),
        ({"event": "message_received", "message": {"from": "1@c.us", "body": "Oi"}}, "1@c.us: Oi"),
        ({"event": "message_received", "message": {"from": "1@c.us", "type": "image"}}, "1@c.us: image"),
        (
            {"event": "connection_change", "status": "connected", "previousStatus": "waiting_scan"},
            "waiting_scan → connected",
        ),
        ({"event": "qr_code", "qrCode": "data:…", "expiresAt": "2026-02-10T14:35:00Z"}, "14:35:00"),
        ({"event": "error", "error": "Falha", "code": "AUTH_FAILED"}, "AUTH_FAILED: Falha"),
        ({"event": "new_kind", "x": 1}, '"x": 1'),
    ],
)
def test_each_event_is_one_readable_line(event: dict[str, Any], shown: str):
    line = describe({"sessionId": "loja", "timestamp": "2026-02-10T14:30:00Z", **event})
    assert line.startswith("14:30:00  loja")
    assert shown in line
    assert "\n" not in line


def test_taken_port_is_told(call: Call):
    with Sink(0, lambda _: True) as sink:
        result = call("sink", "--port", sink.target.rpartition(":")[2])
    assert result.exit_code == 1
    assert "--port" in result.stderr
