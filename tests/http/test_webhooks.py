"""A session's webhook over HTTP, against the example of docs/MULTI_TENANT_ARCHITECTURE.md 4.2.4."""

from __future__ import annotations

from typing import Any

import pytest

from tests.defaults import http_policy
from tests.http.conftest import Api, serve
from wppmt.store.records import EVENT_NAMES

PATH = "/api/sessions/a/webhook"
URL = "https://turbozap.com/webhook/cliente-001"
EVENTS = ["message_received", "message_ack", "connection_change"]


async def test_the_documents_example(api: Api):
    api.front.has("a")
    answer = await api.call("PUT", PATH, json={"url": URL, "events": EVENTS})
    assert answer.status == 200
    assert list(answer.body) == ["success", "webhookUrl", "events", "secret"]
    assert answer.body == {"success": True, "webhookUrl": URL, "events": EVENTS, "secret": "whsec_bmV3"}


async def test_the_secret_is_shown_once(api: Api):
    api.front.has("a")
    await api.call("PUT", PATH, json={"url": URL, "events": EVENTS})
    shown = await api.get(PATH)
    assert shown.body == {"success": True, "webhookUrl": URL, "events": EVENTS}
    assert b"whsec" not in shown.raw


async def test_rotating_shows_the_new_one(api: Api):
    api.front.has("a", webhook_url=URL)
    answer = await api.post(f"{PATH}/secret")
    assert answer.body["secret"] == "whsec_cm90YXRlZA=="
    assert answer.body["webhookUrl"] == URL


async def test_no_events_means_all_and_twice_means_once(api: Api):
    api.front.has("a")
    assert (await api.call("PUT", PATH, json={"url": URL})).body["events"] == list(EVENT_NAMES)
    twice = await api.call("PUT", PATH, json={"url": URL, "events": ["error", "qr_code", "error"]})
    assert twice.body["events"] == ["error", "qr_code"]


async def test_removing_falls_back_to_the_default():
    api = Api()
    api.settings = http_policy(default_webhook_url="http://padrao/")
    async for _ in serve(api):
        api.front.has("a", webhook_url=URL)
        answer = await api.call("DELETE", PATH)
        assert (answer.status, answer.body["webhookUrl"]) == (200, "http://padrao/")
        assert (await api.get("/api/sessions/a/status")).body["webhookUrl"] == "http://padrao/"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "INVALID_REQUEST"),
        ({"url": ""}, 400, "INVALID_REQUEST"),
        ({"url": "http://x/" + "x" * 9000}, 400, "INVALID_REQUEST"),
        ({"url": URL, "events": []}, 400, "INVALID_REQUEST"),
        ({"url": URL, "events": ["message"]}, 400, "INVALID_REQUEST"),
        ({"url": URL, "events": "qr_code"}, 400, "INVALID_REQUEST"),
        ({"url": "http://127.0.0.1:6379/"}, 422, "TARGET_REFUSED"),
        ({"url": "gopher://x"}, 422, "TARGET_REFUSED"),
    ],
)
async def test_wrong_webhooks(api: Api, body: Any, status: int, code: str):
    api.front.has("a")
    answer = await api.call("PUT", PATH, json=body)
    assert (answer.status, answer.body["code"]) == (status, code)
    assert api.front.asked == []
