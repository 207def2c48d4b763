"""Bad requests get the answers of docs/contract.md 6, from the whole daemon."""

from __future__ import annotations

import time

import pytest

from tests.system.conftest import NewTenant
from tests.system.daemon import Daemon
from tests.system.tenant import Tenant, new_text

pytestmark = pytest.mark.chrome


def test_a_token_is_asked_for(shared_daemon: Daemon):
    api = shared_daemon.api
    expired = api.token(iat=int(time.time()) - 900, exp=int(time.time()) - 300)
    unsigned = "eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTl9."
    for token, code in (("", "UNAUTHENTICATED"), ("x.y.z", "UNAUTHENTICATED"), (unsigned, "UNAUTHENTICATED")):
        answer = api.call("GET", "/api/sessions", token=token)
        assert (answer.status, answer.json["code"]) == (401, code)
    answer = api.call("GET", "/api/sessions", token=expired)
    assert (answer.status, answer.json["code"]) == (401, "TOKEN_EXPIRED")
    for path in ("/healthz", "/readyz", "/api/health"):
        assert api.call("GET", path, token="").status == 200


def test_a_bound_token_sees_its_own_session_only(new_tenant: NewTenant):
    one, other = new_tenant(), new_tenant()
    for tenant in (one, other):
        assert tenant.start().status == 201
        assert tenant.close().status == 200
    api = one.daemon.api
    bound = api.token(sessions=one.name)
    assert [s["sessionId"] for s in api.call("GET", "/api/sessions", token=bound).json["sessions"]] == [
        one.name
    ]
    assert api.call("GET", f"{one.path}/status", token=bound).status == 200
    foreign = api.call("GET", f"{other.path}/status", token=bound)
    unknown = api.call("GET", "/api/sessions/nao-existe/status", token=bound)
    assert (foreign.status, foreign.json["code"], foreign.json["error"]) == (
        unknown.status,
        unknown.json["code"],
        unknown.json["error"],
    )
    assert foreign.status == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "status"),
        ("GET", "qrcode"),
        ("POST", "restart"),
        ("POST", "logout"),
        ("POST", "disconnect"),
        ("POST", "send-message"),
        ("PUT", "webhook"),
    ],
)
def test_an_unknown_session_is_a_404_everywhere(shared_daemon: Daemon, method: str, path: str):
    answer = shared_daemon.api.call(method, f"/api/sessions/nao-existe/{path}", {"url": "https://x.example/"})
    assert (answer.status, answer.json["code"], answer.json["success"]) == (404, "SESSION_NOT_FOUND", False)
    assert answer.json["error"] == "Sessão não encontrada"
    assert answer.json["requestId"]


@pytest.mark.parametrize("name", ["Maiuscula", "-a", "a-", "a_b", "..", "a%2F..%2Fb", "a" * 65, "ação"])
def test_a_bad_session_id_is_refused(shared_daemon: Daemon, name: str):
    answer = shared_daemon.api.call("POST", f"/api/sessions/{name}/start", {})
    assert answer.status in {400, 404}
    assert answer.json["code"] in {"INVALID_SESSION_ID", "NOT_FOUND"}
    assert not list((shared_daemon.folder / "tokens").glob(f"*{name[:8]}*"))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "INVALID_REQUEST"),
        (b"[]", "INVALID_REQUEST"),
        (b'{"phone": 5511999999999, "message": "x"}', "INVALID_REQUEST"),
        (b'{"phone": "5511999999999"}', "INVALID_REQUEST"),
        (b'{"phone": "123", "message": "x"}', "INVALID_PHONE"),
        (b'{"phone": "abc", "message": "x"}', "INVALID_PHONE"),
    ],
)
def test_a_bad_body_is_refused_in_words(tenant_for_refusals: Tenant, body: bytes, code: str):
    answer = tenant_for_refusals.daemon.api.call("POST", f"{tenant_for_refusals.path}/send-message", body)
    assert (answer.status, answer.json["code"]) == (400, code)


def test_a_number_that_is_not_on_whatsapp_is_reported(tenant_for_refusals: Tenant):
    answer = tenant_for_refusals.send("5511900000000", new_text())
    assert (answer.status, answer.json["code"]) == (422, "NOT_ON_WHATSAPP")
    assert tenant_for_refusals.status()["queue"] == 0


def test_a_webhook_to_a_private_address_is_refused(tenant_for_refusals: Tenant):
    for url in (
        "http://127.0.0.1:1/",
        "http://169.254.169.254/latest",
        "http://10.0.0.1/",
        "ftp://x.example/",
    ):
        answer = tenant_for_refusals.daemon.api.call(
            "PUT", f"{tenant_for_refusals.path}/webhook", {"url": url}
        )
        assert answer.status in {400, 422}, url
        assert answer.json["code"] in {"TARGET_REFUSED", "INVALID_REQUEST"}


@pytest.fixture(scope="module")
def tenant_for_refusals(shared_daemon: Daemon, receiver) -> Tenant:
    """Connected once for all of them: a refusal leaves no trace."""
    return Tenant(shared_daemon, receiver, "cliente-recusas").connect()
