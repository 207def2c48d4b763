"""What happened to a session or a message, over HTTP, from the rows of a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from tests.http.conftest import Api, serve, token
from tests.http.fakes import BORN, FakeStore
from wppmt.domain.actions import Action
from wppmt.domain.reasons import Reason, sentence
from wppmt.domain.remedies import remedy
from wppmt.domain.states import State
from wppmt.explain.material import Logged
from wppmt.store.operator_records import Attempt, AuditEntry
from wppmt.store.records import EventDraft, JournalEntry, SendState
from wppmt.store.sqlite.store import SqliteStore

EXPLAIN = "/api/sessions/a/explain"
PHONE = "5511999998888"
HOUR = 3600.0


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    made = SqliteStore(tmp_path / "state" / "wppmt.sqlite")
    change = {"status": "error", "reason": sentence(Reason.CONFLICT), "reasonCode": "CONFLICT"}
    message = {
        "id": "3EB0BB",
        "messageId": f"false_{PHONE}@c.us_3EB0BB",
        "from": f"{PHONE}@c.us",
        "type": "chat",
        "body": "3EB0AA",
    }
    with made.transaction() as transaction:
        transaction.record("a", EventDraft("evt_1", "connection_change", BORN - 30 * HOUR, change))
        transaction.record(
            "a", EventDraft("evt_2", "connection_change", BORN - HOUR, change, "http://x.test/")
        )
        transaction.record("a", EventDraft("evt_3", "message_received", BORN - 60, {"message": message}))
        transaction.record(
            "a",
            EventDraft(
                "evt_4", "message_ack", BORN - 50, {"messageId": "3EB0AA", "ack": 1, "status": "sent"}
            ),
        )
        transaction.record("b", EventDraft("evt_5", "connection_change", BORN - 40, change))
        transaction.audit(AuditEntry(BORN - 90, Action.RESTART_SESSION, "ana", session_id="a"))
        transaction.audit(AuditEntry(BORN - 90, Action.RESTART_SESSION, "outra", session_id="b"))
        transaction.journal(JournalEntry(
            "a", "3EB0AA", f"{PHONE}@c.us", "text", {}, SendState.SENT, 1, BORN - 52, BORN - 51, BORN - 50,
        ))  # fmt: skip
        transaction.journal(JournalEntry(
            "a", "3EB0CC", PHONE, "text", {}, SendState.FAILED, -1, BORN - 20, failure="NOT_ON_WHATSAPP",
        ))  # fmt: skip
    made.settle([], [Attempt("evt_2", "a", BORN - HOUR + 1, None, 9, None, "O destino recusou a conexão")])
    return made


@pytest.fixture
async def api(tmp_path: Path, store: SqliteStore) -> AsyncIterator[Api]:
    instance = Api()
    instance.folder = tmp_path
    instance.store = cast("FakeStore", store)
    instance.front.has("a", State.ERROR, reason=Reason.CONFLICT)
    async for running in serve(instance):
        yield running
    store.close()


async def texts(api: Api, query: str = "") -> list[str]:
    answer = await api.get(EXPLAIN + query)
    assert answer.status == 200, answer.body
    assert PHONE.encode() not in answer.raw
    return [moment["text"] for moment in answer.body["timeline"]]


async def test_a_session_is_told_of_the_last_day(api: Api):
    answer = await api.get(EXPLAIN)
    assert answer.body["timeline"] == [
        {"at": "2026-02-10T13:30:00Z", "text": f"em erro: {sentence(Reason.CONFLICT)}"},
        {"at": "2026-02-10T13:30:01Z", "text": "webhook recusado 1 vez (O destino recusou a conexão)"},
        {"at": "2026-02-10T14:28:30Z", "text": "navegador reiniciado por ana"},
        {"at": "2026-02-10T14:29:40Z", "text": "texto: não foi enviada. Este número não está no WhatsApp (para ***8888)"},
        {"at": "2026-02-10T14:30:00Z", "text": f"Agora: em erro: {sentence(Reason.CONFLICT)}"},
    ]  # fmt: skip
    assert answer.body["advice"].startswith(remedy(Reason.CONFLICT))
    assert "webhook não está recebendo" in answer.body["advice"]
    assert "messageId" not in answer.body


@pytest.mark.parametrize(
    ("since", "count"),
    [
        ("2026-02-01T00:00:00Z", 6), ("2026-02-10T14:29:00Z", 2), ("2026-02-10T11:29:00-03:00", 2),
        ("2026-02-10T16:29:00+02:00", 2), ("2026-02-10T16:29:00%2B02:00", 2), ("2026-02-10T14:29:00", 2), ("2030-01-01", 1),
    ],
)  # fmt: skip
async def test_since_when(api: Api, since: str, count: int):
    assert len(await texts(api, f"?since={since}")) == count


async def test_a_message_that_was_sent(api: Api):
    answer = await api.get(f"{EXPLAIN}?message=3EB0AA")
    assert answer.body["messageId"] == "3EB0AA"
    assert [moment["text"] for moment in answer.body["timeline"]] == [
        "texto para ***8888: pedido aceito", "enviada ao WhatsApp", "o servidor do WhatsApp confirmou",
    ]  # fmt: skip
    assert answer.body["advice"].startswith("Nada a fazer")


@pytest.mark.parametrize("message_id", ["3EB0BB", f"false_{PHONE}%40c.us_3EB0BB"])
async def test_a_message_that_came_in(api: Api, message_id: str):
    answer = await api.get(f"{EXPLAIN}?message={message_id}")
    assert [moment["text"] for moment in answer.body["timeline"]] == ["texto recebida de ***8888"]
    assert answer.body["messageId"] == message_id.replace("%40", "@")


@pytest.mark.parametrize("message_id", ["3EB0", "3EB0XX", "a", "evt_1"])
async def test_an_unknown_message(api: Api, message_id: str):
    answer = await api.get(f"{EXPLAIN}?message={message_id}")
    assert (answer.status, answer.body["code"]) == (404, "MESSAGE_NOT_FOUND")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=ontem", "since"),
        ("since=", "since"),
        ("message=", "message"),
        (f"message={'x' * 257}", "message"),
    ],
)
async def test_wrong_queries(api: Api, query: str, field: str):
    answer = await api.get(f"{EXPLAIN}?{query}")
    assert (answer.status, answer.body["details"][0]["field"]) == (400, field)


async def test_another_tenants_session_is_unknown(api: Api):
    answer: Any = await api.get(EXPLAIN, token=token(sessions="b"))
    assert (answer.status, answer.body["code"]) == (404, "SESSION_NOT_FOUND")


async def test_the_log_is_a_source_too(api: Api):
    answered = {"messageId": "3EB0AA", "status": 200, "ms": 12.0}
    api.logged = [
        Logged(BORN - 90 * HOUR, "info", "login_saved"),
        Logged(BORN - 95, "warning", "leftover_browser_ended", {"processes": 2}),
        Logged(BORN - 50, "info", "http_request", answered),
    ]
    told = await texts(api)
    assert told.count("um navegador que sobrou de antes foi encerrado") == 1
    assert "login gravado no disco" not in told
    assert "a API respondeu HTTP 200 em 12,0 ms" in await texts(api, "?message=3EB0AA")
