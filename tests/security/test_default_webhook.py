"""WEBHOOK_URL is the operator's: no tenant reads the secret in it, nor what its receiver answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.defaults import http_policy
from tests.http.conftest import Api
from tests.security.conftest import running
from wppmt.store.outbox_records import Delivery
from wppmt.store.records import EventRecord
from wppmt.webhook.classify import Answered

DEFAULT = "https://turbozap.test/api/webhook/default?segredo=canario12345"
SHOWN = "https://turbozap.test/api/webhook/default?***"
CANARY = "canario12345"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    instance = Api()
    instance.folder = tmp_path
    instance.settings = http_policy(default_webhook_url=DEFAULT)
    async with running(instance):
        yield instance


async def test_its_query_is_shown_to_no_tenant(api: Api):
    shown = [
        await api.post("/api/sessions/a/start", {}),
        await api.get("/api/sessions/a/status"),
        await api.get("/api/sessions/a/webhook"),
        await api.call("DELETE", "/api/sessions/a/webhook"),
        await api.post("/api/sessions/a/webhook/test"),
    ]
    for answer in shown:
        assert answer.body["webhookUrl"] == SHOWN
    [row] = (await api.get("/api/sessions")).body["sessions"]
    assert row["webhookUrl"] == SHOWN
    assert CANARY not in repr([answer.raw for answer in shown])
    assert api.receiver.took[0][0].endpoint == DEFAULT


async def test_of_a_dead_letter_to_it_neither(api: Api):
    own = "https://cliente.test/hook?meu=segredo"
    api.front.has("a", webhook_url=own)
    for number, url in enumerate((own, DEFAULT, DEFAULT.replace("default", "antigo")), 1):
        api.store.dead.append(
            Delivery(number, EventRecord(f"evt_{number}", "a", number, "error", 1.0, b"{}"), url)
        )
    answer = await api.get("/api/sessions/a/dead-letters")
    assert [letter["url"] for letter in answer.body["deadLetters"]] == [
        own, SHOWN, SHOWN.replace("default", "antigo"),
    ]  # fmt: skip


@pytest.mark.parametrize("own", ["", "https://turbozap.test/outro", "https://TURBOZAP.test:443/outro"])
async def test_what_its_receiver_answers_is_not_shown(api: Api, own: str):
    api.front.has("a", webhook_url=own)
    api.receiver.outcome = Answered(200, body=CANARY.encode())
    answer = await api.post("/api/sessions/a/webhook/test")
    assert (answer.body["status"], answer.body["body"]) == (200, None)


async def test_what_the_sessions_own_receiver_answers_is_shown(api: Api):
    api.front.has("a", webhook_url="https://cliente.test/hook")
    api.receiver.outcome = Answered(200, body=b"recebido")
    assert (await api.post("/api/sessions/a/webhook/test")).body["body"] == "recebido"
