"""Every kind of message as it comes in, and what happens around messages, in real Chrome with the real wa-js."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.browser.conftest import pair
from tests.browser.ground import ChromeGround, Life
from tests.browser.scene import Scene
from tests.support import wait_until

pytestmark = pytest.mark.chrome

NewPhone = Callable[[], str]
Open = Callable[[Any, str], Life]
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(60)).decode()


KINDS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "location": (
        {"type": "location", "location": {"latitude": -23.5, "longitude": -46.6, "name": "Sé", "address": "Centro"}},
        {
            "type": "location",
            "body": "Sé\nCentro",
            "location": {"latitude": -23.5, "longitude": -46.6, "name": "Sé", "address": "Centro"},
        },
    ),
    "one card": (
        {"type": "contact", "contacts": [{"name": "Bia; Lima", "phones": ["5511922222222"]}]},
        {"type": "vcard", "body": "Bia; Lima"},
    ),
    "two cards": (
        {"type": "contact", "contacts": [{"name": "Bia", "phones": []}, {"name": "Zé", "phones": ["5511922222222"]}]},
        {"type": "multi_vcard", "body": "Bia, Zé"},
    ),
    "poll": (
        {"type": "poll", "poll": {"question": "Vem?", "options": ["Sim", "Não"], "multiple": True}},
        {"body": "Vem?", "poll": {"question": "Vem?", "options": ["Sim", "Não"], "multiple": True}},
    ),
    "advertisement": (
        {"body": "Vi o anúncio", "ad": {"title": "Promo", "body": "20%", "sourceUrl": "https://fb.me/a", "sourceId": "1", "clickId": "c"}},
        {"body": "Vi o anúncio", "ad": {"title": "Promo", "body": "20%", "sourceUrl": "https://fb.me/a", "sourceId": "1", "clickId": "c"}},
    ),
    "forwarded, gone in a day": (
        {"body": "repasse", "forwarded": True, "expiresInSeconds": 86400},
        {"body": "repasse", "forwarded": True, "expiresInSeconds": 86400},
    ),
    "view once": (
        {"type": "image", "media": {"base64": PIXEL, "mimetype": "image/png", "fileName": "a.png"}, "viewOnce": True},
        {"type": "image", "viewOnce": True, "body": ""},
    ),
    "document under its name": (
        {"type": "document", "media": {"base64": PIXEL, "mimetype": "application/pdf", "fileName": "a.pdf"}, "caption": "a.pdf"},
        {"type": "document", "body": "", "fileName": "a.pdf"},
    ),
    "video note": (
        {"type": "video", "note": True, "media": {"base64": PIXEL, "mimetype": "video/mp4", "fileName": "a.mp4"}},
        {"type": "ptv", "body": "", "mimetype": "video/mp4"},
    ),
    "something new": (
        {"type": "hologram", "body": "um holograma"},
        {"type": "unknown", "rawType": "hologram", "body": "um holograma"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_comes_with_its_content(scene: Scene, kind: str) -> None:
    written, expected = KINDS[kind]
    told = scene.receives(**written)
    assert {name: told.get(name) for name in expected} == expected
    assert told["chatId"] == scene.chat


def test_a_reply_cites_and_mentions(scene: Scene) -> None:
    cited = scene.writes(scene.friend, scene.phone, type="contact", contacts=[{"name": "Bia", "phones": []}])
    told = scene.receives(body="quem?", quoted=cited, mentions=[scene.friend])
    assert told["quoted"] == {
        "id": cited, "from": scene.chat, "fromMe": False, "type": "vcard", "body": "Bia",
    }  # fmt: skip
    assert told["mentions"] == [scene.chat]


def test_a_group_message_names_its_writer(scene: Scene) -> None:
    told = scene.message(scene.writes(scene.friend, scene.group, body="no grupo"))
    assert (told["chatId"], told["author"], told["isGroupMsg"]) == (scene.group, scene.chat, True)


def test_what_the_owner_writes_on_the_phone_is_told_as_sent(scene: Scene) -> None:
    own = scene.message(scene.writes(scene.phone, scene.friend, body="já vai"), "message_sent")
    assert (own["body"], own["fromMe"], own["chatId"], own["to"]) == ("já vai", True, scene.chat, scene.chat)
    assert own["from"] == f"{scene.phone}@c.us"
    scene.life.value("send_text", {"id": "3EB0AAAA00000000000001", "to": scene.friend, "text": "pela API"})
    scene.life.event("ack_changed", id="3EB0AAAA00000000000001")
    assert not [
        e for e in scene.life.events if e.name == "message_sent" and "3EB0AAAA" in e.data["message"]["id"]
    ]


def test_edits_revocations_reactions_and_votes_are_told(scene: Scene) -> None:
    message_id = scene.receives(body="Fecham às 18h?")["id"]
    who = {"messageId": message_id, "chatId": scene.chat, "from": scene.chat, "fromMe": False}
    scene.control(scene.friend, "edit", id=message_id, body="Fecham às 20h?")
    edited = scene.message(message_id, "message_edited")
    assert edited["body"] == "Fecham às 20h?"
    assert abs(edited["editedAt"] - time.time()) < 60
    for emoji in ("👍", ""):
        scene.control(scene.friend, "react", id=message_id, emoji=emoji)
        assert scene.told("message_reaction", emoji=emoji, **who)
    scene.control(scene.phone, "react", id=message_id, emoji="❤️")
    assert scene.told("message_reaction", emoji="❤️", **{**who, "from": f"{scene.phone}@c.us", "fromMe": True})
    poll = scene.receives(type="poll", poll={"question": "Vem?", "options": ["Sim", "Não"], "multiple": True})
    for chosen in (["Sim"], ["Sim", "Não"], []):
        scene.control(scene.friend, "vote", id=poll["id"], options=chosen)
        assert scene.told("poll_vote", **{**who, "messageId": poll["id"]}, options=chosen)
    scene.control(scene.friend, "revoke", id=message_id)
    assert scene.told("message_revoked", **who)


def test_calls_groups_labels_and_presence_are_told(scene: Scene) -> None:
    call = scene.control(scene.friend, "call", to=scene.phone, video=True)["id"]
    assert scene.told("call_received", callId=call, isVideo=True, **{"from": scene.chat})
    patch = {"by": scene.phone, "subject": "Time", "promote": [scene.friend]}
    scene.ground.simulator.call("PATCH", f"/groups/{scene.group}", patch)
    by = {"groupId": scene.group, "by": f"{scene.phone}@c.us"}
    assert scene.told("group_change", action="subject", participants=[], **by)
    assert scene.told("group_change", action="promote", participants=[scene.chat], **by)
    label = scene.control(scene.phone, "labels", name="Pedido", chats=[scene.friend])["id"]
    assert scene.told("label_change", labelId=label, name="Pedido", action="create", chatId=None)
    assert scene.told("label_change", labelId=label, name="Pedido", action="add", chatId=scene.chat)

    def heard() -> list[str]:
        # The page follows a chat a moment after something came in it.
        scene.control(scene.friend, "presence", to=scene.phone, state="paused")
        scene.control(scene.friend, "presence", to=scene.phone, state="composing")
        scene.life.hear()
        events = [e.data for e in scene.life.events if e.name == "presence_change"]
        return [data["state"] for data in events if data["from"] == scene.chat]

    assert wait_until(lambda: "composing" in heard())


def test_notices_are_no_messages(scene: Scene) -> None:
    """The group's own lines came above; and this one, which WhatsApp writes into the chat."""
    notice = scene.writes(scene.friend, scene.phone, type="e2e_notification", subtype="encrypt")
    scene.receives(body="depois")
    told = [e.data["message"] for e in scene.life.events if e.name == "message_received"]
    assert notice not in {message["id"] for message in told}
    assert "gp2" not in {message["type"] for message in told}


def test_what_the_session_ignores_is_not_told(scene: Scene) -> None:
    scene.life.value("ignore", {"kinds": ["groups"]})
    ignored = scene.writes(scene.friend, scene.group, body="no grupo")
    status = scene.writes(scene.friend, "status@broadcast", body="bom dia")
    assert scene.message(status)["chatId"] == "status@broadcast"
    scene.life.value("ignore", {"kinds": ["status"]})
    heard = scene.writes(scene.friend, scene.group, body="de novo")
    scene.message(heard)
    assert ignored not in {e.data["message"]["id"] for e in scene.life.events if e.name == "message_received"}


def test_what_came_and_was_written_meanwhile_is_in_the_chats(
    chrome_ground: ChromeGround, open_on: Open, new_phone: NewPhone
) -> None:
    life, phone, friend = open_on(chrome_ground, "meanwhile"), new_phone(), new_phone()
    pair(chrome_ground, life, phone)
    chrome_ground.register(friend, "Maria")
    since = int(time.time())
    chrome_ground.reload(life, phone)
    ids = {chrome_ground.write(friend, phone, "oi"), chrome_ground.write(phone, friend, "já vai")}
    life.forget()

    def found() -> bool:
        answer = life.call("messages_after", {"t": since, "limit": 100})
        return isinstance(answer, dict) and ids <= {message["id"] for message in answer["messages"]}

    wait_until(found, 20)
