"""What came of each try to deliver an event, over HTTP."""

from __future__ import annotations

from tests.http.conftest import Api, token
from tests.http.fakes import BORN
from wppmt.store.operator_records import Attempt


async def test_each_try_is_told(api: Api):
    api.front.has("a")
    api.store.tried["a", "evt_1"] = [
        Attempt("evt_1", "a", BORN, None, 30_000, None, "O destino não respondeu a tempo"),
        Attempt("evt_1", "a", BORN + 35, 500, 12, "ops", "HTTP 500"),
    ]
    answer = await api.get("/api/sessions/a/events/evt_1/attempts")
    assert answer.body == {"attempts": [
        {"at": "2026-02-10T14:30:00Z", "status": None, "durationMs": 30_000, "answer": None},
        {"at": "2026-02-10T14:30:35Z", "status": 500, "durationMs": 12, "answer": "ops"},
    ]}  # fmt: skip


async def test_an_event_that_is_not_the_sessions_is_unknown(api: Api):
    for name in "ab":
        api.front.has(name)
    api.store.tried["b", "evt_1"] = []
    unknown = await api.get("/api/sessions/a/events/evt_1/attempts")
    assert (unknown.status, unknown.body["code"]) == (404, "NOT_FOUND")
    bound = await api.get("/api/sessions/b/events/evt_1/attempts", token=token(sessions="a"))
    assert (bound.status, bound.body["code"]) == (404, "SESSION_NOT_FOUND")
