"""Chats, people, groups, labels and calls over HTTP: what reaches the page, and what its answers become."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http.conftest import Api
from wppmt.domain import messages
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.page_queries import PageQuery, Question

S = "/api/sessions/a"
CHAT, GROUP = "5511888888888@c.us", "120363041234567890@g.us"
MESSAGE: dict[str, Any] = {
    "id": "3EB0", "from": CHAT, "to": "5511999999999@c.us", "body": "oi", "type": "chat", "timestamp": 1,
    "isGroupMsg": False, "sender": {"name": "Maria", "phone": "5511888888888"}, "fromMe": False, "ack": 0,
}  # fmt: skip
ROW: dict[str, Any] = {
    "chatId": CHAT, "chatKey": CHAT, "name": "Maria", "phone": "5511888888888", "isGroup": False, "unread": 2,
    "archived": False, "pinned": True, "mutedUntil": -1, "labels": ["3"], "lastMessage": MESSAGE,
}  # fmt: skip
GROUP_ROW: dict[str, Any] = {
    "groupId": GROUP, "subject": "Equipe", "description": None, "owner": None, "createdAt": 1770733800,
    "announce": False, "locked": False, "isAdmin": True,
    "participants": [{"id": CHAT, "phone": None, "isAdmin": False}],
}  # fmt: skip
PAGE = {"total": 1, "nextCursor": "w.50"}


def asked(api: Api) -> PageQuery:
    query = api.front.asked[-1][1]
    assert isinstance(query, PageQuery)
    return query


async def test_chats_come_whole_with_nulls_for_what_is_unknown(api: Api):
    api.front.has("a")
    api.front.told[Question.CHATS] = {"rows": [ROW, {**ROW, "lastMessage": None, "mutedUntil": 0}], **PAGE}
    answer = await api.get(f"{S}/chats?limit=2&unread=true")
    first, second = answer.body["chats"]
    assert (answer.body["count"], answer.body["nextCursor"]) == (2, "w.50")
    assert first["mutedUntil"] == "9999-12-31T23:59:59Z"
    assert first["lastMessage"]["body"] == "oi"
    assert (second["lastMessage"], second["mutedUntil"]) == (None, None)
    assert dict(asked(api).arguments) == {"cursor": "", "limit": 2, "unread": True}


async def test_messages_are_asked_for_before_one(api: Api):
    api.front.has("a")
    api.front.told[Question.CHAT_MESSAGES] = {"rows": [MESSAGE], "nextCursor": None}
    answer = await api.get(f"{S}/chats/5511888888888/messages?before=3EB1")
    assert [row["ack"] for row in answer.body["messages"]] == [0]
    assert dict(asked(api).arguments) == {"chatId": CHAT, "before": "3EB1", "limit": 50}


@pytest.mark.parametrize(
    ("body", "changes"),
    [
        ({"read": False}, {"read": False}),
        ({"archived": True, "pinned": False}, {"archived": True, "pinned": False}),
        ({"mutedUntil": None}, {"mutedUntil": 0}),
        ({"mutedUntil": "2099-01-01T00:00:00Z"}, {"mutedUntil": 4070908800}),
        ({"mutedUntil": "9999-12-31T23:59:59Z"}, {"mutedUntil": -1}),
        ({"labels": []}, {"labels": []}),
    ],
)
async def test_only_what_is_said_is_changed(api: Api, body: dict[str, Any], changes: dict[str, Any]):
    api.front.has("a")
    api.front.told[Question.CHANGE_CHAT] = ROW
    answer = await api.call("PATCH", f"{S}/chats/{CHAT}", json=body)
    assert answer.status == 200
    assert asked(api).arguments["changes"] == changes


async def test_a_person_has_a_picture_that_we_serve(api: Api):
    api.front.has("a")
    told = {
        "id": CHAT, "phone": "5511888888888", "name": "", "pushname": "Maria", "isBusiness": False,
        "savedContact": False, "about": None, "hasPicture": True, "businessProfile": None, "lid": "7@lid",
        "blocked": False,
    }  # fmt: skip
    api.front.told[Question.CONTACT] = told
    answer = await api.get(f"{S}/contacts/5511888888888")
    path = f"{S}/contacts/5511888888888/picture"
    assert answer.body["pictureUrl"].endswith(path)
    assert (answer.body["about"], answer.body["lid"]) == (None, "7@lid")
    api.front.told[Question.PICTURE] = {"data": "/9j/", "mimetype": "image/jpeg"}
    picture = await api.get(path)
    assert (picture.status, picture.headers["Content-Type"]) == (200, "image/jpeg")


async def test_groups_are_made_and_dated(api: Api):
    api.front.has("a")
    results = [{"phone": "5511888888888", "action": "add", "success": True, "code": 200}]
    api.front.told[Question.CREATE_GROUP] = {**GROUP_ROW, "results": results}
    answer = await api.call(
        "POST", f"{S}/groups", json={"subject": "Equipe", "participants": ["+55 11 88888-8888"]}
    )
    assert (answer.status, answer.body["groupId"], answer.body["createdAt"]) == (
        201,
        GROUP,
        "2026-02-10T14:30:00Z",
    )
    assert asked(api).arguments["participants"] == [CHAT]


async def test_an_invitation_is_a_link_and_is_followed_by_either(api: Api):
    api.front.has("a")
    api.front.told[Question.GROUP_INVITE] = {"code": "AbC"}
    answer = await api.call("POST", f"{S}/groups/{GROUP}/invite")
    assert answer.body["url"] == "https://chat.whatsapp.com/AbC"
    assert asked(api).arguments["anew"] is True
    api.front.told[Question.JOIN_GROUP] = {"groupId": GROUP}
    for code in ("AbC", "https://chat.whatsapp.com/AbC"):
        assert (await api.call("POST", f"{S}/groups/join", json={"code": code})).body["groupId"] == GROUP
        assert asked(api).arguments["code"] == "AbC"


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("GET", "chats?limit=101", None, "limit"),
        ("GET", "chats?limit=0", None, "limit"),
        ("GET", "chats?unread=x", None, "unread"),
        ("GET", "chats?cursor=x", None, "cursor"),
        ("GET", "contacts?scope=x", None, "scope"),
        ("PATCH", f"chats/{CHAT}", {}, "body"),
        ("PATCH", f"chats/{CHAT}", {"read": None}, "read"),
        ("PATCH", f"chats/{CHAT}", {"mutedUntil": "2020-01-01T00:00:00Z"}, "mutedUntil"),
        ("PATCH", f"chats/{CHAT}", {"mutedUntil": "amanhã"}, "mutedUntil"),
        ("PATCH", f"chats/{CHAT}", {"mutedUntil": "2099-01-01T00:00:00"}, "mutedUntil"),
        ("POST", f"chats/{CHAT}/presence", {"state": "dancing"}, "state"),
        ("POST", f"chats/{CHAT}/presence", {"state": "composing", "durationMs": 99999}, "durationMs"),
        ("POST", "groups", {"subject": "", "participants": ["5511888888888"]}, "subject"),
        ("POST", "groups", {"subject": "x", "participants": []}, "participants"),
        ("PATCH", f"groups/{GROUP}", {"subject": ""}, "subject"),
        ("PATCH", f"groups/{GROUP}", {"picture": {}}, "picture"),
        ("PATCH", "", {"ignore": ["people"]}, "ignore[0]"),
        ("PATCH", "profile", {"name": ""}, "name"),
        ("POST", "labels", {"color": 3}, "name"),
    ],
)
async def test_bad_input_never_reaches_the_page(
    api: Api, method: str, path: str, body: dict[str, Any] | None, field: str
):
    api.front.has("a")
    answer = await api.call(method, f"{S}/{path}".rstrip("/"), json=body)
    assert (answer.status, answer.body["code"], answer.body["details"][0]["field"]) == (
        400,
        "INVALID_REQUEST",
        field,
    )
    assert api.front.asked == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "chats/abc/messages", None),
        ("GET", "contacts/123", None),
        ("PUT", f"blocked/{GROUP}", None),
        ("GET", f"groups/{CHAT}", None),
        ("POST", "groups", {"subject": "x", "participants": [GROUP]}),
        ("PATCH", f"groups/{GROUP}/participants", {"add": ["x"]}),
    ],
)
async def test_who_is_nobody_is_refused_before_the_page(
    api: Api, method: str, path: str, body: dict[str, Any] | None
):
    api.front.has("a")
    answer = await api.call(method, f"{S}/{path}", json=body)
    assert (answer.status, answer.body["code"]) == (400, "INVALID_PHONE")
    assert api.front.asked == []


@pytest.mark.parametrize(
    ("method", "path", "code", "status"),
    [
        ("GET", "labels", Code.BUSINESS_ONLY, 409),
        ("POST", "calls/C1/reject", Code.CALL_NOT_FOUND, 404),
        ("GET", f"groups/{GROUP}/invite", Code.NOT_GROUP_ADMIN, 403),
        ("DELETE", f"groups/{GROUP}", Code.NOT_GROUP_MEMBER, 403),
        ("DELETE", f"groups/{GROUP}", Code.OUTCOME_UNKNOWN, 504),
        ("GET", f"chats/{GROUP}/messages", Code.GROUP_NOT_FOUND, 404),
    ],
)
async def test_a_refusal_of_the_page_is_told(api: Api, method: str, path: str, code: Code, status: int):
    api.front.has("a")
    api.front.refusal = Refusal(code)
    answer = await api.call(method, f"{S}/{path}")
    assert (answer.status, answer.body["code"]) == (status, code.value)


async def test_what_a_session_ignores_is_shown_and_changed(api: Api):
    api.front.has("a", description="Loja")
    settings = (await api.get(S)).body
    assert (settings["description"], settings["ignore"]) == ("Loja", ["channels", "status"])
    for body, message in (
        ({"ignore": ["groups", "groups"]}, messages.ConfigureSession(ignore=("groups",))),
        ({"ignore": []}, messages.ConfigureSession(ignore=())),
        ({"description": ""}, messages.ConfigureSession(description="")),
    ):
        assert (await api.call("PATCH", S, json=body)).status == 200
        assert api.front.asked[-1][1] == message
