"""Static keys: made, used, refused, revoked; and that every route says which scope it needs."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

from tests.http.conftest import Api, serve, token
from tests.http.fakes import BORN, FakeStore
from wppmt.domain.scopes import Scope
from wppmt.http.api.routes import ROUTES
from wppmt.http.security.api_keys import PREFIX, Keyring
from wppmt.store.sqlite.store import SqliteStore

ADMIN = token(scope="wpp:admin", sub="ana")
STATUS = "/api/sessions/a/status"
KEYS = "/api/admin/keys"
DAY = 86_400


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "state" / "wppmt.sqlite")


@pytest.fixture
async def api(tmp_path: Path, store: SqliteStore) -> AsyncIterator[Api]:
    """With the real store behind it."""
    instance = Api()
    instance.folder = tmp_path
    instance.store = cast("FakeStore", store)
    instance.front.has("a")
    async for running in serve(instance):
        yield running
    store.close()


async def made(api: Api, **body: Any) -> dict[str, Any]:
    answer = await api.post(KEYS, {"name": "n8n", "scopes": ["read"]} | body, token=ADMIN)
    assert answer.status == 201, answer.body
    return cast("dict[str, Any]", answer.body)


async def test_a_key_is_shown_once_and_kept_as_a_hash(api: Api, tmp_path: Path):
    key = await made(api, sessions=["a"], scopes=["send", "read"], days=90, ips=["127.0.0.1", "10.0.0.0/8"])
    assert key["key"].startswith(PREFIX)
    assert len(key["key"]) > 40
    assert {name: key[name] for name in ("name", "sessions", "scopes", "ips", "lastUsedAt")} == {
        "name": "n8n", "sessions": ["a"], "scopes": ["read", "send"], "ips": ["127.0.0.1/32", "10.0.0.0/8"],
        "lastUsedAt": None,
    }  # fmt: skip
    assert (key["createdAt"], key["expiresAt"]) == ("2026-02-10T14:30:00Z", "2026-05-11T14:30:00Z")
    listed = (await api.get(KEYS, token=ADMIN)).body
    assert listed == {"count": 1, "keys": [{name: key[name] for name in key if name != "key"}]}
    with closing(sqlite3.connect(tmp_path / "state" / "wppmt.sqlite")) as connection:
        assert key["key"] not in "\n".join(connection.iterdump())


@pytest.mark.parametrize("header", ["Authorization", "X-Api-Key"])
async def test_both_headers_carry_it(api: Api, header: str):
    key = (await made(api))["key"]
    sent = {header: f"Bearer {key}" if header == "Authorization" else key}
    answer = await api.get(STATUS, token=None, headers=sent)
    assert answer.status == 200


async def test_two_credentials_are_refused(api: Api):
    key = (await made(api))["key"]
    answer = await api.get(STATUS, headers={"X-Api-Key": key})
    assert (answer.status, answer.body["details"][0]["field"]) == (400, "X-Api-Key")


async def test_a_key_in_the_url_is_none(api: Api):
    key = (await made(api))["key"]
    assert (await api.get(f"{STATUS}?apiKey={key}", token=None)).status == 401


@pytest.mark.parametrize("wrong", [PREFIX, f"{PREFIX}{'x' * 43}", "abc", "x" * 8000])
async def test_a_wrong_key_is_401(api: Api, wrong: str):
    answer = await api.get(STATUS, token=None, headers={"X-Api-Key": wrong})
    assert (answer.status, answer.body["code"]) == (401, "UNAUTHENTICATED")


async def test_a_key_of_another_session_sees_none(api: Api):
    key = (await made(api, sessions=["b"]))["key"]
    answer = await api.get(STATUS, token=key)
    assert (answer.status, answer.body["code"]) == (404, "SESSION_NOT_FOUND")
    assert (await api.get("/api/sessions", token=key)).body["count"] == 0


async def test_it_expires(api: Api):
    key = (await made(api, days=1))["key"]
    api.time = BORN + DAY - 1
    assert (await api.get(STATUS, token=key)).status == 200
    api.time = BORN + DAY
    answer = await api.get(STATUS, token=key)
    assert (answer.status, answer.body["code"]) == (401, "TOKEN_EXPIRED")


async def test_it_is_revoked_at_once_and_for_ever(api: Api, store: SqliteStore):
    key, other = await made(api), await made(api)
    answer = await api.call("DELETE", f"{KEYS}/{key['id']}", token=ADMIN)
    assert answer.status == 200
    assert (await api.get(STATUS, token=key["key"])).status == 401
    assert (await api.get(STATUS, token=other["key"])).status == 200
    assert [left.id for left in Keyring(store).all()] == [other["id"]]
    again = await api.call("DELETE", f"{KEYS}/{key['id']}", token=ADMIN)
    assert (again.status, again.body["code"]) == (404, "NOT_FOUND")


async def test_it_is_good_only_from_its_networks(api: Api):
    near = (await made(api, ips=["127.0.0.0/8"]))["key"]
    far = (await made(api, ips=["203.0.113.7"]))["key"]
    assert (await api.get(STATUS, token=near)).status == 200
    answer = await api.get(STATUS, token=far)
    assert (answer.status, answer.body["code"], answer.body["details"][0]["field"]) == (
        403,
        "FORBIDDEN",
        "ips",
    )
    # As a proxy on this machine tells it.
    assert (await api.get(STATUS, token=far, headers={"X-Forwarded-For": "203.0.113.7"})).status == 200


async def test_its_last_use_is_listed_at_once_and_written_later(api: Api, store: SqliteStore):
    key = (await made(api))["key"]
    api.time = BORN + 60
    await api.get(STATUS, token=key)
    assert (await api.get(KEYS, token=ADMIN)).body["keys"][0]["lastUsedAt"] == "2026-02-10T14:31:00Z"
    assert [kept.last_used_at for kept in store.api_keys()] == [None]
    keyring = Keyring(store)
    keyring.grant(key, "127.0.0.1", BORN + 61)
    await keyring.write_uses()
    assert [kept.last_used_at for kept in store.api_keys()] == [BORN + 61]


class TestScopes:
    async def call(self, api: Api, method: str, path: str, *scopes: str) -> tuple[int, str | None]:
        key = (await made(api, scopes=list(scopes)))["key"]
        answer = await api.call(method, path, token=key, json={} if method != "GET" else None)
        details = answer.body.get("details", [{}])
        return answer.status, details[0].get("problem")

    @pytest.mark.parametrize(
        ("method", "path", "needed"),
        [
            ("GET", STATUS, "read"),
            ("GET", "/api/sessions", "read"),
            ("POST", "/api/sessions/a/send-message", "send"),
            ("DELETE", "/api/sessions/a/messages/3EB0AA/reaction", "send"),
            ("POST", "/api/sessions/a/restart", "control"),
            ("PUT", "/api/sessions/a/webhook", "control"),
            ("POST", "/api/sessions", "control"),
            ("GET", "/api/admin/sessions", "admin"),
            ("POST", "/api/admin/sessions/a/restart", "admin"),
        ],
    )
    async def test_no_scope_includes_another(self, api: Api, method: str, path: str, needed: str):
        others = {"read", "send", "control", "admin"} - {needed}
        status, problem = await self.call(api, method, path, *others)
        assert (status, needed in (problem or "")) == (403, True)
        assert api.front.asked == []
        status, _ = await self.call(api, method, path, needed)
        assert status != 403

    def test_every_route_has_one_by_the_contracts_rule(self):
        for route in ROUTES:
            words = route.path.split("/")
            if not route.access.needs_token:
                assert route.scope is None, route.path
            elif "admin" in words or route.path == "/metrics":
                assert route.scope is Scope.ADMIN, route.path
            elif route.method == "GET":
                assert route.scope is Scope.READ, route.path
            elif words[-1].startswith("send-") or "messages" in words:
                assert route.scope is Scope.SEND, route.path
            else:
                assert route.scope is Scope.CONTROL, route.path

    @pytest.mark.parametrize(
        ("claims", "reads", "restarts", "administers"),
        [
            ({}, 200, 202, 403),
            ({"scope": "read"}, 200, 403, 403),
            ({"scope": "control openid"}, 403, 202, 403),
            ({"roles": ["read"]}, 200, 403, 403),
            ({"scope": "wpp:admin"}, 200, 202, 200),
            ({"scope": "wpp:admin read"}, 200, 403, 200),
            ({"scope": "admin"}, 200, 202, 403),
        ],
    )
    async def test_of_a_token(
        self, api: Api, claims: dict[str, Any], reads: int, restarts: int, administers: int
    ):
        said = token(**claims)
        assert (await api.get(STATUS, token=said)).status == reads
        assert (await api.post("/api/sessions/a/restart", token=said)).status == restarts
        assert (await api.get("/api/admin/sessions", token=said)).status == administers


class TestAnAdminOfSomeSessions:
    BOUND = token(scope="wpp:admin", sessions=["a", "b"])

    async def test_makes_keys_for_no_others(self, api: Api):
        for sessions in ([], ["c"], ["a", "c"]):
            answer = await api.post(
                KEYS, {"name": "x", "scopes": ["read"], "sessions": sessions}, token=self.BOUND
            )
            assert (answer.status, answer.body["details"][0]["field"]) == (403, "sessions")
        assert (
            await api.post(KEYS, {"name": "x", "scopes": ["read"], "sessions": ["a"]}, token=self.BOUND)
        ).status == 201

    async def test_sees_and_revokes_only_those(self, api: Api):
        mine, others = await made(api, sessions=["a"]), await made(api)
        listed = (await api.get(KEYS, token=self.BOUND)).body
        assert [key["id"] for key in listed["keys"]] == [mine["id"]]
        assert (await api.call("DELETE", f"{KEYS}/{others['id']}", token=self.BOUND)).status == 404
        assert (await api.get(STATUS, token=others["key"])).status == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"), ({"name": "a\nb"}, "name"), ({"name": "x" * 65}, "name"), ({"scopes": []}, "scopes"),
        ({"scopes": ["wpp:admin"]}, "scopes[0]"), ({"sessions": ["A"]}, "sessions[0]"), ({"days": 0}, "days"),
        ({"days": 3651}, "days"), ({"ips": ["localhost"]}, "ips[0]"), ({"ips": ["10.0.0.0/33"]}, "ips[0]"),
    ],
)  # fmt: skip
async def test_wrong_bodies(api: Api, body: dict[str, Any], field: str):
    answer = await api.post(KEYS, {"name": "n8n", "scopes": ["read"]} | body, token=ADMIN)
    assert (answer.status, answer.body["details"][0]["field"]) == (400, field)


async def test_who_guesses_is_counted_by_address():
    api = Api()
    api.apart_limit = 5
    api.front.has("a")
    async for running in serve(api):
        statuses = [
            (await running.get(STATUS, token=None, headers={"X-Api-Key": f"{PREFIX}{number}"})).status
            for number in range(7)
        ]
        assert statuses == [401] * 5 + [429] * 2
