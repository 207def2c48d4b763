from __future__ import annotations

import json
import string
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.app.scrub import HIDDEN, LONGEST, scrub

CANARY = "Zq7kanarienvogel"
AROUND = st.text(string.ascii_letters + " .,;:()[]{}\"'/", max_size=30)
EDGE = st.sampled_from([" ", "", "\n", '"', "(", ": ", ", "])
PHONES = st.from_regex(r"[1-9][0-9]{9,14}", fullmatch=True)


def text(value: object, *, mask_phones: bool = True) -> str:
    return json.dumps(scrub({"note": value}, mask_phones=mask_phones), ensure_ascii=False)


@pytest.mark.parametrize(
    "key",
    [
        "secret",
        "webhook_secret",
        "Authorization",
        "token",
        "jwt",
        "accessToken",
        "qr",
        "qrCode",
        "qr_code",
        "body",
        "text",
        "message",
        "caption",
        "base64",
        "pairing_code",
        "Set-Cookie",
        "webhook-signature",
        "Idempotency-Key",
    ],
)
@pytest.mark.parametrize("shape", [CANARY, [CANARY], {"x": CANARY}, CANARY.encode()])
def test_fields_that_hold_secrets_are_hidden(key: str, shape: object):
    assert CANARY not in str(scrub({key: shape, "outer": {key: shape}}, mask_phones=False))


@given(
    before=AROUND,
    edge=EDGE,
    after=AROUND,
    secret=st.sampled_from(
        [
            f"Bearer {CANARY}",
            f"basic {CANARY}",
            f"eyJhbGciOi.eyJ{CANARY}.{CANARY}",
            f"whsec_{CANARY}",
            f"wpk_{CANARY}",
            f"data:image/png;base64,{CANARY}",
            f"2@{CANARY}{CANARY},abc=",
            f"https://api.example/path?token={CANARY}",
            f"redis://user:{CANARY}@redis:6379/0",
            f"https://h/#{CANARY}",
            f"/api/sessions?x=1&key={CANARY}",
            f"https://wpp.example/pair/{CANARY * 3}",
            f"/pair/{CANARY * 3}/state",
        ]
    ),
)
def test_secrets_in_texts_are_hidden_at_every_level(before: str, edge: str, after: str, secret: str):
    assert CANARY not in text(f"{before}{edge or ' '}{secret} {after}", mask_phones=False)


@given(
    before=AROUND,
    after=AROUND,
    phone=PHONES,
    suffix=st.sampled_from(["", "@c.us", "@s.whatsapp.net", ":12@lid"]),
)
def test_phones_are_masked_to_four_digits(before: str, after: str, phone: str, suffix: str):
    shown = text(f"{before}{phone}{suffix}{after}")
    assert phone[:-4] not in shown
    assert phone[-4:] in shown


@pytest.mark.parametrize(
    "typed", ["+55 11 99999-8888", "(11) 99999-8888", "55 11 9999 8888", "+5511999998888", "99999-8888"]
)
def test_phones_as_people_type_them_are_masked(typed: str):
    assert text(f"para {typed}.") == json.dumps({"note": f"para {HIDDEN}8888."})


def test_phone_as_a_number_is_masked():
    assert scrub({"phone": 5511999998888}, mask_phones=True) == {"phone": f"{HIDDEN}8888"}


def test_debug_shows_phones():
    assert "5511999998888" in text("5511999998888", mask_phones=False)


@pytest.mark.parametrize(
    "harmless",
    [
        "3EB0F6F2",
        "156.0.8078.79",
        "2026-02-10T15:30:00Z",
        "2026-02-10 15:30:00",
        "192.168.100.200:8005",
        "pid 1234567",
    ],
)
def test_what_is_no_phone_stays(harmless: str):
    assert scrub({"note": harmless}, mask_phones=True) == {"note": harmless}


def test_message_ids_stay_whole_but_phones_in_them_do_not():
    details = {"message_id": "3EB012345678901234", "id": "true_5511999998888@c.us_3EB0123456789"}
    assert scrub(details, mask_phones=True) == {
        "messageId": "3EB012345678901234",
        "id": f"true_{HIDDEN}8888@c.us_3EB0123456789",
    }


def test_whatsapps_build_is_no_phone_and_hides_none():
    def shown(key: str, value: str) -> object:
        return scrub({key: value}, mask_phones=True)[key]

    build = "2.3000.1044822804"
    assert shown("whatsappBuild", build) == build
    for value in ("5511999990001", "1144822804", f"{build} 5511999990001", "2.3000.5511999990001"):
        assert str(shown("whatsappBuild", value)).endswith(f"***{value[-4:]}")
    assert "1044822804" not in str(shown("note", build))


def test_plain_values_keep_their_form():
    details = {"retry_after": 1.5, "count": 5511999998888, "ok": True, "gone": None, "dir": Path("/var/x")}
    at = datetime(2026, 2, 10, tzinfo=UTC)
    assert scrub(details | {"at": at, "ack": [1, 2]}, mask_phones=True) == {
        "retryAfter": 1.5,
        "count": 5511999998888,
        "ok": True,
        "dir": "/var/x",
        "at": str(at),
        "ack": [1, 2],
    }


def test_unknown_objects_show_only_their_type():
    class Telling:
        def __str__(self) -> str:
            return CANARY

    assert text(Telling()) == '{"note": "Telling"}'


def failure_of(failure: Exception) -> dict[str, object]:
    try:
        raise failure
    except type(failure) as caught:
        shown = scrub({"error": caught}, mask_phones=True)["error"]
        assert isinstance(shown, dict)
        return shown


def test_failure_tells_where_it_happened():
    where = failure_of(OSError(28, "No space left"))["where"]
    assert isinstance(where, list)
    assert "test_scrub.py" in where[-1]
    assert failure_of(OSError(28, "No space left"))["says"] == "[Errno 28] No space left"


def test_failure_that_may_quote_data_does_not_speak():
    assert CANARY not in str(failure_of(ValueError(f"invalid literal: {CANARY}")))


def test_long_texts_are_cut():
    assert len(str(scrub({"note": "a" * 100_000}, mask_phones=True)["note"])) == LONGEST + 1


def test_deep_and_circular_structures_end():
    circle: list[object] = []
    circle.append(circle)
    assert scrub({"note": circle}, mask_phones=True)
