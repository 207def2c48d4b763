"""Request ids, the access log, and what an unexpected error looks like."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from tests.http.conftest import Api
from tests.support import eventually
from wppmt.http.api.route import MAX_BODY_BYTES


async def test_every_answer_has_an_id_and_the_common_headers(api: Api):
    for path in ("/healthz", "/nada", "/api/sessions"):
        answer = await api.get(path)
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])
        assert answer.headers["Server"] == "wppmt"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_the_callers_own_id_is_kept_when_it_is_harmless(api: Api):
    async def id_for(wished: str) -> Any:
        return (await api.get("/nada", headers={"X-Request-ID": wished})).body["requestId"]

    assert await id_for("pedido-1") == "pedido-1"
    assert await id_for('x"y') != 'x"y'
    assert await id_for("x" * 65) != "x" * 65


async def test_one_line_per_request(api: Api):
    api.front.has("a")
    answer = await api.get("/api/sessions/a/status?x=1")
    line = api.log.lines.pop()
    assert (line["level"], line["event"], line["sessionId"]) == ("info", "http_request", "a")
    assert line["details"].pop("ms") >= 0
    assert line["details"] == {
        "method": "GET", "route": "/api/sessions/{sessionId}/status", "status": 200,
        "request_id": answer.headers["X-Request-ID"],
    }  # fmt: skip
    assert api.log.lines == []


async def test_nothing_that_was_sent_reaches_the_log(api: Api):
    canary = "canario12345"
    api.front.has("a")
    await api.get(f"/{canary}?q={canary}", headers={"User-Agent": canary, "X-Session-ID": canary})
    await api.get(f"/api/sessions/{canary.upper()}/status", token=canary)
    await api.get(f"/api/sessions/a/status?token={canary}", headers={"Cookie": canary})
    await api.post("/api/sessions/a/send-message", {"phone": "5511999999999", "message": canary})
    await api.post("/api/sessions/a/send-message", {"phone": canary, "message": canary, canary: canary})
    await api.call("PUT", "/api/sessions/a/webhook", json={"url": f"http://{canary}:{canary}@127.0.0.1/"})
    assert [line["event"] for line in api.log.lines].count("http_request") == 6
    assert canary not in repr(api.log.lines).lower()


async def test_line_breaks_and_escapes_do_not_reach_the_log(api: Api):
    await api.get("/api/sessions/a%0a%7B%22level%22%3A%22error%22%7D%1b[31m/status")
    assert len(api.log.lines) == 1
    assert "level" not in repr(api.log.lines[0]["details"])


@pytest.mark.parametrize(
    "rest",
    [
        "Content-Length: 100\r\n\r\n{",
        "Content-Length: 100\r\nExpect: 100-continue\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    ],
)
async def test_a_client_that_hangs_up_amid_its_body_is_no_error_of_ours(api: Api, rest: str):
    api.front.has("a")
    head = f"POST /api/sessions/a/send-message HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.token}\r\n"
    _, writer = await asyncio.open_connection("127.0.0.1", api.port)
    writer.write((head + rest).encode())
    await eventually(lambda: api.front.looked_up)  # the guard; what it lets pass is read in the same turn
    writer.transport.abort()
    await eventually(lambda: api.log.lines)
    [line] = api.log.lines
    assert (line["level"], line["event"], line["details"]["status"]) == ("info", "http_request", 499)


async def test_a_connection_that_we_lost_is_still_a_bug(api: Api):
    api.front.has("a")
    api.front.bug = ConnectionResetError()
    assert (await api.post("/api/sessions/a/restart")).status == 500
    assert {line["event"] for line in api.log.lines} == {"http_failed", "http_request"}


async def test_a_bug_is_500_without_a_trace(api: Api):
    api.front.has("a")
    api.front.bug = RuntimeError("segredo em /srv/x.py")
    answer = await api.post("/api/sessions/a/restart")
    assert answer.status == 500
    assert answer.body == {
        "success": False, "error": "Erro interno. Informe o requestId ao suporte", "code": "INTERNAL",
        "requestId": answer.headers["X-Request-ID"],
    }  # fmt: skip
    error, request = sorted(api.log.lines, key=lambda line: line["event"])
    assert (error["event"], error["level"], error["sessionId"]) == ("http_failed", "error", "a")
    assert error["details"]["request_id"] == answer.body["requestId"]
    assert isinstance(error["details"]["error"], RuntimeError)
    assert request["details"]["status"] == 500
    assert (await api.get("/healthz")).status == 200


async def test_a_refusal_tells_nothing_of_the_inside(api: Api):
    for answer in (
        await api.get("/nada"),
        await api.call("POST", "/api/sessions/a/start", data=b"{"),
        await api.call("POST", "/api/sessions/a/start", data=b"x" * (MAX_BODY_BYTES + 1)),
        await api.call("POST", "/api/sessions/a/start", data=b"{", headers={"Expect": "nonsense"}),
    ):
        assert 400 <= answer.status < 500
        assert answer.body["success"] is False
        assert not re.search(r"Traceback|aiohttp|python|\.py|pydantic", answer.raw.decode(), re.IGNORECASE)
