"""A session's move over HTTP: asked for at its source, received at the target, and 421 afterwards."""

from __future__ import annotations

import pytest

from tests.http.conftest import Api, token
from wppmt.domain.moves import Offer
from wppmt.http.api.route import SESSION
from wppmt.http.api.routes import ROUTES

ADMIN = token(scope="wpp:admin")
KEY = "ab" * 32
OTHER = "https://wppconnect-4.test"
ARRIVALS = "/api/admin/arrivals/loja"


async def test_a_move_is_a_job(api: Api):
    api.front.has("a")
    asked = {"to": OTHER, "token": "secret-token"}
    answer = await api.post("/api/admin/sessions/a/move", asked, token=ADMIN)
    assert (answer.status, answer.body["job"]) == (202, "job_1")
    assert api.moves.begun == [("a", OTHER, "secret-token")]
    assert (await api.post("/api/admin/sessions/a/move", {"to": OTHER}, token=ADMIN)).status == 400
    assert (await api.post("/api/admin/sessions/a/move", asked)).status == 403
    [entry] = api.store.audited
    assert (entry.action, entry.session_id) == ("session.move", "a")
    assert "secret-token" not in repr(api.log)


async def test_the_target_is_asked_before_anything_is_touched(api: Api):
    answer = await api.get(f"{ARRIVALS}?schemaVersion=14&chrome=156.0.1.2&size=3000000", token=ADMIN)
    assert answer.status == 200
    assert api.moves.offered == [("loja", Offer(14, "156.0.1.2", 3_000_000))]
    for query in ("chrome=x", "size=-1", "schemaVersion=0"):
        assert (await api.get(f"{ARRIVALS}?{query}", token=ADMIN)).status == 400
    assert (await api.get("/api/admin/arrivals/UPPER", token=ADMIN)).body["code"] == "INVALID_SESSION_ID"
    assert (await api.get(ARRIVALS)).status == 403


async def test_an_archive_waits_until_its_source_gives_the_session_away(api: Api):
    headers = {"X-Move-Key": KEY, "Content-Type": "application/octet-stream"}
    sent = await api.call("PUT", ARRIVALS, data=b"sealed", headers=headers, token=ADMIN)
    assert (sent.status, sent.body["taken"], sent.body["status"]) == (201, False, None)
    [entry] = api.store.audited
    assert (entry.action, entry.session_id) == ("session.receive", "loja")
    assert api.moves.waiting["loja"][:2] == (KEY, b"sealed")
    shown = await api.call("GET", "/api/arrivals/loja", headers={"X-Move-Key": KEY}, token=None)
    assert (shown.status, shown.body["taken"]) == (200, False)
    taken = await api.call("POST", "/api/arrivals/loja/take", headers={"X-Move-Key": KEY}, token=None)
    assert (taken.status, taken.body["taken"], taken.body["status"]) == (200, True, "connected")
    late = await api.call("DELETE", "/api/arrivals/loja", headers={"X-Move-Key": KEY}, token=None)
    assert late.body["code"] == "SESSION_EXISTS"


@pytest.mark.parametrize("key", ["", "cd" * 32, "x", "AB" * 32])
async def test_without_its_key_nobody_learns_of_it(api: Api, key: str):
    headers = {"X-Move-Key": KEY, "Content-Type": "application/octet-stream"}
    await api.call("PUT", ARRIVALS, data=b"sealed", headers=headers, token=ADMIN)
    for method, path in (("GET", ""), ("POST", "/take"), ("DELETE", "")):
        answer = await api.call(method, f"/api/arrivals/loja{path}", headers={"X-Move-Key": key}, token=None)
        assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND")
    assert not api.moves.taken


async def test_every_route_of_a_session_that_has_gone_answers_421(api: Api):
    api.moves.away["a"] = OTHER
    paths = [(route.method, route.path) for route in ROUTES if route.path.startswith(SESSION)]
    assert len(paths) > 50
    for method, path in paths:
        filled = path.replace("{sessionId}", "a").replace("{", "").replace("}", "")
        answer = await api.call(method, filled, token=ADMIN)
        assert (answer.status, answer.body["code"], answer.body["owner"]) == (421, "NOT_OWNER", OTHER), path
    created = await api.post("/api/sessions", {"sessionId": "a"})
    assert created.status == 421
    stranger = await api.get("/api/sessions/a/status", token=token(sessions=["b"]))
    assert (stranger.status, stranger.body["code"]) == (404, "SESSION_NOT_FOUND")


async def test_one_on_its_way_asks_for_a_moment(api: Api):
    api.front.has("a")
    api.moves.away["a"] = ""
    answer = await api.post("/api/sessions/a/send-message", {"phone": "5511999990001", "message": "oi"})
    assert (answer.status, answer.body["code"], answer.headers["Retry-After"]) == (503, "MOVING", "1")
    assert not api.front.asked
