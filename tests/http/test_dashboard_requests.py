"""What the dashboard asks leaves a session's hundred a minute alone, and nothing else does."""

from __future__ import annotations

import pytest

from tests.http.conftest import Api, serve
from wppmt.http.api.routes import ROUTES
from wppmt.http.security.guard import DASHBOARD_HEADER

FROM_DASHBOARD = {DASHBOARD_HEADER: "1"}


@pytest.fixture
async def limited(tmp_path):
    api = Api()
    api.folder, api.rate_limit, api.apart_limit = tmp_path, 2, 6
    async for running in serve(api):
        yield running


async def test_a_look_by_the_dashboard_is_counted_for_its_token(limited: Api):
    limited.front.has("a")
    path = "/api/sessions/a/qrcode"
    looks = [await limited.get(path, headers=FROM_DASHBOARD) for _ in range(7)]
    assert [look.status for look in looks] == [200] * 6 + [429]
    assert all("X-RateLimit-Limit" not in look.headers for look in looks)
    others = [(await limited.get(path)).status for _ in range(3)]
    assert others == [200, 200, 429]


async def test_what_the_dashboard_never_asks_is_counted_for_the_session(limited: Api):
    limited.front.has("a")
    body = {"phone": "5511999999999", "message": "oi"}
    sends = [
        await limited.post("/api/sessions/a/send-message", body, headers=FROM_DASHBOARD) for _ in range(3)
    ]
    assert [send.status for send in sends] == [200, 200, 429]


def test_no_send_and_no_question_to_whatsapp_is_the_dashboards():
    asked = {route.path for route in ROUTES if route.on_dashboard}
    assert not {path for path in asked if "send-" in path or "/chats" in path or "/contacts" in path}
