"""Sends of every kind that needs no file, and acts on a message, over HTTP: what reaches the session, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.conftest import Api
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.outgoing import (
    ContactCard,
    ContactCards,
    Content,
    Deletion,
    Edit,
    Forward,
    Location,
    PixKey,
    Poll,
    Reaction,
)
from wppmt.domain.sends import Idempotency, SendContent

SESSION = "/api/sessions/a"
MESSAGE = f"{SESSION}/messages/3EB0AA"
TO = {"phone": "5511999999999"}
PLACE = {"latitude": -23.5, "longitude": -46}
QUESTION = {"question": "Quando?", "options": ["Hoje", "Amanhã"]}
PIX = {"keyType": "CNPJ", "key": "11.222.333/0001-81", "name": "Loja"}
ANA = {"name": "Ana", "phone": "+55 11 98888-7777"}


@pytest.fixture
def session(api: Api) -> Api:
    api.front.has("a")
    return api


SENDS: list[tuple[str, dict[str, Any], Content]] = [
    ("send-location", PLACE, Location(-23.5, -46)),
    (
        "send-location",
        PLACE | {"name": "Loja", "address": "Praça da Sé"},
        Location(-23.5, -46, "Loja", "Praça da Sé"),
    ),
    (
        "send-contact",
        {"contacts": [ANA | {"organization": "Padaria"}]},
        ContactCards((ContactCard("Ana", "5511988887777", "Padaria"),)),
    ),
    ("send-poll", QUESTION, Poll("Quando?", ("Hoje", "Amanhã"))),
    ("send-poll", QUESTION | {"multiple": True}, Poll("Quando?", ("Hoje", "Amanhã"), multiple=True)),
    ("send-pix", PIX, PixKey("CNPJ", "11222333000181", "Loja")),
    ("messages/3EB0AA/forward", {}, Forward("3EB0AA")),
]


@pytest.mark.parametrize(("route", "fields", "content"), SENDS)
async def test_a_kind_reaches_the_session_with_what_every_send_has(
    session: Api, route: str, fields: dict[str, Any], content: Content
):
    common = {
        "typing": True,
        "typingDuration": 500,
        "quotedMessageId": "3EB0BB",
        "mentions": ["5511777777777"],
    }
    answer = await session.post(
        f"{SESSION}/{route}",
        TO | fields | common | {"reference": "pedido-1"},
        headers={"Prefer": "respond-async"},
    )
    assert answer.status == 200, answer.body
    assert answer.body["reference"] == "pedido-1"
    assert session.front.asked[-1][1] == SendContent(
        "5511999999999@c.us",
        content,
        typing_ms=500,
        quoted_id="3EB0BB",
        mentions=("5511777777777@c.us",),
        reference="pedido-1",
        respond_async=True,
    )


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("send-location", PLACE | {"latitude": 91}, "latitude"),
    ("send-location", PLACE | {"longitude": -180.1}, "longitude"),
    ("send-location", PLACE | {"latitude": "x"}, "latitude"),
    ("send-location", PLACE | {"name": "a\nb"}, "name"),
    ("send-poll", QUESTION | {"options": [str(n) for n in range(13)]}, "options"),
    ("send-poll", QUESTION | {"options": ["um"]}, "options"),
    ("send-poll", QUESTION | {"options": ["um", " um "]}, "options"),
    ("send-poll", QUESTION | {"options": ["um", "x" * 101]}, "options[1]"),
    ("send-poll", QUESTION | {"options": ["um", " "]}, "options[1]"),
    ("send-poll", QUESTION | {"question": " "}, "question"),
    ("send-contact", {"contacts": []}, "contacts"),
    ("send-contact", {"contacts": [ANA | {"name": "Ana\nTEL:190"}]}, "contacts[0].name"),
    ("send-contact", {"contacts": [ANA | {"name": "Ana\u2028TEL:190"}]}, "contacts[0].name"),
    ("send-contact", {"contacts": [ANA | {"organization": "a\rb"}]}, "contacts[0].organization"),
    ("send-contact", {"contacts": [ANA, ANA | {"phone": "190"}]}, "contacts[1].phone"),
    ("send-pix", PIX | {"key": "11.222.333/0001-82"}, "key"),
    ("send-pix", PIX | {"keyType": "CPF"}, "key"),
    ("send-pix", PIX | {"keyType": "cpf"}, "keyType"),
    ("send-pix", PIX | {"name": ""}, "name"),
]


@pytest.mark.parametrize(("route", "fields", "field"), BAD)
async def test_bad_input_reaches_nobody(session: Api, route: str, fields: dict[str, Any], field: str):
    answer = await session.post(f"{SESSION}/{route}", TO | fields)
    assert answer.status == 400
    assert [detail["field"] for detail in answer.body["details"]] == [field]
    assert session.front.asked == []


@pytest.mark.parametrize(
    ("method", "path", "body", "act"),
    [
        ("PUT", "/reaction", {"emoji": "👍🏽"}, Reaction("3EB0AA", "👍🏽")),
        ("DELETE", "/reaction", None, Reaction("3EB0AA", "")),
        ("PATCH", "", {"message": "certo"}, Edit("3EB0AA", "certo")),
        ("DELETE", "?for=everyone", None, Deletion("3EB0AA", for_everyone=True)),
        ("DELETE", "?for=me", None, Deletion("3EB0AA", for_everyone=False)),
    ],
)
async def test_an_act_reaches_the_session(session: Api, method: str, path: str, body: Any, act: Content):
    answer = await session.call(method, MESSAGE + path, json=body, headers={"Idempotency-Key": "chave"})
    assert (answer.status, answer.body["messageId"], answer.body["status"]) == (200, "3EB0AA", "sent")
    assert answer.body["id"].startswith("3EB0")
    request = session.front.asked[-1][1]
    assert isinstance(request, SendContent)
    assert (request.to, request.content) == ("", act)
    assert isinstance(request.idempotency, Idempotency)
    session.front.ack = 0
    answer = await session.call(method, MESSAGE + path, json=body)
    assert (answer.status, answer.body["status"]) == (202, "pending")


async def test_what_is_longer_than_any_id_is_none(session: Api):
    answer = await session.call("DELETE", f"{SESSION}/messages/{'A' * 257}/reaction")
    assert (answer.status, answer.body["code"]) == (404, Code.MESSAGE_NOT_FOUND)
    assert session.front.asked == []


async def test_a_whole_id_says_the_chat(session: Api):
    whole = "false_5511888888888@c.us_3EB0AA"
    await session.call("PUT", f"{SESSION}/messages/{whole}/reaction", json={"emoji": "👍"})
    request = session.front.asked[-1][1]
    assert isinstance(request, SendContent)
    assert request.to == "5511888888888@c.us"


async def test_one_key_is_for_one_act(session: Api):
    """Who deletes for himself and then for everyone asks for two things."""
    prints = set()
    for path in ("/reaction", "?for=everyone", "?for=me"):
        await session.call("DELETE", MESSAGE + path, headers={"Idempotency-Key": "chave"})
        request = session.front.asked[-1][1]
        assert isinstance(request, SendContent)
        assert request.idempotency
        prints.add(request.idempotency.fingerprint)
    assert len(prints) == 3


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PUT", "/reaction", {}, "emoji"),
        ("PUT", "/reaction", {"emoji": ""}, "emoji"),
        ("PUT", "/reaction", {"emoji": "ok"}, "emoji"),
        ("PUT", "/reaction", {"emoji": "👍👍"}, "emoji"),
        ("PATCH", "", {}, "message"),
        ("PATCH", "", {"message": " "}, "message"),
        ("DELETE", "", None, "for"),
        ("DELETE", "?for=all", None, "for"),
    ],
)
async def test_a_bad_act_reaches_nobody(session: Api, method: str, path: str, body: Any, field: str):
    answer = await session.call(method, MESSAGE + path, json=body)
    assert answer.status == 400
    assert [detail["field"] for detail in answer.body["details"]] == [field]
    assert session.front.asked == []


async def test_a_short_id_of_several_messages_names_them_all(session: Api):
    both = ["true_5511888888888@c.us_3EB0AA", "true_5511777777777@c.us_3EB0AA"]
    details = [{"field": "messageId", "problem": one} for one in both]
    session.front.refusal = Refusal(Code.AMBIGUOUS_MESSAGE_ID, details=details)
    answer = await session.call("PATCH", MESSAGE, json={"message": "oi"})
    assert answer.status == 409
    assert [detail["problem"] for detail in answer.body["details"]] == both
