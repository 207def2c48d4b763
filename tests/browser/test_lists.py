"""Chats, people, groups, labels and calls, in real Chrome with the real wa-js."""

from __future__ import annotations

import base64
import io
import itertools
import time
from typing import Any

import pytest
from PIL import Image

from tests.browser.conftest import NewPhone
from tests.browser.scene import Scene
from tests.support import wait_until
from wppmt.browser.port import CallRejected
from wppmt.domain.content import body_of

pytestmark = pytest.mark.chrome

FRIENDS = 7


def body(row: dict[str, Any]) -> str:
    return body_of(row["type"], row["content"])


def walk(scene: Scene, name: str, limit: int, **more: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = scene.life.value(name, {"cursor": cursor, "limit": limit, **more})
        rows += page["rows"]
        if page["nextCursor"] is None:
            return rows
        cursor = page["nextCursor"]


def refused(scene: Scene, function: str, **arguments: Any) -> str:
    outcome = scene.life.call(function, arguments)
    assert isinstance(outcome, CallRejected), outcome
    return outcome.reason


def blocked_by(scene: Scene) -> list[str]:
    """As WhatsApp's server keeps it."""
    blocked: list[str] = scene.ground.simulator.call("GET", f"/accounts/{scene.phone}")["blocked"]
    return blocked


@pytest.fixture(scope="module")
def friends(scene: Scene) -> list[str]:
    """They have written, one after the other."""
    phones = [f"55119810000{number:02}" for number in range(FRIENDS)]
    for phone in phones:
        scene.ground.register(phone, f"Amigo {phone[-2:]}")
        scene.message(scene.writes(phone, scene.phone, body=f"oi de {phone[-2:]}"))
    return phones


def test_a_walk_shows_each_chat_once_whatever_moves_meanwhile(scene: Scene, friends: list[str]) -> None:
    first = scene.life.value("chats", {"cursor": "", "limit": 3, "unread": False})
    assert {body(row["lastMessage"])[:6] for row in first["rows"] if row["lastMessage"]} == {"oi de "}
    # The oldest becomes the newest, and WhatsApp moves another to a hidden id.
    scene.message(scene.writes(friends[0], scene.phone, body="de novo"))
    scene.ground.simulator.register(friends[1], "Amigo 01", lid="778899001122")
    scene.message(scene.writes(friends[1], scene.phone, body="mudei"))
    rows, cursor = first["rows"], first["nextCursor"]
    while cursor:
        page = scene.life.value("chats", {"cursor": cursor, "limit": 3, "unread": False})
        rows, cursor = rows + page["rows"], page["nextCursor"]
    phones = [row["phone"] for row in rows if row["phone"]]
    assert sorted(phones) == sorted(set(phones))
    assert set(phones) >= set(friends)
    assert refused(scene, "chats", cursor="x.1", limit=1) == "walk_ended"


def test_messages_are_read_back_to_the_first(scene: Scene, friends: list[str]) -> None:
    written = [scene.writes(friends[2], scene.phone, body=f"n. {number}") for number in range(12)]
    scene.message(written[-1])
    chat = f"{friends[2]}@c.us"
    rows: list[dict[str, Any]] = []
    before = ""
    while True:
        page = scene.life.value("chat_messages", {"chatId": chat, "before": before, "limit": 5})
        rows += page["rows"]
        if page["nextCursor"] is None:
            break
        before = page["nextCursor"]
    assert [body(row) for row in rows] == [f"n. {number}" for number in reversed(range(12))] + [
        f"oi de {friends[2][-2:]}"
    ]
    assert refused(scene, "chat_messages", chatId=chat, before="3ANONE", limit=5) == "message_not_found"
    assert (
        refused(scene, "chat_messages", chatId="120363000000000000@g.us", before="", limit=5)
        == "group_not_found"
    )


def test_a_chat_is_marked(scene: Scene, friends: list[str]) -> None:
    chat = f"{friends[3]}@c.us"
    until = int(time.time()) + 3600
    changes = {"read": True, "archived": True, "pinned": True, "mutedUntil": until}

    def shown() -> dict[str, Any]:
        [row] = [one for one in walk(scene, "chats", 100, unread=False) if one["chatId"] == chat]
        return row

    scene.life.value("change_chat", {"chatId": chat, "changes": changes})
    wait_until(lambda: shown()["archived"])
    row = shown()
    assert (row["unread"], row["pinned"], row["mutedUntil"]) == (0, True, until)
    back = {"read": False, "archived": False, "pinned": False, "mutedUntil": 0}
    # The same again is no error.
    for _ in range(2):
        scene.life.value("change_chat", {"chatId": chat, "changes": back})
    wait_until(lambda: not shown()["archived"])
    row = shown()
    assert (row["unread"], row["pinned"], row["mutedUntil"]) == (1, False, 0)
    unread = [one["chatId"] for one in walk(scene, "chats", 100, unread=True)]
    assert chat in unread


def test_saved_contacts_are_told_from_strangers(
    scene: Scene, friends: list[str], new_phone: NewPhone
) -> None:
    saved, lonely = new_phone(), new_phone()
    scene.ground.simulator.register(saved, "Cliente Antigo", saved=[scene.phone])
    scene.ground.simulator.register(lonely, "Do Grupo")
    scene.message(scene.writes(saved, scene.phone, body="oi"))
    rows = {row["phone"]: row for row in walk(scene, "contacts", 4, scope="all")}
    assert (rows[saved]["name"], rows[saved]["savedContact"]) == ("Cliente Antigo", True)
    assert rows[friends[0]]["savedContact"] is False
    assert scene.phone not in rows
    assert [row["phone"] for row in walk(scene, "contacts", 4, scope="saved")] == [saved]


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ("5215512345678", "525512345678"),
        ("525587654321", "5215587654321"),
        ("5491123456789", "541123456789"),
        ("541198765432", "5491198765432"),
        ("551187654321", "5511987654321"),
    ],
)
def test_a_person_is_found_by_either_form_of_the_number(scene: Scene, known: str, asked: str) -> None:
    scene.ground.register(known, "Pessoa")
    told = scene.life.value("contact", {"who": f"{asked}@c.us"})
    assert (told["phone"], told["blocked"], told["savedContact"]) == (known, False, False)
    assert told["lid"].endswith("@lid")
    assert told["about"]
    assert scene.life.value("contact", {"who": told["lid"]})["phone"] == known


def test_a_person_is_blocked_and_let_in_again(scene: Scene, friends: list[str]) -> None:
    who = f"{friends[4]}@c.us"
    for _ in range(2):
        assert scene.life.value("block", {"who": who, "blocked": True})["blocked"]
    assert [row["phone"] for row in walk(scene, "blocked", 1)] == [friends[4]]
    assert blocked_by(scene) == [friends[4]]
    assert scene.life.value("contact", {"who": who})["blocked"]
    assert not scene.life.value("block", {"who": who, "blocked": False})["blocked"]
    assert walk(scene, "blocked", 1) == []
    assert refused(scene, "block", who="5511000000000@c.us", blocked=True) == "not_on_whatsapp"


def test_who_never_wrote_is_let_in_again_under_any_id(scene: Scene) -> None:
    phone = "5511981000099"
    scene.ground.register(phone, "Calado")
    lid = scene.life.value("contact", {"who": f"{phone}@c.us"})["lid"]
    for blocking, unblocking in itertools.product([f"{phone}@c.us", lid], repeat=2):
        scene.life.value("block", {"who": blocking, "blocked": True})
        assert blocked_by(scene) == [phone]
        scene.life.value("block", {"who": unblocking, "blocked": False})
        assert blocked_by(scene) == []


def picture() -> str:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "green").save(file, "JPEG")
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def test_the_profile_is_shown_and_changed(scene: Scene) -> None:
    changed = scene.life.value(
        "change_profile", {"name": "Loja Nova", "about": "Aberto", "picture": picture()}
    )
    assert (changed["name"], changed["about"], changed["hasPicture"]) == ("Loja Nova", "Aberto", True)
    assert changed["phone"] == scene.phone
    assert base64.b64decode(scene.life.value("picture", {"who": None})["data"])
    assert not scene.life.value("change_profile", {"picture": None})["hasPicture"]
    assert refused(scene, "picture", who=None) == "picture_not_found"


def test_a_group_is_made_changed_and_left(scene: Scene, friends: list[str]) -> None:
    people = [f"{phone}@c.us" for phone in friends[5:7]]
    scene.life.forget()
    made = scene.life.value("create_group", {"subject": "Entrega", "participants": people[:1]})
    group = made["groupId"]
    assert [one["success"] for one in made["results"]] == [True]
    add = {"add": [people[1], "5511000000000@c.us"], "promote": people[:1]}
    results = scene.life.value("change_participants", {"groupId": group, "changes": add})["results"]
    assert [(one["action"], one["success"]) for one in results] == [
        ("add", True), ("add", False), ("promote", True),
    ]  # fmt: skip
    changes = {
        "subject": "Entregas",
        "description": "Rotas",
        "announce": True,
        "locked": True,
        "picture": picture(),
    }
    shown = scene.life.value("change_group", {"groupId": group, "changes": changes})
    assert (shown["subject"], shown["description"], shown["announce"], shown["locked"]) == (
        "Entregas", "Rotas", True, True,
    )  # fmt: skip
    assert {one["id"]: one["isAdmin"] for one in shown["participants"]} == {
        people[0]: True, people[1]: False, f"{scene.phone}@c.us": True,
    }  # fmt: skip
    first = scene.life.value("group_invite", {"groupId": group, "anew": False})["code"]
    assert scene.life.value("group_invite", {"groupId": group, "anew": True})["code"] != first
    assert group in {row["groupId"] for row in walk(scene, "groups", 1)}
    assert scene.life.value("leave_group", {"groupId": group}) == {"groupId": group}
    assert refused(scene, "group", groupId=group) == "not_group_member"
    # What the API did is told as the API's, once.
    time_to_echo = scene.writes(friends[5], scene.phone, body="depois")
    scene.message(time_to_echo)
    told = [e.data for e in scene.life.events if e.name == "group_change" and e.data["groupId"] == group]
    assert {data["by"] for data in told} == {"api"}
    assert [data["action"] for data in told] == [
        "add", "add", "promote", "subject", "description", "settings", "settings", "picture", "remove",
    ]  # fmt: skip


def test_a_group_of_others_is_refused(scene: Scene, friends: list[str]) -> None:
    simulator = scene.ground.simulator
    other = simulator.create_group("Outro", friends[:2])
    theirs = simulator.create_group("Deles", [friends[0], scene.phone])
    wait_until(lambda: isinstance(scene.life.call("group", {"groupId": theirs}), dict))
    assert refused(scene, "group", groupId=other) == "group_not_found"
    assert refused(scene, "change_group", groupId=theirs, changes={"announce": True}) == "not_group_admin"
    assert refused(
        scene, "change_participants", groupId=theirs, changes={"remove": [f"{friends[0]}@c.us"]}
    ) == ("not_group_admin")
    assert refused(scene, "group_invite", groupId=theirs, anew=False) == "not_group_admin"
    code = simulator.call("GET", f"/groups/{other}")["invite"]
    assert scene.life.value("join_group", {"code": code}) == {"groupId": other}
    assert refused(scene, "join_group", code="NADA") == "invite_not_found"


def test_labels_are_made_put_and_deleted(scene: Scene, friends: list[str]) -> None:
    scene.life.forget()
    label = scene.life.value("create_label", {"name": "Cliente", "color": 3})
    chat = f"{friends[3]}@c.us"
    put = scene.life.value("change_chat", {"chatId": chat, "changes": {"labels": [label["labelId"]]}})
    assert put["labels"] == [label["labelId"]]
    assert label["labelId"] in {row["labelId"] for row in walk(scene, "labels", 10)}
    assert refused(scene, "change_chat", chatId=chat, changes={"labels": ["99"]}) == "label_not_found"
    scene.life.value("delete_label", {"labelId": label["labelId"]})
    assert refused(scene, "delete_label", labelId=label["labelId"]) == "label_not_found"

    def told() -> list[tuple[str, str]]:
        scene.life.hear()
        changes = [e.data for e in scene.life.events if e.name == "label_change"]
        return [(data["action"], data["by"]) for data in changes]

    wait_until(lambda: told() == [("create", "api"), ("add", "api"), ("delete", "api")])


def test_a_call_is_refused(scene: Scene, friends: list[str]) -> None:
    call = scene.control(friends[0], "call", to=scene.phone, video=False)["id"]
    scene.told("call_received", callId=call)
    scene.life.value("reject_call", {"callId": call})

    def states() -> list[str]:
        calls = scene.ground.simulator.call("GET", f"/accounts/{friends[0]}/calls")
        return [one["state"] for one in calls if one["id"] == call]

    wait_until(lambda: states() == ["rejected"])
    assert refused(scene, "reject_call", callId="NADA") == "call_not_found"


def test_typing_and_recording_are_shown(scene: Scene, friends: list[str]) -> None:
    chat = f"{friends[0]}@c.us"
    seen = scene.ground.simulator.log()[-1]["seq"]
    for state in ("composing", "recording", "paused"):
        scene.life.value("chat_presence", {"chatId": chat, "state": state, "durationMs": 20})
    wait_until(
        lambda: {"typing", "recording"} <= {line["event"] for line in scene.ground.simulator.log(after=seen)}
    )
