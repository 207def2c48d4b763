"""What a webhook's signature covers, and the headers that carry it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from wppmt import __version__
from wppmt.webhook.signature import headers, new_secret

NOW = 1_770_738_900.75
OLD, NEW = new_secret(b"o" * 32), new_secret(b"n" * 32)


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
