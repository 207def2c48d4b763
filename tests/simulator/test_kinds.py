"""Every kind of message between the control API's words and the attributes of WhatsApp's page."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.simulator import kinds
from wppmt.simulator.errors import Refused
from wppmt.simulator.records import Message

ANA = "5511911111111"
PHONE = st.integers(10**7, 10**15 - 1).map(str)
NAME = st.text("aãbçÉñ日🎉9;,\\\\", min_size=1, max_size=20)


def message(type_: str, content: dict[str, Any], body: str | None = None) -> Message:
    return Message("3A1", ANA, "5511922222222@c.us", type_, 0, body=body, content=content)


def shown(type_: str, **written: Any) -> dict[str, Any]:
    """What the other side's inbox shows of what a phone has written."""
    page_type, content = kinds.written(type_, written)
    body = content.pop("body", None)
    return kinds.shown(message(page_type, content, body))


@given(st.floats(-90, 90), st.floats(-180, 180), st.none() | NAME, st.none() | NAME)
def test_a_location_arrives_as_written(
    latitude: float, longitude: float, name: str | None, address: str | None
) -> None:
    location = {"latitude": latitude, "longitude": longitude, "name": name, "address": address}
    found = shown("location", location=location)["location"]
    assert (found["latitude"], found["longitude"]) == (latitude, longitude)
    assert found["name"] == (name or address)
    assert found["address"] == (address if name else None)


def test_a_location_has_a_picture_of_the_map_as_its_body() -> None:
    _, content = kinds.written("location", {"location": {"latitude": 1.5, "longitude": 2}})
    assert base64.b64decode(content["body"]).startswith(b"\xff\xd8")


@given(st.lists(st.tuples(NAME, st.lists(PHONE, max_size=3)), min_size=1, max_size=3))
def test_contacts_arrive_as_written(contacts: list[tuple[str, list[str]]]) -> None:
    written = [{"name": name, "phones": phones} for name, phones in contacts]
    assert shown("contact", contacts=written)["contacts"] == written


def test_one_contact_is_a_card_and_several_are_a_list_of_cards() -> None:
    one = {"name": "Bia", "phones": ["5511922222222"]}
    assert kinds.written("contact", {"contacts": [one]})[0] == "vcard"
    assert kinds.written("contact", {"contacts": [one, one]})[0] == "multi_vcard"


@given(NAME, st.lists(NAME, min_size=2, max_size=12), st.booleans())
def test_a_poll_arrives_as_written(question: str, options: list[str], multiple: bool) -> None:
    poll = {"question": question, "options": options, "multiple": multiple}
    assert shown("poll", poll=poll)["poll"] == poll


def test_what_marks_a_message_arrives() -> None:
    assert shown("chat", forwarded=True) == {"forwarded": True}
    assert shown("image", viewOnce=True, captionByUser=True) == {"viewOnce": True, "captionByUser": True}
    assert shown("video", gif=True) == {"gif": True}
    assert shown("video", note=True) == {"note": True}
    assert kinds.written("video", {"note": True})[0] == "ptv"
    assert kinds.written("chat", {"expiresInSeconds": 60})[1] == {"ephemeralDuration": 60}


def test_an_advertisement_is_told_in_the_words_of_the_page() -> None:
    ad = {"title": "Bolo", "body": "Hoje", "sourceUrl": "https://fb.me/1", "sourceId": "9", "clickId": "c"}
    assert kinds.written("chat", {"ad": ad})[1]["ctwaContext"] == {
        "title": "Bolo",
        "description": "Hoje",
        "sourceUrl": "https://fb.me/1",
        "sourceId": "9",
        "ctwaClid": "c",
    }


def test_a_pix_key_is_read_out_of_its_button() -> None:
    code = '{"payment_settings": [{"type": "pix_static_code", "pix_static_code": '
    code += '{"key_type": "EMAIL", "merchant_name": "Loja", "key": "a@b.br"}}]}'
    payload = {"buttons": [{"name": "payment_info", "buttonParamsJson": code}]}
    found = kinds.shown(message("interactive", {"interactivePayload": payload}))
    assert found == {"pix": {"keyType": "EMAIL", "key": "a@b.br", "name": "Loja"}}


def test_a_waveform_is_a_list_of_numbers() -> None:
    content = {"waveform": {"$bytes": base64.b64encode(bytes([1, 50, 100])).decode()}}
    assert kinds.shown(message("ptt", content)) == {"waveform": [1, 50, 100]}


def test_a_type_that_is_not_known_goes_as_it_is() -> None:
    written = {"to": ANA, "type": "order", "orderId": "1", "token": "t"}
    assert kinds.written("order", written) == ("order", {"orderId": "1", "token": "t"})


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        ("location", {}),
        ("location", {"location": {"latitude": "norte", "longitude": 1}}),
        ("contact", {"contacts": []}),
        ("contact", {"contacts": [{"name": "Bia"}]}),
        ("contact", {"contacts": ["Bia"]}),
        ("poll", {"poll": {"question": "?", "options": "sim"}}),
        ("poll", {"poll": {"options": ["sim"]}}),
        ("chat", {"forwarded": "sim"}),
        ("chat", {"expiresInSeconds": 1.5}),
        ("chat", {"ad": "anúncio"}),
    ],
)
def test_what_makes_no_sense_is_refused(type_: str, body: dict[str, Any]) -> None:
    with pytest.raises(Refused) as error:
        kinds.written(type_, body)
    assert error.value.status == 400
