"""Received messages: text that a person reads, and structure, of every kind and of whatever strangers write."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.domain.content import _READERS, body_of, fields_of
from wppmt.domain.vcard import read_card
from wppmt.domain.written import message_of

JPEG = "/9j/" + "A" * 400
CARD = "BEGIN:VCARD\nVERSION:3.0\nN:;Bia;;;\nFN:Bia\nTEL;type=CELL;waid=5511922222222:+55 11 92222-2222\nEND:VCARD"
PIX = {
    "buttons": [
        {
            "buttonParamsJson": json.dumps(
                {
                    "payment_settings": [
                        {
                            "type": "pix_static_code",
                            "pix_static_code": {
                                "key_type": "EMAIL",
                                "key": "a@b.br",
                                "merchant_name": "Loja",
                            },
                        }
                    ]
                }
            )
        }
    ]
}


@pytest.mark.parametrize(
    ("kind", "content", "fields"),
    [
        ("chat", {"body": "Olá"}, {"body": "Olá"}),
        ("image", {"caption": "Foto"}, {"body": "Foto", "caption": "Foto"}),
        ("image", {}, {"body": ""}),
        ("document", {"caption": "nota.pdf", "filename": "nota.pdf"}, {"body": ""}),
        (
            "document",
            {"caption": "nota.pdf", "filename": "nota.pdf", "isCaptionByUser": True},
            {"body": "nota.pdf", "caption": "nota.pdf"},
        ),
        ("document", {"caption": "segue", "filename": "nota.pdf"}, {"body": "segue", "caption": "segue"}),
        (
            "location",
            {"lat": -23.5, "lng": -46.6, "loc": "Praça da Sé\nCentro\nSão Paulo", "body": JPEG},
            {
                "body": "Praça da Sé\nCentro, São Paulo",
                "location": {
                    "latitude": -23.5,
                    "longitude": -46.6,
                    "name": "Praça da Sé",
                    "address": "Centro, São Paulo",
                },
            },
        ),
        (
            "location",
            {"lat": -23.5, "lng": -46.6},
            {
                "body": "-23.5, -46.6",
                "location": {"latitude": -23.5, "longitude": -46.6, "name": None, "address": None},
            },
        ),
        (
            "vcard",
            {"body": CARD},
            {"body": "Bia", "contacts": [{"name": "Bia", "phones": ["5511922222222"], "vcard": CARD}]},
        ),
        (
            "vcard",
            {"body": "", "vcardFormattedName": "Zé"},
            {"body": "Zé", "contacts": [{"name": "Zé", "phones": [], "vcard": ""}]},
        ),
        (
            "multi_vcard",
            {"vcardList": [{"displayName": "Bia", "vcard": CARD}, {"displayName": "Zé", "vcard": ""}]},
            {
                "body": "Bia, Zé",
                "contacts": [
                    {"name": "Bia", "phones": ["5511922222222"], "vcard": CARD},
                    {"name": "Zé", "phones": [], "vcard": ""},
                ],
            },
        ),
        (
            "poll_creation",
            {
                "pollName": "Vem?",
                "pollOptions": [{"name": "Sim"}, {"name": "Não"}],
                "pollSelectableOptionsCount": 1,
            },
            {"body": "Vem?", "poll": {"question": "Vem?", "options": ["Sim", "Não"], "multiple": False}},
        ),
        (
            "interactive",
            {"interactivePayload": PIX},
            {
                "body": "Chave Pix de Loja: a@b.br",
                "pix": {"keyType": "EMAIL", "key": "a@b.br", "name": "Loja"},
            },
        ),
        ("interactive", {"title": "Escolha"}, {"body": "Escolha"}),
        ("list_response", {"listResponse": {"title": "Opção 1"}}, {"body": "Opção 1"}),
        ("groups_v4_invite", {"inviteGrpName": "Equipe"}, {"body": "Convite para o grupo Equipe"}),
        ("groups_v4_invite", {"inviteGrpName": "Equipe", "comment": "Venha"}, {"body": "Venha"}),
    ],
)
def test_each_kind_says_what_a_person_reads(
    kind: str, content: dict[str, Any], fields: dict[str, Any]
) -> None:
    assert fields_of(kind, content) == {"type": kind, **fields}


def test_what_is_not_known_says_so() -> None:
    told = fields_of("hologram", {"body": "um holograma"})
    assert told == {"type": "unknown", "rawType": "hologram", "body": "um holograma"}
    assert JPEG not in fields_of("hologram", {"body": JPEG})["body"]
    assert fields_of("hologram", {})["body"] == "Mensagem de um tipo que não é conhecido aqui"


def test_a_quoted_message_is_read_as_it_would_be_by_itself() -> None:
    quoted = {"id": "3A", "from": None, "fromMe": False, "type": "vcard", "content": {"body": CARD}}
    told = message_of({"id": "3B", "type": "chat", "content": {"body": "quem?"}, "quoted": quoted})
    assert told["quoted"] == {"id": "3A", "from": None, "fromMe": False, "type": "vcard", "body": "Bia"}


def test_the_ad_that_somebody_came_by_is_told_and_nothing_else_of_it() -> None:
    ad = {
        "title": "Oferta",
        "body": "Só hoje",
        "sourceUrl": "https://fb.me/1",
        "sourceId": "120",
        "clickId": "Af",
    }
    came = {"id": "3B", "type": "chat", "content": {"body": "vi o anúncio"}}
    assert message_of(came | {"ad": ad | {"thumbnail": JPEG}})["ad"] == ad
    assert message_of(came | {"ad": {"title": "Oferta"}})["ad"] == dict.fromkeys(ad) | {"title": "Oferta"}
    assert "ad" not in message_of(came)


def test_a_view_once_message_that_only_the_phone_gets_is_told() -> None:
    told = message_of({"id": "3B", "type": "ciphertext", "viewOnce": True, "content": {}})
    assert (told["type"], told["viewOnce"]) == ("unknown", True)
    assert told["body"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    "body caption filename lat lng loc vcardList pollName pollOptions interactivePayload list listResponse".split()  # noqa: SIM905
)


@given(st.sampled_from([*_READERS, "other"]), st.dictionaries(NAMES, ANYTHING))
def test_whatever_strangers_write_is_read(kind: str, content: dict[str, Any]) -> None:
    assert isinstance(body_of(kind, content), str)
    json.dumps(fields_of(kind, content))


@pytest.mark.parametrize(
    ("vcard", "name", "phones"),
    [
        (CARD, "Bia", ("5511922222222",)),
        (
            "FN:Zé\\, o\\nfilho\nitem1.TEL:(11) 3333-4444\nitem1.TEL:1133334444",
            "Zé, o filho",
            ("1133334444",),
        ),
        ("N:Souza;Maria;;;\nTEL:", "Maria Souza", ()),
        ("FN:Nome mu\r\n ito longo", "Nome muito longo", ()),
        ("", "", ()),
    ],
)
def test_cards_are_read_as_phones_write_them(vcard: str, name: str, phones: tuple[str, ...]) -> None:
    card = read_card(vcard)
    assert (card.name, card.phones) == (name, phones)


@given(st.text())
def test_any_card_is_read(vcard: str) -> None:
    assert isinstance(read_card(vcard).name, str)
