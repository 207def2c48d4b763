"""Who may pass: session ids, tenants, admin, rate, draining."""

from __future__ import annotations

import pytest

from tests.http.conftest import Api, serve, token
from wppmt.domain.states import State
from wppmt.http.api.route import Access
from wppmt.http.api.routes import ROUTES
from wppmt.http.ports import DaemonPhase
from wppmt.store.records import Qr

OF_A_SESSION = [route for route in ROUTES if route.access.names_session]
FOR_ADMINS = [route for route in ROUTES if route.access in {Access.ADMIN, Access.ADMIN_SESSION}]


def path_of(template: str, session_id: str) -> str:
    return (
        template.replace("{sessionId}", session_id)
        .replace("{messageId}", "3EB0AA")
        .replace("{phone}", "5511999999999")
        .replace("{chatId}", "5511999999999@c.us")
        .replace("{groupId}", "120363000000000000@g.us")
        .replace("{labelId}", "1")
        .replace("{callId}", "CALL1")
        .replace("{keyId}", "key_1")
        .replace("{eventId}", "evt_1")
        .replace("{job}", "job_1")
        .replace("{machine}", "m1")
    )


@pytest.mark.parametrize("route", OF_A_SESSION, ids=lambda route: f"{route.method} {route.path}")
async def test_another_tenants_session_is_as_if_unknown(api: Api, route):
    api.front.has("b", State.CONNECTED, qr=Qr("x", 1))
    bound = token(sessions="a", scope="wpp:admin" if route.access is Access.ADMIN_SESSION else None)
    answers = [
        await api.call(
            route.method, path_of(route.path, name), token=bound, json={}, headers={"X-Request-ID": "1"}
        )
        for name in ("b", "unknown")
    ]
    for answer in answers:
        assert (answer.status, answer.body["code"]) == (404, "SESSION_NOT_FOUND")
    existing, unknown = answers
    assert existing.raw == unknown.raw
    assert {**existing.headers, "Date": ""} == {**unknown.headers, "Date": ""}
    assert api.front.asked == []


@pytest.mark.parametrize("route", FOR_ADMINS, ids=lambda route: f"{route.method} {route.path}")
async def test_admin_routes_need_the_scope(api: Api, route):
    api.front.has("a")
    answer = await api.call(route.method, path_of(route.path, "a"), token=token(scope="read", sessions="*"))
    assert (answer.status, answer.body["code"]) == (403, "FORBIDDEN")
    assert api.front.asked == []


@pytest.mark.parametrize(
    "name",
    ["..", ".", "%2e%2e", "%2e", "..%2fb", "%252e%252e", "a%5cb", "a%00", "a%0a", "a%20b", "%D0%B5", "%EF%BC%91",
     "%D9%A1", "--no-sandbox", "-rf", "a-", "a" * 65, "A", "a_b", "a.b", "%ff"],
)  # fmt: skip
async def test_odd_session_ids_are_refused(api: Api, name: str):
    for method, path in (("POST", "start"), ("GET", "status")):
        answer = await api.call(method, f"/api/sessions/{name}/{path}")
        assert (answer.status, answer.body["code"]) in {
            (400, "INVALID_SESSION_ID"), (404, "NOT_FOUND"), (400, "INVALID_REQUEST"),
        }  # fmt: skip
    assert api.front.asked == []


@pytest.mark.parametrize("name", ["a", "0", "cliente-001", "a" * 64, "a--b"])
async def test_good_session_ids(api: Api, name: str):
    assert (await api.post(f"/api/sessions/{name}/start")).status == 201


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/sessions/a/status/", 404),
        ("GET", "//api/sessions/a/status", 404),
        ("GET", "/api/sessions/a;x/status", 400),
        ("GET", "/API/sessions/a/status", 404),
        ("GET", "/api/Sessions/a/status", 404),
        ("GET", "/api/sessions//status", 404),
        ("GET", "/api/sessions/a/logout", 405),
        ("PUT", "/api/sessions/a", 405),
        ("GET", "/nada", 404),
    ],
)
async def test_no_way_around_the_router(api: Api, method: str, path: str, status: int):
    api.front.has("a")
    answer = await api.call(method, path, headers={"X-HTTP-Method-Override": "DELETE"})
    assert answer.status == status
    assert answer.body["success"] is False
    assert answer.body["code"] in {"NOT_FOUND", "METHOD_NOT_ALLOWED", "INVALID_SESSION_ID"}
    assert api.front.asked == []


async def test_405_tells_what_is_allowed(api: Api):
    answer = await api.get("/api/sessions/a/logout")
    assert answer.headers["Allow"] == "POST"


async def test_the_101st_request_of_a_minute_is_refused():
    api = Api()
    api.rate_limit = 100
    async for _ in serve(api):
        api.front.has("a")
        api.front.has("b")
        for number in range(100):
            answer = await api.get("/api/sessions/a/status")
            assert (answer.status, answer.headers["X-RateLimit-Remaining"]) == (200, str(99 - number))
        refused = await api.get("/api/sessions/a/status", headers={"X-Forwarded-For": "10.0.0.1"})
        assert (refused.status, refused.body["code"]) == (429, "RATE_LIMITED")
        assert refused.headers["X-RateLimit-Limit"] == "100"
        assert refused.headers["X-RateLimit-Remaining"] == "0"
        assert int(refused.headers["Retry-After"]) >= 1
        assert refused.body["retryAfter"] == int(refused.headers["Retry-After"])
        other_token = await api.post("/api/sessions/a/start", token=token(sessions="a", sub="outro"))
        by_body = await api.post("/api/sessions", {"sessionId": "a"})
        assert (other_token.status, by_body.status) == (429, 429)
        assert (await api.get("/api/sessions/b/status")).status == 200


async def test_a_stranger_cannot_use_up_a_tenants_rate():
    api = Api()
    api.rate_limit = 1
    async for _ in serve(api):
        api.front.has("a")
        for _ in range(3):
            assert (await api.get("/api/sessions/a/status", token=token(sessions="b"))).status == 404
        assert (await api.get("/api/sessions/a/status")).status == 200


async def test_draining_refuses_work_and_says_so(api: Api):
    api.front.has("a")
    api.phase = DaemonPhase.DRAINING
    answer = await api.post("/api/sessions/a/restart")
    assert (answer.status, answer.body["code"], answer.headers["Retry-After"]) == (503, "DRAINING", "5")
    assert api.front.asked == []


@pytest.mark.parametrize(
    "path", ["/api/sessions/a/status", "/api/sessions", "/nada", "/api/health", "/healthz"]
)
async def test_while_draining_every_answer_ends_its_connection(api: Api, path: str):
    api.front.has("a")
    assert "Connection" not in (await api.get(path)).headers
    api.phase = DaemonPhase.DRAINING
    answer = await api.get(path)
    assert answer.status == (200 if path == "/healthz" else 503)
    assert answer.headers["Connection"] == "close"


async def test_no_other_origin_is_invited(api: Api):
    for origin in ("https://evil", "null"):
        answer = await api.get("/api/sessions", headers={"Origin": origin})
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
