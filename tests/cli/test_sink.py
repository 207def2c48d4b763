from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.conftest import Call
from tests.support import free_port
from wppmt.cli.sink import ReceivedWebhook, ScriptedAnswers, Sink, describe, visible
from wppmt.webhook.signature import headers, new_secret

SECRET = new_secret(b"0" * 32)
EVENT = {"event": "message_ack", "sessionId": "loja", "messageId": "3EB0", "status": "read", "id": "evt_1"}

texts = st.text(st.characters(), max_size=5)
JSON = st.recursive(
    st.none() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
)


def post(url: str, body: bytes, more: Mapping[str, str], timeout: float = 5) -> int:
    request = Request(url, body, dict(more), method="POST")  # noqa: S310 - the sink's own address
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=timeout) as answer:
            status: int = answer.status
            return status
    except HTTPError as refusal:
        with refusal:
            return refusal.code


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return headers("evt_1", body, 1, time.time(), [secret])


def test_signature_decides():
    taken: list[ReceivedWebhook] = []

    def take(delivery: ReceivedWebhook) -> bool:
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
        ({"event": None, "x": 1}, '"x": 1'),
        ({"event": ["a"], "x": 1}, '"x": 1'),
        ({"event": "error"}, "error"),
    ],
)
def test_each_event_is_one_readable_line(event: dict[str, Any], shown: str):
    line = describe({"sessionId": "loja", "timestamp": "2026-02-10T14:30:00Z", **event})
    assert line.startswith("14:30:00  loja")
    assert shown in line
    assert "\n" not in line


@given(st.dictionaries(st.sampled_from([*EVENT, "message", "error", "timestamp"]), JSON))
def test_whatever_comes_can_be_shown(event: dict[str, Any]):
    shown = visible(describe(event))
    assert "\n" not in shown
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in shown)
    shown.encode()


def test_what_a_terminal_would_act_on_is_shown_as_it_is_written():
    assert (
        visible("\x1b[2J\x9b2Jé 👩\u200d👧\xa0\u202e\n\ud83d")
        == r"\u001b[2J\u009b2Jé 👩‍👧" + "\xa0" + r"\u202e\n\ud83d"
    )
    text = json.dumps({"a": "\x1b\x9b\U000e0041\ud83d"}, ensure_ascii=False)
    assert json.loads(visible(text)) == json.loads(text)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "statuses"),
    [
        (ScriptedAnswers(), [204, 204, 204]),
        (ScriptedAnswers(status=503), [503, 503, 503]),
        (ScriptedAnswers(fail=2), [500, 500, 204]),
        (ScriptedAnswers(status=429, fail=1), [429, 204, 204]),
    ],
)
def test_it_fails_on_request(script: ScriptedAnswers, statuses: list[int]):
    body = json.dumps(EVENT).encode()
    with Sink(0, lambda _: script.play()) as sink:
        assert [post(sink.url, body, {}) for _ in range(3)] == statuses


@pytest.mark.slow
def test_it_can_be_slow_or_never_answer():
    body = json.dumps(EVENT).encode()
    with Sink(0, lambda _: ScriptedAnswers(delay=0.05).play()) as slow:
        began = time.monotonic()
        assert post(slow.url, body, {}) == 204
        assert time.monotonic() - began >= 0.05
    with Sink(0, lambda _: ScriptedAnswers(hang=True).play()) as hanging, pytest.raises(TimeoutError):
        post(hanging.url, body, {}, timeout=0.2)


def test_what_is_no_event_is_refused():
    with Sink(0, lambda _: True) as sink:
        assert post(sink.url, b"[1]", {}) == 400
        assert post(sink.url, b"[" * 100_000, {}) == 400
        assert post(sink.url, b"{}", {"Content-Length": "-5"}) == 400


@pytest.mark.slow
def test_the_command_shows_checks_and_errs(environ: dict[str, str]):
    port = free_port()
    command = [sys.executable, "-m", "wppmt", "sink", "--port", str(port), "--secret", SECRET, "--fail", "1"]
    process = subprocess.Popen(
        command, env=os.environ | environ | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    try:
        assert "Recebendo webhooks" in process.stdout.readline()
        url, body = f"http://127.0.0.1:{port}/", json.dumps(EVENT).encode()
        assert post(url, b"{}", headers("evt_0", b"{}", 1, time.time(), [SECRET])) == 500
        assert post(url, body, signed(body)) == 204
        assert post(url, body, headers("evt_1", body, 2, time.time(), [SECRET])) == 204
        assert post(url, body, signed(body, new_secret(b"1" * 32))) == 401
        odd, *shown = [process.stdout.readline() for _ in range(4)]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(5)
        process.stdout.close()
    assert odd.endswith("{}\n")
    assert shown[0].endswith("3EB0: read\n")
    assert shown[1].endswith("3EB0: read  (tentativa 2)  (repetido)\n")
    assert shown[2] == "Recusado: assinatura inválida\n"


def test_taken_port_is_reported(call: Call):
    with Sink(0, lambda _: True) as sink:
        result = call("sink", "--port", sink.target.rpartition(":")[2])
    assert result.exit_code == 1
    assert "--port" in result.stderr
