"""Bodies, signatures and verdicts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from wppmt import __version__
from wppmt.webhook.classify import (
    Answered,
    Delivered,
    EndpointGone,
    Fault,
    RetryLater,
    Unanswered,
    Undeliverable,
    classify_attempt,
)
from wppmt.webhook.envelope import envelope
from wppmt.webhook.signature import headers, new_secret

NOW = 1_770_738_900.75
OLD, NEW = new_secret(b"o" * 32), new_secret(b"n" * 32)


# Body


def test_the_document_s_example_is_reproduced():
    body = envelope(
        "connection_change",
        "cliente-001",
        NOW,
        {
            "status": "phone_disconnected",
            "previousStatus": "connected",
            "reason": "Celular desconectado da internet",
        },
        event_id="evt_01",
        sequence=7,
    )
    assert body == (
        b'{"event":"connection_change","sessionId":"cliente-001","timestamp":"2026-02-10T15:55:00Z",'
        b'"status":"phone_disconnected","previousStatus":"connected","reason":"Celular desconectado da internet",'
        b'"id":"evt_01","sequence":7,"schemaVersion":1}'
    )


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["message", "status", "x"]), json_values))
def test_any_payload_comes_back_from_its_bytes(payload: dict[str, object]):
    body = envelope("error", "a", 0.0, payload, event_id="evt_01", sequence=1)
    found = json.loads(body)
    assert {name: found[name] for name in payload} == payload
    assert b"\n" not in body


def test_half_a_surrogate_pair_does_not_lose_the_event():
    body = envelope("error", "a", 0.0, {"text": "x\ud83dy"}, event_id="evt_01", sequence=1)
    assert json.loads(body)["text"] == "x?y"


def test_what_is_no_json_is_a_bug():
    with pytest.raises(ValueError, match="JSON"):
        envelope("error", "a", 0.0, {"n": float("nan")}, event_id="evt_01", sequence=1)


# Headers and signature


def signed(
    now: float, body: bytes = b'{"n":"\xc3\xa9"}', secrets: tuple[str, ...] = (NEW,)
) -> dict[str, str]:
    return headers("evt_01", body, 2, now, secrets)


def test_headers_say_who_what_and_how_often():
    found = signed(NOW)
    assert found.pop("webhook-signature").startswith("v1,")
    assert found == {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"wppmt/{__version__}",
        "X-Webhook-Attempt": "2",
        "webhook-id": "evt_01",
        "webhook-timestamp": "1770738900",
    }
    assert "webhook-signature" not in signed(NOW, secrets=())


def verify(secret: str, body: bytes, found: dict[str, str]) -> object:
    return Webhook(secret).verify(body, found)


def test_a_receiver_accepts_the_true_one_and_no_other():
    now = datetime.now(UTC).timestamp()
    body = b'{"n":"\xc3\xa9"}'
    found = signed(now, body)
    assert verify(NEW, body, found) == {"n": "é"}
    for forged in (
        lambda: verify(NEW, b'{"n":"e"}', found),  # changed body
        lambda: verify(NEW, body, found | {"webhook-id": "evt_02"}),  # replayed under another id
        lambda: verify(OLD, body, found),  # somebody else's secret
        lambda: verify(NEW, body, signed(now - 360, body)),  # replayed after six minutes
        lambda: verify(NEW, body, signed(now + 360, body)),
    ):
        with pytest.raises(WebhookVerificationError):
            forged()


def test_both_secrets_verify_while_a_rotation_lasts():
    now = datetime.now(UTC).timestamp()
    found = signed(now, secrets=(NEW, OLD))
    assert len(found["webhook-signature"].split(" ")) == 2
    for secret in (NEW, OLD):
        verify(secret, b'{"n":"\xc3\xa9"}', found)
    with pytest.raises(WebhookVerificationError):
        verify(OLD, b'{"n":"\xc3\xa9"}', signed(now))


def test_the_signature_is_standard_webhooks():
    """An example computed by hand with openssl, so that sender and verifier cannot err together."""
    found = headers(
        "msg_1", b'{"test":1}', 1, 1_700_000_000.0, ["whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]
    )
    assert found["webhook-signature"] == "v1,1qCikIpUqkmmljZoC5CdPbn8XbMgU5zYPVyJ7E00dfk="


# Verdict


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_success(status: int):
    assert classify_attempt(Answered(status), NOW) == Delivered()


@pytest.mark.parametrize("status", [100, 301, 302, 307, 400, 401, 404, 422, 429, 500, 503, 999])
def test_anything_else_is_tried_again(status: int):
    assert classify_attempt(Answered(status), NOW) == RetryLater()


def test_410_ends_it():
    assert classify_attempt(Answered(410), NOW) == EndpointGone()


@pytest.mark.parametrize("fault", Fault)
def test_only_a_forbidden_address_is_final_and_only_no_connection_is_held(fault: Fault):
    expected = (
        Undeliverable() if fault is Fault.FORBIDDEN else RetryLater(unreachable=fault is Fault.UNREACHABLE)
    )
    assert classify_attempt(Unanswered(fault, ""), NOW) == expected


def in_seconds(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("9" * 400, 999_999_999.0),
        (in_seconds(90), 89.25),
        (in_seconds(-90), None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
        ("Wed, 99 Xxx 2026 99:99:99 GMT", None),
        (f"Mon, 1 Jan 2020 00:00:00 +{'9' * 30}", None),
    ],
)
def test_retry_after_is_understood_in_both_forms(header: str, expected: float | None):
    assert classify_attempt(Answered(503, header), NOW) == RetryLater(expected)


@given(st.text())
def test_no_retry_after_breaks_anything(header: str):
    assert isinstance(classify_attempt(Answered(503, header), NOW), RetryLater)
