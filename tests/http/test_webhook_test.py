"""`POST …/webhook/test` over HTTP: what is sent, and how what came back is told."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import jsonschema_rs
import pytest

from tests.defaults import http_policy
from tests.http.conftest import Api, serve
from tests.http.documented import DOCUMENT
from tests.http.fakes import BORN
from wppmt.store.outbox_records import SigningSecrets
from wppmt.store.records import EVENT_NAMES, EventRecord
from wppmt.webhook.classify import Answered, AttemptResult, Fault, Unanswered
from wppmt.webhook.samples import sample

PATH = "/api/sessions/a/webhook/test"
URL = "https://turbozap.com/webhook/cliente-001"
SECRETS = SigningSecrets("whsec_bmV3", (("whsec_b2xk", BORN + 60),))


def sent(api: Api) -> tuple[EventRecord, dict[str, Any]]:
    [(delivery, _, _)] = api.receiver.took
    return delivery.event, json.loads(delivery.event.body)


async def test_a_sample_goes_to_the_sessions_webhook_signed_with_its_secrets(api: Api):
    api.front.has("a", webhook_url=URL)
    api.store.signing["a"] = SECRETS
    api.receiver.outcome = Answered(202, body="recebido, ção".encode())
    answer = await api.post(PATH)
    [(delivery, attempt, secrets)] = api.receiver.took
    event, fields = sent(api)
    assert (delivery.endpoint, attempt, secrets) == (URL, 1, SECRETS)
    assert fields == {
        "event": "test", "sessionId": "a", "timestamp": "2026-02-10T14:30:00Z", "test": True,
        "id": event.id, "sequence": 0, "schemaVersion": 1,
    }  # fmt: skip
    assert event.id.startswith("evt_test_")
    assert answer.body == {
        "success": True, "delivered": True, "webhookUrl": URL, "eventId": event.id, "status": 202,
        "elapsedMs": 0, "body": "recebido, ção", "error": None,
    }  # fmt: skip


async def test_no_event_and_no_delivery_comes_of_it(api: Api):
    api.front.has("a", webhook_url=URL)
    await api.post(PATH)
    assert (await api.get("/api/sessions/a/events")).body["count"] == 0
    assert api.front.asked == []


@pytest.mark.parametrize("name", EVENT_NAMES)
async def test_a_sample_can_look_like_any_event(api: Api, name: str):
    api.front.has("a", webhook_url=URL)
    assert (await api.post(PATH, {"event": name})).status == 200
    _, fields = sent(api)
    assert (fields["event"], fields["test"]) == (name, True)
    request = DOCUMENT["webhooks"][name]["post"]["requestBody"]["content"]["application/json"]
    schema = request["schema"] | {"components": DOCUMENT["components"]}
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(fields)
    assert sample(name)["test"] is True


async def test_a_session_tries_its_webhook_once_at_a_time(api: Api):
    api.front.has("a", webhook_url=URL)
    api.front.has("b", webhook_url=URL)
    api.receiver.answers.clear()
    first = [asyncio.create_task(api.post(f"/api/sessions/{name}/webhook/test")) for name in "ab"]
    await api.receiver.has_taken(2)
    second = await api.post(PATH)
    assert (second.status, second.body["code"]) == (409, "WEBHOOK_TEST_IN_FLIGHT")
    assert len(api.receiver.took) == 2
    api.receiver.answers.set()
    assert [(await answer).status for answer in first] == [200, 200]
    assert (await api.post(PATH)).status == 200


async def test_the_default_webhook_is_tried_where_the_session_has_none():
    api = Api()
    api.settings = http_policy(default_webhook_url="http://padrao/")
    async for _ in serve(api):
        api.front.has("a")
        assert (await api.post(PATH)).body["webhookUrl"] == "http://padrao/"


async def test_without_any_webhook_there_is_nothing_to_try(api: Api):
    api.front.has("a")
    answer = await api.post(PATH)
    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert answer.body["details"][0]["field"] == "webhookUrl"
    assert api.receiver.took == []


@pytest.mark.parametrize(
    ("outcome", "status", "body", "error"),
    [
        (Answered(500, body=b"oops"), 500, "oops", "O destino respondeu 500; só 2xx vale como recebido"),
        (Answered(302), 302, "", "O destino respondeu 302: redirecionamentos não são seguidos"),
        (Answered(410), 410, "", "O destino respondeu 410: em um evento real, isso encerraria as entregas"),
        (
            Unanswered(Fault.UNREACHABLE, "O destino recusou a conexão"),
            None,
            None,
            "O destino recusou a conexão",
        ),
    ],
)
async def test_what_went_wrong_is_told(
    api: Api, outcome: AttemptResult, status: int | None, body: str | None, error: str
):
    api.front.has("a", webhook_url=URL)
    api.receiver.outcome = outcome
    told = (await api.post(PATH)).body
    assert (told["delivered"], told["status"], told["body"], told["error"]) == (False, status, body, error)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"", ""),
        ("ação".encode()[:-2], "aç"),
        (b"\x89PNG\r\n", None),
        (b"a\0b", None),
    ],
)
async def test_only_text_is_shown(api: Api, body: bytes, shown: str | None):
    api.front.has("a", webhook_url=URL)
    api.receiver.outcome = Answered(200, body=body)
    assert (await api.post(PATH)).body["body"] == shown


async def test_an_unknown_event_is_refused(api: Api):
    api.front.has("a", webhook_url=URL)
    answer = await api.post(PATH, {"event": "nada"})
    assert (answer.status, answer.body["details"][0]["field"]) == (400, "event")


async def test_the_log_tells_neither_address_nor_answer(api: Api):
    api.front.has("a", webhook_url=URL)
    api.receiver.outcome = Answered(200, body=b"segredo")
    await api.post(PATH)
    [line] = [line for line in api.log.lines if line["event"] == "webhook_tested"]
    assert line["details"] == {"delivered": True, "elapsedMs": 0}
