"""Every code of the catalogue, provoked over HTTP: its status, its text, the one form (docs/contract.md 6)."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from tests.http.conftest import Answer, Api, serve, token
from tests.http.fakes import BORN
from tests.media.made import made
from wppmt.domain.errors import CATALOGUE, Code, Refusal
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.http.api.route import MAX_BODY_BYTES
from wppmt.http.ports import DaemonPhase
from wppmt.store.port import StoreUnavailable
from wppmt.store.records import LinkEnd

SEND = "/api/sessions/a/send-message"
MESSAGE = "/api/sessions/a/messages/3EB0"
VOICE = "/api/sessions/a/send-voice"
STATUS = "/api/sessions/a/status"
LINK = "/api/sessions/a/pairing-link"
PHONE = {"phone": "5511999999999"}
HELLO = PHONE | {"message": "oi"}
Provoke = Callable[[Api], Awaitable[Answer]]


def refused_by_the_session(code: Code, method: str = "POST", path: str = SEND, body: Any = HELLO) -> Provoke:
    async def provoke(api: Api) -> Answer:
        api.front.refusal = Refusal(code)
        return await api.call(method, path, json=body)

    return provoke


async def look_at_a_closed_one(api: Api) -> Answer:
    api.front.has("a", State.DISCONNECTED)
    return await api.get("/api/admin/sessions/a/screenshot", token=token(scope="wpp:admin"))


async def one_that_is_away(api: Api, owner: str) -> Answer:
    api.moves.away["a"] = owner
    return await api.get("/api/sessions/a/status")


async def start_without_etcd(api: Api) -> Answer:
    api.cluster.refusal = Refusal(Code.CLUSTER_UNAVAILABLE, retry_after=5)
    return await api.post("/api/sessions/b/start")


async def fail(api: Api) -> Answer:
    api.front.bug = RuntimeError()
    return await api.post(SEND, HELLO)


async def drain(api: Api) -> Answer:
    api.phase = DaemonPhase.DRAINING
    return await api.get(STATUS)


async def break_store(api: Api) -> Answer:
    api.store.broken = StoreUnavailable()
    return await api.get("/api/health")


async def fill_places(api: Api) -> Answer:
    api.front.max_sessions = 1
    return await api.post("/api/sessions/b/start")


async def close_first(api: Api) -> Answer:
    api.front.has("a", State.DISCONNECTED)
    return await api.post(SEND, HELLO)


async def ask_twice(api: Api) -> Answer:
    await api.get(STATUS)
    return await api.get(STATUS)


async def try_twice(api: Api) -> Answer:
    api.front.has("a", webhook_url="https://turbozap.com/webhook")
    api.receiver.answers.clear()
    first = asyncio.create_task(api.post("/api/sessions/a/webhook/test"))
    await api.receiver.has_taken(1)
    second = await api.post("/api/sessions/a/webhook/test")
    api.receiver.answers.set()
    await first
    return second


async def restore_without_copy(api: Api) -> Answer:
    api.front.has("a", State.ERROR, reason=Reason.TOKEN_CORRUPT)
    api.has_login_copy = False
    return await api.post("/api/sessions/a/restore")


async def link_to_what_is_connected(api: Api) -> Answer:
    return await api.post(LINK)


async def use_an_ended_link(api: Api) -> Answer:
    page = await new_link(api)
    for digest, link in api.front.links.items():
        api.front.links[digest] = replace(link, end=LinkEnd.EXPIRED)
    return await api.post(f"{page}/open", token=None)


async def link_another_number(api: Api) -> Answer:
    page = await new_link(api, expectedPhone="5511999990001")
    return await api.post(f"{page}/code", {"phone": "5511999990002"}, token=None)


async def archive_that_is_refused(api: Api, code: Code) -> Answer:
    api.archives.refusal = Refusal(code)
    return await api.call("POST", "/api/admin/sessions/restore", data=b"x", token=token(scope="wpp:admin"))


async def new_link(api: Api, **body: Any) -> str:
    """The path of its page."""
    api.front.has("a", State.DISCONNECTED)
    answer = await api.post(LINK, body)
    return str(URL(answer.body["url"]).path)


PROVOKED: dict[Code, Provoke] = {
    Code.ALREADY_CONNECTED: link_to_what_is_connected,
    Code.LINK_ENDED: use_an_ended_link,
    Code.WRONG_PHONE: link_another_number,
    Code.UNAUTHENTICATED: lambda api: api.get(STATUS, token=None),
    Code.TOKEN_EXPIRED: lambda api: api.get(STATUS, token=token(exp=BORN - 60)),
    Code.FORBIDDEN: lambda api: api.get("/api/admin/sessions"),
    Code.INVALID_REQUEST: lambda api: api.post(SEND, {}),
    Code.INVALID_SESSION_ID: lambda api: api.get("/api/sessions/A/status"),
    Code.INVALID_PHONE: lambda api: api.post(SEND, HELLO | {"phone": "12"}),
    Code.SESSION_ID_MISMATCH: lambda api: api.get(STATUS, headers={"X-Session-ID": "b"}),
    Code.SESSION_NOT_FOUND: lambda api: api.get("/api/sessions/b/status"),
    Code.MESSAGE_NOT_FOUND: lambda api: api.get("/api/sessions/a/messages/3EB0"),
    Code.QR_NOT_AVAILABLE: lambda api: api.get("/api/sessions/a/qrcode", headers={"Accept": "image/png"}),
    Code.LOGIN_NOT_CORRUPT: lambda api: api.post("/api/sessions/a/reset"),
    Code.NO_LOGIN_COPY: restore_without_copy,
    Code.NOT_FOUND: lambda api: api.get("/nada"),
    Code.METHOD_NOT_ALLOWED: lambda api: api.post(STATUS),
    Code.PAYLOAD_TOO_LARGE: lambda api: api.call("POST", SEND, data=b" " * (MAX_BODY_BYTES + 1)),
    Code.UNSUPPORTED_ENCODING: lambda api: api.get(STATUS, headers={"Content-Encoding": "gzip"}),
    Code.RATE_LIMITED: ask_twice,
    Code.WEBHOOK_TEST_IN_FLIGHT: try_twice,
    Code.NOT_CONNECTED: close_first,
    Code.MOVING: lambda api: one_that_is_away(api, ""),
    Code.CLUSTER_UNAVAILABLE: start_without_etcd,
    Code.NOT_OWNER: lambda api: one_that_is_away(api, "https://wppconnect-4.test"),
    Code.NOT_RUNNING: look_at_a_closed_one,
    Code.TARGET_REFUSED: lambda api: api.post("/api/sessions/a/start", {"webhookUrl": "http://127.0.0.1/"}),
    Code.MEDIA_FETCH_FAILED: lambda api: api.post("/api/sessions/a/send-image", PHONE | {"base64": "YWJj"}),
    Code.NO_ARCHIVE_KEY: lambda api: archive_that_is_refused(api, Code.NO_ARCHIVE_KEY),
    Code.ARCHIVE_REFUSED: lambda api: archive_that_is_refused(api, Code.ARCHIVE_REFUSED),
    Code.SESSION_EXISTS: lambda api: archive_that_is_refused(api, Code.SESSION_EXISTS),
    Code.RESOURCE_LIMIT: fill_places,
    Code.STORE_UNAVAILABLE: break_store,
    Code.DRAINING: drain,
    Code.INTERNAL: fail,
} | {
    code: refused_by_the_session(code)
    for code in (
        Code.QUEUE_FULL, Code.NOT_ON_WHATSAPP, Code.REACHOUT_TIMELOCK, Code.NEW_CHAT_QUOTA, Code.COULD_NOT_LOOK, Code.SEND_FAILED,
        Code.IDEMPOTENCY_MISMATCH, Code.IDEMPOTENCY_IN_FLIGHT, Code.SESSION_BUSY, Code.OUTCOME_UNKNOWN, Code.WHATSAPP_CHANGED,
        Code.GROUP_NOT_FOUND, Code.NOT_GROUP_MEMBER, Code.NOT_GROUP_ADMIN, Code.NEW_CONTACT_BUDGET, Code.STRANGER_GAP,
        Code.QUIET_HOURS,
    )
} | {
    code: refused_by_the_session(code, "PATCH", MESSAGE, {"message": "oi"})
    for code in (Code.NOT_OWN_MESSAGE, Code.AMBIGUOUS_MESSAGE_ID, Code.TOO_LATE_TO_EDIT)
} | {
    code: refused_by_the_session(code, "POST", VOICE, PHONE | {"base64": base64.b64encode(made("opus.ogg")).decode()})
    for code in (Code.UNSUPPORTED_MEDIA, Code.MEDIA_TOO_LARGE, Code.MEDIA_TOO_LONG)
} | {
    Code.CALL_NOT_FOUND: refused_by_the_session(Code.CALL_NOT_FOUND, "POST", "/api/sessions/a/calls/C1/reject"),
    Code.BUSINESS_ONLY: refused_by_the_session(Code.BUSINESS_ONLY, "GET", "/api/sessions/a/labels"),
    Code.TOO_LATE_TO_DELETE: refused_by_the_session(Code.TOO_LATE_TO_DELETE, "DELETE", f"{MESSAGE}?for=everyone")
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("code", Code)
async def test_every_code_in_its_form(code: Code):
    api = Api()
    api.rate_limit = 1 if code is Code.RATE_LIMITED else 0
    async for _ in serve(api):
        api.front.has("a")
        answer = await PROVOKED[code](api)
        assert (answer.status, answer.body["code"]) == (CATALOGUE[code].http_status, code)
        assert answer.body["error"] == CATALOGUE[code].text
        assert answer.body["success"] is False
        assert answer.body["requestId"] == answer.headers["X-Request-ID"]


def test_the_docs_list_every_code_as_it_is():
    guide = (Path(__file__).parents[2] / "docs/api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z_]+)` \| (\d+) \| (.+) \|$", guide, re.MULTILINE)
    assert {code: (int(status), text) for code, status, text in rows} == {
        code.value: (meaning.http_status, meaning.text) for code, meaning in CATALOGUE.items()
    }
    assert len(rows) == len(CATALOGUE)
