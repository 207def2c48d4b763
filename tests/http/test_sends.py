"""Sending over HTTP, against the examples of docs/MULTI_TENANT_ARCHITECTURE.md 4.2.2."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.http.conftest import Api, token
from tests.http.fakes import BORN
from wppmt.domain import sends
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.states import State

PATH = "/api/sessions/cliente-001/send-message"
HELLO = {"phone": "5511999999999", "message": "Olá! Esta é uma mensagem de teste."}


async def sent_as(api: Api, **fields: Any) -> sends.SendText:
    """The message that reached the session's mailbox."""
    api.front.has("cliente-001")
    answer = await api.post(PATH, HELLO | fields)
    assert answer.status == 200, answer.body
    address, message = api.front.asked[-1]
    assert address == "session:cliente-001"
    assert isinstance(message, sends.SendText)
    return message


async def test_the_documents_example(api: Api):
    api.front.has("cliente-001")
    api.time = BORN + 4830
    api.token = token(iat=api.time, exp=api.time + 900)
    answer = await api.post(PATH, HELLO | {"isGroup": False, "typing": True, "typingDuration": 3000})
    assert answer.status == 200
    assert list(answer.body) == ["success", "id", "to", "status", "timestamp", "ack"]
    assert answer.body == {
        "success": True, "id": answer.body["id"], "to": "5511999999999@c.us", "status": "sent",
        "timestamp": "2026-02-10T15:50:30Z", "ack": 1,
    }  # fmt: skip
    assert answer.body["id"].startswith("3EB0")
    assert api.log.lines[-1]["details"]["message_id"] == answer.body["id"]
    assert api.front.asked[0][1] == sends.SendText(
        to="5511999999999@c.us", text="Olá! Esta é uma mensagem de teste.", typing_ms=3000
    )


async def test_a_reference_comes_back_in_the_answer(api: Api):
    api.front.has("cliente-001")
    answer = await api.post(PATH, HELLO | {"reference": "pedido-4711"})
    assert answer.body["reference"] == "pedido-4711"
    assert api.front.asked[-1][1].reference == "pedido-4711"  # type: ignore[attr-defined]
    assert "reference" not in (await api.post(PATH, HELLO)).body
    for reference in ("x" * 101, 4711, {"a": 1}):
        answer = await api.post(PATH, HELLO | {"reference": reference})
        assert (answer.status, answer.body["details"][0]["field"]) == (400, "reference")


@pytest.mark.parametrize(
    ("ack", "status", "word"),
    [(0, 202, "pending"), (1, 200, "sent"), (2, 200, "delivered"), (3, 200, "read")],
)
async def test_only_an_acknowledged_message_is_sent(api: Api, ack: int, status: int, word: str):
    api.front.has("cliente-001")
    api.front.ack = ack
    answer = await api.post(PATH, HELLO)
    assert (answer.status, answer.body["status"], answer.body["ack"]) == (status, word, ack)


async def test_not_connected_is_the_documents_example(api: Api):
    api.front.has("cliente-001", State.DISCONNECTED)
    answer = await api.post(PATH, HELLO)
    example = {
        "success": False, "error": "WhatsApp não está conectado", "status": "disconnected",
        "reconnectRequired": True,
    }  # fmt: skip
    assert answer.status == 503
    assert answer.raw.startswith(json.dumps(example, ensure_ascii=False).encode()[:-1])
    assert answer.body["code"] == "NOT_CONNECTED"
    assert answer.body["requestId"] == answer.headers["X-Request-ID"]


async def test_typing_defaults_to_a_second_and_is_off_unless_asked(api: Api):
    assert (await sent_as(api)).typing_ms == 0
    assert (await sent_as(api, typingDuration=5000)).typing_ms == 0
    assert (await sent_as(api, typing=True)).typing_ms == 1000
    assert (await sent_as(api, typing=True, typingDuration=0)).typing_ms == 0


async def test_every_option_reaches_the_session(api: Api):
    message = await sent_as(
        api,
        quotedMessageId="3EB0AA",
        mentions=["+55 11 98888-7777", "5511966665555@c.us", "22222222222@lid"],
        linkPreview=True,
        phone="11111111111@lid",
    )
    assert message == sends.SendText(
        to="11111111111@lid", text=HELLO["message"], quoted_id="3EB0AA",
        mentions=("5511988887777@c.us", "5511966665555@c.us", "22222222222@lid"), link_preview=True,
    )  # fmt: skip


async def test_groups(api: Api):
    assert (await sent_as(api, phone="120363000000000001", isGroup=True)).to == "120363000000000001@g.us"
    assert (await sent_as(api, phone="120363000000000001@g.us")).to == "120363000000000001@g.us"


@pytest.mark.parametrize(
    ("prefer", "expected"),
    [("respond-async", True), ("wait=10, Respond-Async; x=1", True), ("return=minimal", False), ("", False)],
)
async def test_prefer_respond_async(api: Api, prefer: str, expected: bool):
    api.front.has("cliente-001")
    await api.post(PATH, HELLO, headers={"Prefer": prefer})
    message = api.front.asked[0][1]
    assert isinstance(message, sends.SendText)
    assert message.respond_async is expected


@pytest.mark.parametrize(
    ("fields", "field", "problem"),
    [
        ({"message": None}, "message", "deve ser um texto"),
        ({"message": 1}, "message", "deve ser um texto"),
        ({"message": ""}, "message", "não pode ser vazio"),
        ({"message": "x" * 65_537}, "message", "deve ter no máximo 65536 caracteres"),
        ({"phone": 5511999999999}, "phone", "deve ser um texto"),
        ({"typing": "true"}, "typing", "deve ser true ou false"),
        ({"typing": 1}, "typing", "deve ser true ou false"),
        ({"typingDuration": -1}, "typingDuration", "deve ser no mínimo 0"),
        ({"typingDuration": 15_001}, "typingDuration", "deve ser no máximo 15000"),
        ({"typingDuration": 10**400}, "typingDuration", "deve ser no máximo 15000"),
        ({"typingDuration": 1.5}, "typingDuration", "deve ser um número inteiro"),
        ({"isGroup": "não"}, "isGroup", "deve ser true ou false"),
        ({"mentions": "5511999999999"}, "mentions", "deve ser uma lista"),
        ({"mentions": [1]}, "mentions[0]", "deve ser um texto"),
        ({"message": "\ud800"}, "message", "contém caracteres inválidos (Unicode incompleto)"),
    ],
)
async def test_wrong_fields_are_named(api: Api, fields: dict[str, Any], field: str, problem: str):
    api.front.has("cliente-001")
    answer = await api.post(PATH, HELLO | fields)
    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert answer.body["details"] == [{"field": field, "problem": problem}]
    assert api.front.asked == []


async def test_all_wrong_fields_at_once(api: Api):
    api.front.has("cliente-001")
    answer = await api.post(PATH, {"typing": 1})
    assert {detail["field"] for detail in answer.body["details"]} == {"phone", "message", "typing"}


async def test_a_wrong_phone(api: Api):
    api.front.has("cliente-001")
    answer = await api.post(PATH, HELLO | {"phone": "123"})
    assert (answer.status, answer.body["code"]) == (400, "INVALID_PHONE")
    assert answer.body["details"] == [
        {"field": "phone", "problem": "use de 8 a 15 dígitos, com o código do país"}
    ]


async def test_a_wrong_mention(api: Api):
    api.front.has("cliente-001")
    answer = await api.post(PATH, HELLO | {"mentions": ["5511988887777", "120363000000000001@g.us"]})
    assert (answer.status, answer.body["code"]) == (400, "INVALID_PHONE")
    assert answer.body["details"] == [{"field": "mentions[1]", "problem": "um grupo não pode ser mencionado"}]


@pytest.mark.parametrize(
    ("code", "status", "retry_after"),
    [
        (Code.QUEUE_FULL, 429, 1.2), (Code.NOT_ON_WHATSAPP, 422, None), (Code.REACHOUT_TIMELOCK, 429, 3600),
        (Code.SEND_FAILED, 422, None), (Code.OUTCOME_UNKNOWN, 504, None), (Code.STORE_UNAVAILABLE, 503, None),
    ],
)  # fmt: skip
async def test_a_sessions_refusals(api: Api, code: Code, status: int, retry_after: float | None):
    api.front.has("cliente-001")
    api.front.refusal = Refusal(code, retry_after=retry_after)
    answer = await api.post(PATH, HELLO)
    assert (answer.status, answer.body["code"]) == (status, code)
    if retry_after:
        assert answer.headers["Retry-After"] == str(answer.body["retryAfter"])
        assert answer.body["retryAfter"] >= retry_after


@pytest.mark.parametrize(
    "text", ['"); alert(1)//', "`${1}`", "</script>", "\u2028\u2029", "\x00\x1b[31m", "🎉"]
)
async def test_text_arrives_as_it_was_written(api: Api, text: str):
    assert (await sent_as(api, message=text)).text == text


async def test_fields_that_nobody_asked_for_change_nothing(api: Api):
    message = await sent_as(
        api, status="read", isAdmin=True, tenant="b", sessionId="b", __proto__={"to": "x"}, to="b", ack=3
    )
    assert message == sends.SendText(to="5511999999999@c.us", text=HELLO["message"])
