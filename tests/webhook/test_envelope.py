"""What a webhook's body is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.webhook.envelope import envelope

NOW = 1_770_738_900.75


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
