"""The life of a session over HTTP, against the examples of docs/MULTI_TENANT_ARCHITECTURE.md 4.2.1."""

from __future__ import annotations

import base64
import io
import json

import pytest
import zxingcpp
from PIL import Image

from tests.http.conftest import Api, token
from tests.http.fakes import BORN
from wppmt.domain import messages
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.inventory import Inventory
from wppmt.domain.messages import session_address
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import Qr

URL = "https://turbozap.com/webhook/cliente-001"
QR_TEXT = "2@" + "Ab1+/" * 30 + ",key,key,key,1"


def compact(example: str) -> bytes:
    """The example of docs/MULTI_TENANT_ARCHITECTURE.md 4.2.1 as the bytes that are answered."""
    return json.dumps(json.loads(example), ensure_ascii=False, separators=(",", ":")).encode()


async def test_start_answers_the_documents_example(api: Api):
    answer = await api.post(
        "/api/sessions/cliente-001/start", {"webhookUrl": URL, "description": "Conta WhatsApp da Empresa ABC"}
    )
    secret = answer.body.pop("webhookSecret")
    assert answer.status == 201
    assert json.dumps(answer.body, separators=(",", ":")).encode() == compact(
        """{"sessionId": "cliente-001", "status": "initializing", "qrCode": null,
            "createdAt": "2026-02-10T14:30:00Z", "webhookUrl": "https://turbozap.com/webhook/cliente-001"}"""
    )
    assert secret.startswith("whsec_")
    assert api.front.asked == [
        (
            messages.ROOT_ACTOR,
            messages.StartSession(
                "cliente-001", webhook_url=URL, description="Conta WhatsApp da Empresa ABC"
            ),
        )
    ]


async def test_start_without_a_body_and_of_an_existing_session(api: Api):
    first = await api.post("/api/sessions/cliente-001/start")
    api.front.has("cliente-001", State.CONNECTED)
    second = await api.post("/api/sessions/cliente-001/start")
    assert (first.status, second.status) == (201, 200)
    assert second.body["status"] == "connected"
    assert second.body["webhookUrl"] is None
    assert "webhookSecret" not in second.body


async def test_start_takes_every_setting(api: Api):
    await api.post(
        "/api/sessions/a/start",
        {"events": ["qr_code", "error", "qr_code"], "maxMessagesPerDay": 35, "phone": "+55 (11) 99999-9999"},
    )
    assert api.front.asked[0][1] == messages.StartSession(
        "a", events=("qr_code", "error"), max_messages_per_day=35, pairing_phone="5511999999999"
    )


async def test_an_unknown_event_is_refused_in_portuguese(api: Api):
    answer = await api.post("/api/sessions/a/start", {"events": ["foo"]})
    assert answer.body["details"] == [
        {
            "field": "events[0]",
            "problem": "valor não permitido; use 'message_received', 'message_ack', 'connection_change', "
            "'qr_code', 'error', 'message_sent', 'message_edited', 'message_revoked', 'message_reaction', "
            "'poll_vote', 'call_received', 'group_change', 'presence_change', 'label_change', 'account_changed', "
            "'account_limit' ou '*'",
        }
    ]


async def test_the_alias_takes_the_id_from_the_body(api: Api):
    answer = await api.post("/api/sessions", {"sessionId": "cliente-001"})
    assert answer.status == 201
    assert answer.body["sessionId"] == "cliente-001"
    assert (await api.post("/api/sessions", {})).body["details"] == [
        {"field": "sessionId", "problem": "campo obrigatório"}
    ]
    assert (await api.post("/api/sessions", {"sessionId": "../x"})).body["code"] == "INVALID_SESSION_ID"
    foreign = await api.post("/api/sessions", {"sessionId": "b"}, token=token(sessions="a"))
    assert (foreign.status, foreign.body["code"]) == (404, "SESSION_NOT_FOUND")
    mismatch = await api.post("/api/sessions", {"sessionId": "b"}, headers={"X-Session-ID": "a"})
    assert (mismatch.status, mismatch.body["code"]) == (400, "SESSION_ID_MISMATCH")


async def test_the_eleventh_session_is_refused(api: Api):
    for number in range(10):
        api.front.has(f"cliente-{number}")
    answer = await api.post("/api/sessions/cliente-11/start")
    assert (answer.status, answer.body["code"], answer.body["error"]) == (
        503, "RESOURCE_LIMIT", "Limite de recursos atingido",
    )  # fmt: skip
    said = "10 sessões no ar; o máximo é 10 (WPP_MAX_SESSIONS)"
    assert answer.body["details"] == [{"field": "sessions", "problem": said, "current": 10, "limit": 10}]
    [line] = [line for line in api.log.lines if line["event"] == "resource_limit"]
    assert (line["level"], line["sessionId"]) == ("warning", "cliente-11")
    assert line["details"] == {"sessions": said}


async def test_qr_code_can_be_read_by_an_ordinary_reader(api: Api):
    api.front.has("cliente-001", State.WAITING_SCAN, qr=Qr(QR_TEXT, BORN + 300.9))
    answer = await api.get("/api/sessions/cliente-001/qrcode")
    assert list(answer.body) == ["sessionId", "status", "qrCode", "expiresAt"]
    assert (answer.body["status"], answer.body["expiresAt"]) == ("waiting_scan", "2026-02-10T14:35:00Z")
    kind, _, data = answer.body["qrCode"].partition(",")
    assert kind == "data:image/png;base64"
    picture = await api.get("/api/sessions/cliente-001/qrcode", headers={"Accept": "image/png"})
    assert picture.headers["Content-Type"] == "image/png"
    for png in (base64.b64decode(data), picture.raw):
        found = zxingcpp.read_barcode(Image.open(io.BytesIO(png)))
        assert found is not None
        assert found.text == QR_TEXT


async def test_qr_code_of_a_connected_session_is_the_documents_example(api: Api):
    api.front.has("cliente-001", State.CONNECTED, phone="5511999999999")
    answer = await api.get("/api/sessions/cliente-001/qrcode")
    assert answer.raw == compact(
        """{"sessionId": "cliente-001", "status": "connected",
            "message": "WhatsApp já está conectado", "phone": "5511999999999"}"""
    )


async def test_qr_code_in_other_states_is_null(api: Api):
    api.front.has("a", State.PHONE_DISCONNECTED, reason=Reason.PHONE_OFFLINE, qr=Qr(QR_TEXT, BORN))
    answer = await api.get("/api/sessions/a/qrcode")
    assert answer.body == {
        "sessionId": "a", "status": "phone_disconnected", "qrCode": None,
        "reason": "Celular desconectado da internet",
    }  # fmt: skip
    picture = await api.get("/api/sessions/a/qrcode", headers={"Accept": "image/png"})
    assert (picture.status, picture.body["code"], picture.body["status"]) == (
        404, "QR_NOT_AVAILABLE", "phone_disconnected",
    )  # fmt: skip


async def test_qr_code_tells_the_pairing_code_when_asked_for(api: Api):
    api.front.has("a", State.WAITING_SCAN, reason=Reason.ENTER_CODE, pairing_code="ABCD-1234")
    answer = await api.get("/api/sessions/a/qrcode")
    assert (answer.body["qrCode"], answer.body["pairingCode"]) == (None, "ABCD-1234")


async def test_status_begins_as_the_documents_example(api: Api):
    api.front.has(
        "cliente-001", State.CONNECTED, phone="5511999999999", platform="android",
        connected_at=BORN + 135, last_activity=BORN + 4522, messages_sent=12, messages_received=5,
        reason=Reason.READY, has_login=True, restarts=2, memory_mb=150, description="Empresa ABC", webhook_url=URL,
    )  # fmt: skip
    answer = await api.get("/api/sessions/cliente-001/status")
    example = compact(
        """{"sessionId": "cliente-001", "status": "connected", "phone": "5511999999999",
            "platform": "android", "connectedAt": "2026-02-10T14:32:15Z",
            "lastActivity": "2026-02-10T15:45:22Z", "messagesSent": 12, "messagesReceived": 5}"""
    )
    assert answer.raw.startswith(example[:-1])
    more = {name: value for name, value in answer.body.items() if name not in json.loads(example)}
    assert more == {
        "description": "Empresa ABC", "webhookUrl": URL, "proxy": None, "engine": None, "reason": "Conectado ao WhatsApp",
        "reasonCode": "READY", "restarts": 2, "memoryMb": 150, "since": "2026-02-10T14:30:00Z",
        "createdAt": "2026-02-10T14:30:00Z", "pushname": None, "maxMessagesPerDay": None, "queue": 0, "inboundMissed": 0,
        "abilities": {"canSend": True, "canReceive": True, "canAck": True, "canSendMedia": True}, "waJs": None, "loginSaved": True,
        "hibernation": None,
            "limits": {
                "coolDown": {"active": False, "kind": None, "until": None, "source": "unknown"},
                "newChats": {"status": None, "used": None, "total": None, "cycleEndsAt": None, "source": "unknown"},
                "budget": {"perDay": 0, "used": 0, "resetsAt": "2026-02-11T03:00:00Z"},
                "paused": False,
            },
    }  # fmt: skip


async def test_status_tells_what_a_changed_page_still_can(api: Api):
    api.front.has(
        "a",
        inventory=Inventory(missing=("MediaPrep",), can_send_media=False),
        has_login=True,
        login_saved=False,
    )
    body = (await api.get("/api/sessions/a/status")).body
    assert body["abilities"] == {"canSend": True, "canReceive": True, "canAck": True, "canSendMedia": False}
    assert body["loginSaved"] is False


async def test_who_is_not_connected_can_do_nothing_and_without_a_login_none_is_saved(api: Api):
    api.front.has("a", State.WAITING_SCAN, has_login=False)
    body = (await api.get("/api/sessions/a/status")).body
    assert set(body["abilities"].values()) == {False}
    assert body["loginSaved"] is None


@pytest.mark.parametrize("state", State)
async def test_every_state_has_a_status(api: Api, state: State):
    api.front.has("a", state)
    answer = await api.get("/api/sessions/a/status")
    assert (answer.status, answer.body["status"]) == (200, state)


async def test_the_list_shows_what_the_token_may_see(api: Api):
    for name in ("b", "a", "c"):
        api.front.has(name)
    everything = await api.get("/api/sessions")
    assert everything.body["count"] == 3
    assert [session["sessionId"] for session in everything.body["sessions"]] == ["a", "b", "c"]
    some = await api.get("/api/sessions", token=token(sessions=["b", "zzz"]))
    assert [session["sessionId"] for session in some.body["sessions"]] == ["b"]


CLOSED = (
    b'{"success":true,"message":"Sess\xc3\xa3o encerrada. Tokens preservados para reconex\xc3\xa3o futura."}'
)


async def test_closing_twice_gives_the_same_answer_on_both_routes(api: Api):
    api.front.has("a")
    for method, path in (("DELETE", "/api/sessions/a"), ("POST", "/api/sessions/a/disconnect")) * 2:
        answer = await api.call(method, path)
        assert (answer.status, answer.raw) == (200, CLOSED)
    assert [message for _, message in api.front.asked] == [messages.CloseSession()] * 4


async def test_logout_answers_the_documents_example(api: Api):
    api.front.has("a")
    answer = await api.post("/api/sessions/a/logout")
    assert answer.raw == compact(
        """{"success": true, "message": "Logout realizado. QR Code será necessário na próxima conexão."}"""
    )
    api.front.unlinks = False
    assert (await api.post("/api/sessions/a/logout")).body["unlinked"] is False


async def test_purge_forgets_the_session(api: Api):
    api.front.has("a")
    for unclear in ("purge=yes", "purge=true&purge=false", "purge=true&purge=true", "purge="):
        assert (await api.call("DELETE", f"/api/sessions/a?{unclear}")).status == 400
    assert (await api.post("/api/sessions/a/disconnect?purge=true")).status == 400
    assert api.front.status("a")
    assert (await api.call("DELETE", "/api/sessions/a?purge=true")).status == 200
    assert (await api.get("/api/sessions/a/status")).status == 404


async def test_restart_is_accepted(api: Api):
    api.front.has("a", State.WAITING_SCAN)
    answer = await api.post("/api/sessions/a/restart")
    assert answer.status == 202
    assert (answer.body["sessionId"], answer.body["status"]) == ("a", "initializing")
    assert api.front.asked == [(messages.ROOT_ACTOR, messages.RestartSession("a"))]


@pytest.mark.parametrize(
    ("verb", "asked"),
    [
        ("reset", ("session:a", messages.ResetLogin())),
        ("restore", (messages.ROOT_ACTOR, messages.RestoreLogin("a"))),
    ],
)
async def test_a_corrupt_login_is_thrown_away_or_restored(api: Api, verb: str, asked: object):
    api.front.has("a", State.ERROR, has_login=True, reason=Reason.TOKEN_CORRUPT)
    answer = await api.post(f"/api/sessions/a/{verb}")
    assert (answer.status, answer.body["status"]) == (202, "initializing")
    # Only the copy keeps the login.
    assert ("guardado à parte" in answer.body["message"]) == (verb == "reset")
    assert api.front.asked == [asked]


async def test_what_a_restart_began_without_the_login_can_still_be_restored(api: Api):
    api.front.has("a", State.WAITING_SCAN, has_login=False, reason=Reason.SCAN_QR)
    assert (await api.post("/api/sessions/a/restore")).status == 202
    api.has_login_copy = False
    answer = await api.post("/api/sessions/a/restore")
    assert (answer.status, answer.body["code"]) == (404, "NO_LOGIN_COPY")


@pytest.mark.parametrize("verb", ["reset", "restore"])
async def test_a_login_that_may_be_good_is_left_alone(api: Api, verb: str):
    api.front.has("a", State.CONNECTED, has_login=True)
    api.has_login_copy = False
    answer = await api.post(f"/api/sessions/a/{verb}")
    assert (answer.status, answer.body["code"]) == (409, "LOGIN_NOT_CORRUPT")


async def test_without_a_good_copy_there_is_nothing_to_restore(api: Api):
    api.front.has("a", State.ERROR, reason=Reason.TOKEN_CORRUPT)
    api.has_login_copy = False
    answer = await api.post("/api/sessions/a/restore")
    assert (answer.status, answer.body["code"]) == (404, "NO_LOGIN_COPY")
    assert api.front.asked == []


@pytest.mark.parametrize(
    ("code", "status"), [(Code.SESSION_BUSY, 503), (Code.OUTCOME_UNKNOWN, 504), (Code.RESOURCE_LIMIT, 503)]
)
async def test_an_actors_refusal_keeps_surely_not_done_apart_from_unknown(api: Api, code: Code, status: int):
    api.front.has("a")
    api.front.refusal = Refusal(code)
    answer = await api.post("/api/sessions/a/restart")
    assert (answer.status, answer.body["code"], answer.body["status"]) == (status, code, "connected")


async def test_a_webhook_target_is_checked_before_anything_starts(api: Api):
    answer = await api.post("/api/sessions/a/start", {"webhookUrl": "http://127.0.0.1:6379/"})
    assert (answer.status, answer.body["code"]) == (422, "TARGET_REFUSED")
    assert api.front.asked == []


PROXY = "http://cliente:segredo@proxy.test:3128"


async def test_a_proxy_of_its_own_is_shown_without_user_and_password(api: Api):
    api.front.has("a")
    changed = await api.call("PATCH", "/api/sessions/a", json={"proxy": PROXY})
    assert (
        changed.body.items()
        >= {"sessionId": "a", "description": None, "proxy": "http://proxy.test:3128"}.items()
    )
    assert api.front.asked == [(session_address("a"), messages.ConfigureSession(proxy=PROXY))]
    assert (await api.get("/api/sessions/a")).body == changed.body
    assert (await api.get("/api/sessions/a/status")).body["proxy"] == "http://proxy.test:3128"


@pytest.mark.parametrize("blank", [None, "", "  "])
async def test_a_blank_field_of_a_change_takes_the_default(api: Api, blank: str | None):
    api.front.has("a", proxy=PROXY, description="Loja")
    changed = await api.call("PATCH", "/api/sessions/a", json={"proxy": blank})
    assert (changed.body["description"], changed.body["proxy"]) == ("Loja", None)


async def test_a_start_may_bring_a_proxy(api: Api):
    await api.post("/api/sessions/a/start", json={"proxy": PROXY})
    assert api.front.asked == [(messages.ROOT_ACTOR, messages.StartSession("a", proxy=PROXY))]


@pytest.mark.parametrize(
    "proxy", ["socks5://cliente:segredo@proxy.test", "ftp://segredo.test", "http://proxy.test/segredo", 7]
)
async def test_what_is_no_proxy_is_refused_without_repeating_it(api: Api, proxy: object):
    api.front.has("a")
    refused = await api.call("PATCH", "/api/sessions/a", json={"proxy": proxy})
    assert (refused.status, refused.body["code"]) == (400, "INVALID_REQUEST")
    assert refused.body["details"][0]["field"] == "proxy"
    assert b"segredo" not in refused.raw
    assert api.front.asked == []


async def test_an_engine_of_its_own_is_shown_and_null_takes_the_default(api: Api):
    api.front.has("a")
    changed = await api.call("PATCH", "/api/sessions/a", json={"engine": "headless-shell"})
    assert changed.body["engine"] == "headless-shell"
    assert api.front.asked == [(session_address("a"), messages.ConfigureSession(engine="headless-shell"))]
    assert (await api.get("/api/sessions/a/status")).body["engine"] == "headless-shell"
    back = await api.call("PATCH", "/api/sessions/a", json={"engine": None})
    assert back.body["engine"] is None
    assert api.front.asked[-1] == (session_address("a"), messages.ConfigureSession(engine=""))


async def test_a_start_may_bring_an_engine(api: Api):
    await api.post("/api/sessions/a/start", json={"engine": "headless-shell"})
    assert api.front.asked == [(messages.ROOT_ACTOR, messages.StartSession("a", engine="headless-shell"))]


@pytest.mark.parametrize("engine", ["firefox", "Chrome", 7])
async def test_an_unknown_engine_is_refused_by_the_known_ones(api: Api, engine: object):
    refused = await api.post("/api/sessions/a/start", json={"engine": engine})
    assert (refused.status, refused.body["code"]) == (400, "INVALID_REQUEST")
    [problem] = refused.body["details"]
    assert problem["field"] == "engine"
    assert "headless-shell" in problem["problem"]
    assert api.front.asked == []


async def test_an_engine_that_cannot_open_the_session_is_refused_before_anything_opens(api: Api):
    api.front.has("a")
    api.engine_flaws["a", "headless-shell"] = "o perfil é mais novo"
    wish = {"engine": "headless-shell"}
    for refused in (
        await api.call("PATCH", "/api/sessions/a", json=wish),
        await api.post("/api/sessions/a/start", json=wish),
    ):
        assert (refused.status, refused.body["code"]) == (400, "INVALID_REQUEST")
        assert refused.body["details"] == [{"field": "engine", "problem": "o perfil é mais novo"}]
    assert api.front.asked == []
