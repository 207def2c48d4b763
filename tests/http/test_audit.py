"""The audit trail: what is done over HTTP is told with who, from where and when; what is refused is not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.conftest import Api, token
from tests.http.fakes import BORN
from wppmt.domain.actions import Action, action_sentence
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.process import Process
from wppmt.domain.reasons import Reason
from wppmt.domain.scopes import Scope
from wppmt.domain.states import State
from wppmt.http.api.routes import ROUTES
from wppmt.http.auditing import VIEW_SECONDS
from wppmt.store.operator_records import AuditEntry
from wppmt.store.port import StoreUnavailable

ADMIN = token(scope="wpp:admin", sub="ana@avelar")
AUDIT = "/api/admin/audit"
A = "/api/sessions/a"
OF_THE_ACCOUNT = {"chats", "groups", "labels", "blocked", "profile", "calls"}
"""What a customer does in WhatsApp is no deed of an administrator."""


async def entries(api: Api, query: str = "", **more: Any) -> list[dict[str, Any]]:
    answer = await api.get(AUDIT + query, **({"token": ADMIN} | more))
    assert answer.status == 200
    found: list[dict[str, Any]] = answer.body["entries"]
    return found


async def test_an_entry_says_who_did_what_from_where_and_when(api: Api):
    api.front.has("a")
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Request-ID": "pedido-1"}
    await api.post(f"{A}/restart", token=ADMIN, headers=headers)
    assert await entries(api) == [{
        "id": 1, "at": "2026-02-10T14:30:00Z", "who": "ana@avelar", "address": "203.0.113.7", "requestId": "pedido-1",
        "action": "session.restart", "sessionId": "a", "target": None,
    }]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body", "action", "target"),
    [
        ("POST", f"{A}/start", None, "session.start", None),
        ("POST", "/api/sessions", {"sessionId": "a"}, "session.start", None),
        ("PATCH", A, {"description": "x"}, "session.change", None),
        ("DELETE", A, None, "session.close", None),
        ("POST", f"{A}/disconnect", None, "session.close", None),
        ("DELETE", f"{A}?purge=true", None, "session.purge", None),
        ("POST", f"{A}/restart", None, "session.restart", None),
        ("POST", "/api/admin/sessions/a/restart", None, "session.restart", None),
        ("POST", "/api/admin/sessions/restart-crashed", None, "sessions.restart_crashed", None),
        ("POST", f"{A}/reset", None, "session.reset", None),
        ("POST", f"{A}/restore", None, "session.restore", None),
        ("POST", f"{A}/logout", None, "session.logout", None),
        ("POST", f"{A}/pairing-link", None, "pairing_link.create", None),
        ("DELETE", f"{A}/pairing-link", None, "pairing_link.revoke", None),
        ("PUT", f"{A}/webhook", {"url": "https://u:p@x.test:8443/y?z=1"}, "webhook.set", "https://x.test:8443"),
        ("DELETE", f"{A}/webhook", None, "webhook.remove", None),
        ("POST", f"{A}/webhook/secret", None, "webhook.rotate_secret", None),
        ("POST", f"{A}/dead-letters/replay", None, "dead_letters.replay", "3"),
    ],
)  # fmt: skip
async def test_each_deed_has_its_word(
    api: Api, method: str, path: str, body: Any, action: str, target: str | None
):
    api.front.has("a", State.ERROR, reason=Reason.TOKEN_CORRUPT if "rest" not in path else Reason.NETWORK)
    answer = await api.call(method, path, json=body, token=ADMIN)
    assert answer.status < 300, answer.body
    [entry] = await entries(api)
    assert (entry["action"], entry["sessionId"], entry["target"]) == (action, "a", target)
    assert action_sentence(action) != action


async def test_many_restarts_are_many_entries_and_none_is_one(api: Api):
    await api.post("/api/admin/sessions/restart-crashed", token=ADMIN)
    for name in "ab":
        api.front.has(name, State.ERROR)
    await api.post("/api/admin/sessions/restart-crashed", token=ADMIN)
    assert [entry["sessionId"] for entry in await entries(api)] == [None, "a", "b"]


async def test_what_is_read_sent_or_refused_is_not_told(api: Api):
    api.front.has("a")
    await api.get(f"{A}/status")
    await api.post(f"{A}/send-message", {"phone": "5511999999999", "message": "oi"})
    assert (await api.post(f"{A}/reset")).status == 409
    assert (await api.post("/api/sessions/b/restart")).status == 404
    assert (await api.post("/api/admin/sessions/a/restart", token=token())).status == 403
    assert (await api.get(AUDIT, token=token())).status == 403
    assert await entries(api) == []


async def test_what_may_have_been_done_is_told(api: Api):
    api.front.has("a")
    api.front.refusal = Refusal(Code.OUTCOME_UNKNOWN)
    assert (await api.call("DELETE", f"{A}?purge=true")).status == 504
    assert [entry["action"] for entry in await entries(api)] == ["session.purge"]


async def test_a_store_that_takes_nothing_does_not_undo_what_is_done(api: Api):
    api.front.has("a")
    api.store.broken = StoreUnavailable("full")
    assert (await api.post(f"{A}/restart")).status == 202
    [line] = [line for line in api.log.lines if line["event"] == "audit_failed"]
    assert (line["level"], line["details"]["action"]) == ("error", "session.restart")


async def test_it_is_read_page_by_page(api: Api):
    for number in range(5):
        api.store.audit(AuditEntry(BORN + number, Action.RESTART_SESSION, session_id="a"))
    first = (await api.get(f"{AUDIT}?limit=3", token=ADMIN)).body
    assert ([entry["id"] for entry in first["entries"]], first["nextCursor"]) == ([1, 2, 3], 3)
    last = (await api.get(f"{AUDIT}?limit=3&after=3", token=ADMIN)).body
    assert ([entry["id"] for entry in last["entries"]], last["nextCursor"]) == ([4, 5], None)
    assert (await api.get(f"{AUDIT}?after=5", token=ADMIN)).body == {"entries": [], "nextCursor": None}
    newest = (await api.get(f"{AUDIT}?last=2", token=ADMIN)).body
    assert ([entry["id"] for entry in newest["entries"]], newest["nextCursor"]) == ([4, 5], None)
    for query in ("after=x", "last=0", "last=1001", "last="):
        assert (await api.get(f"{AUDIT}?{query}", token=ADMIN)).status == 400


async def test_an_admin_of_some_sessions_reads_of_those(api: Api):
    for session_id in ("a", "b", None):
        api.store.audit(AuditEntry(BORN, Action.CLOSE_SESSION, session_id=session_id))
    bound = token(scope="wpp:admin", sessions=["b"])
    assert [entry["sessionId"] for entry in await entries(api, token=bound)] == ["b"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_nothing_over_http_changes_it(api: Api, method: str):
    assert (await api.call(method, AUDIT, token=ADMIN)).status == 405


def test_every_route_that_controls_or_administers_is_told_of():
    silent = {
        f"{route.method} {route.path}"
        for route in ROUTES
        if route.scope in {Scope.CONTROL, Scope.ADMIN} and route.method != "GET" and route.action is None
    }
    assert {path for path in silent if not OF_THE_ACCOUNT & set(path.split("/"))} == set()


def test_every_action_has_a_sentence():
    assert len({action_sentence(action) for action in Action}) == len(Action)
    assert action_sentence("of.a.later.version") == "of.a.later.version"


async def test_who_watches_a_screen_is_told_of_once_in_a_while(api: Api):
    """The dashboard takes a picture every two seconds."""
    for session in ("a", "b"):
        api.front.has(session, process=Process(4711, 4711, "page", "session"))
    bia = token(scope="wpp:admin", sub="bia")

    async def look(session: str, who: str) -> int:
        return (await api.get(f"/api/admin/sessions/{session}/screenshot", token=who)).status

    for _ in range(3):
        assert await look("a", ADMIN) == 200
        api.time += 2
    await look("b", ADMIN)
    await look("a", bia)
    told = [(entry["who"], entry["sessionId"], entry["action"]) for entry in await entries(api)]
    assert told == [
        ("ana@avelar", "a", "session.screenshot"), ("ana@avelar", "b", "session.screenshot"), ("bia", "a", "session.screenshot"),
    ]  # fmt: skip
    api.time += VIEW_SECONDS
    later = token(scope="wpp:admin", sub="ana@avelar", iat=api.time, exp=api.time + 900)
    await look("a", later)
    assert len(await entries(api, token=later)) == 4


async def test_a_screen_that_was_not_seen_is_not_told(api: Api):
    assert (await api.get("/api/admin/sessions/a/screenshot", token=ADMIN)).status == 404
    assert await entries(api) == []
