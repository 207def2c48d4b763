"""What is kept of a receiver's answer."""

from __future__ import annotations

import pytest

from wppmt.webhook.answers import KEPT_BYTES, kept_answer
from wppmt.webhook.classify import Answered, Fault, Unanswered

URL, DEFAULT = "https://cliente.test/webhook", "https://turbozap.test:8443/webhook/"


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"", ""),
        (b"ok", "ok"),
        ("ç".encode() * KEPT_BYTES, "ç" * (KEPT_BYTES // 2)),
        (b"a" + "ç".encode() * KEPT_BYTES, "a" + "ç" * ((KEPT_BYTES - 1) // 2)),
        (b"\xff\xfe", None),
        (b"a\0b", None),
    ],
)
def test_its_first_kilobyte_if_it_is_text(body: bytes, kept: str | None):
    assert kept_answer(Answered(500, body=body), URL, DEFAULT) == kept


def test_without_an_answer_nothing():
    assert kept_answer(Unanswered(Fault.TIMEOUT, "x"), URL, DEFAULT) is None


@pytest.mark.parametrize("url", [DEFAULT, "https://turbozap.test:8443/outro", "HTTPS://TURBOZAP.test.:8443/"])
def test_never_what_the_services_own_receiver_says(url: str):
    assert kept_answer(Answered(500, body=b"segredo"), url, DEFAULT) is None


def test_without_a_default_receiver_everything():
    assert kept_answer(Answered(200, body=b"ok"), URL, "") == "ok"
