"""What the operator is told: alerts, and how a session was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.http.conftest import Api, token
from tests.http.fakes import BORN
from wppmt.domain.alerts import Alert, AlertCode, Cause
from wppmt.domain.messages import ALERT_ACTOR, RotateAlertSecret
from wppmt.domain.states import State
from wppmt.store.port import StoreUnavailable
from wppmt.store.records import HistoryPoint

ADMIN = token(scope="wpp:admin")
ALERT = Alert(
    Cause(AlertCode.SESSION_IN_ERROR, "a"), "Sessão a em erro", "Reinicie", since=BORN - 60, session_id="a"
)
MEMORY = Alert(Cause(AlertCode.MEMORY_HIGH), "Memória", "Dê mais", since=BORN)
ENDED = replace(ALERT, ended_at=BORN)


async def test_alerts_have_the_form_of_the_contract(api: Api):
    api.store.alerts = [ENDED, replace(ALERT, since=BORN + 1), MEMORY]
    answer = await api.get("/api/admin/alerts", token=ADMIN)
    assert answer.status == 200
    assert answer.body == {
        "firing": [
            {
                "code": "SESSION_IN_ERROR", "sessionId": "a", "message": "Sessão a em erro", "remedy": "Reinicie",
                "since": "2026-02-10T14:30:01Z", "endedAt": None,
            },
            {
                "code": "MEMORY_HIGH", "sessionId": None, "message": "Memória", "remedy": "Dê mais",
                "since": "2026-02-10T14:30:00Z", "endedAt": None,
            },
        ],
        "recent": [
            {
                "code": "SESSION_IN_ERROR", "sessionId": "a", "message": "Sessão a em erro", "remedy": "Reinicie",
                "since": "2026-02-10T14:29:00Z", "endedAt": "2026-02-10T14:30:00Z",
            }
        ],
    }  # fmt: skip


async def test_without_alerts_both_lists_are_empty(api: Api):
    assert (await api.get("/api/admin/alerts", token=ADMIN)).body == {"firing": [], "recent": []}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/admin/alerts"),
        ("POST", "/api/admin/alerts/secret"),
        ("GET", "/api/admin/sessions/a/history"),
    ],
)
async def test_they_are_the_operators(api: Api, method: str, path: str):
    api.front.has("a")
    assert (await api.call(method, path)).status == 403
    assert (await api.call(method, path, token=None)).status == 401


async def test_who_is_bound_to_a_session_sees_its_alerts_and_those_of_the_whole(api: Api):
    api.store.alerts = [
        ALERT,
        replace(ALERT, cause=Cause(AlertCode.SESSION_IN_ERROR, "b"), session_id="b"),
        MEMORY,
    ]
    bound = token(scope="wpp:admin", sessions=["b"])
    firing = (await api.get("/api/admin/alerts", token=bound)).body["firing"]
    assert [row["sessionId"] for row in firing] == ["b", None]


async def test_the_secret_is_made_anew_and_shown_once(api: Api):
    answer = await api.post("/api/admin/alerts/secret", token=ADMIN)
    assert answer.body == {"success": True, "secret": "whsec_YWxlcnRhcw=="}
    assert api.front.asked == [(ALERT_ACTOR, RotateAlertSecret())]


async def test_health_is_degraded_while_one_fires_and_names_no_session(api: Api):
    api.front.has("a")
    api.store.alerts = [ENDED]
    assert (await api.get("/api/health?strict=1", token=None)).status == 200
    other = replace(ALERT, cause=Cause(AlertCode.SESSION_IN_ERROR, "b"), session_id="b")
    api.store.alerts = [ALERT, other, MEMORY]
    answer = await api.get("/api/health", token=None)
    assert (answer.status, answer.body["status"]) == (200, "degraded")
    assert answer.body["reasons"] == [
        {"reasonCode": "SESSION_IN_ERROR", "reason": "Sessão em erro (2)"},
        {"reasonCode": "MEMORY_HIGH", "reason": "Memória alta"},
    ]
    assert (await api.get("/api/health?strict=1", token=None)).status == 503


def point(hours_ago: float, state: State = State.CONNECTED, memory_mb: int | None = 300) -> HistoryPoint:
    return HistoryPoint("a", BORN - hours_ago * 3600, state, memory_mb, is_coarse=False)


async def test_history_is_that_of_the_last_hours(api: Api):
    api.front.has("a")
    api.store.history = [point(25), point(23.5, State.ERROR, None), point(0.5)]
    path = "/api/admin/sessions/a/history"
    assert (await api.get(path, token=ADMIN)).body == {
        "points": [
            {"at": "2026-02-09T15:00:00Z", "status": "error", "memoryMb": None},
            {"at": "2026-02-10T14:00:00Z", "status": "connected", "memoryMb": 300},
        ]
    }
    assert len((await api.get(f"{path}?hours=1", token=ADMIN)).body["points"]) == 1
    assert len((await api.get(f"{path}?hours=720", token=ADMIN)).body["points"]) == 3


@pytest.mark.parametrize("hours", ["0", "721", "x", "-1", "1.5", ""])
async def test_history_of_a_wrong_number_of_hours_is_refused(api: Api, hours: str):
    api.front.has("a")
    answer = await api.get(f"/api/admin/sessions/a/history?hours={hours}", token=ADMIN)
    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert answer.body["details"][0]["field"] == "hours"


async def test_history_of_a_session_that_is_not_there(api: Api):
    assert (await api.get("/api/admin/sessions/nobody/history", token=ADMIN)).status == 404


@pytest.mark.parametrize("path", ["/api/admin/alerts", "/api/admin/sessions/a/history"])
async def test_a_store_that_cannot_be_read_is_told(api: Api, path: str):
    api.front.has("a")
    api.store.broken = StoreUnavailable()
    answer = await api.get(path, token=ADMIN)
    assert (answer.status, answer.body["code"]) == (503, "STORE_UNAVAILABLE")
