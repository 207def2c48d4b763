"""Every kind of message that goes out, and what is done to one that is there: on the fake, and on real Chrome."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.ground import Ground, Life
from tests.browser.test_contract import new_id, uploaded
from tests.media.made import made
from tests.media.test_wanted import picture
from tests.support import wait_until
from wppmt.browser.port import CallRejected
from wppmt.media.playable import VOICE

Paired = tuple[Life, str]
NewPhone = Callable[[], str]

VCARD = (
    "BEGIN:VCARD\nVERSION:3.0\nN:;Ana;;;\nFN:Ana\nTEL;type=CELL;waid=5511988887777:+5511988887777\nEND:VCARD"
)
CARD = {"displayName": "Ana", "vcard": VCARD}
ANA = {"name": "Ana", "phones": ["5511988887777"]}
KINDS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (
        "send_location",
        {"latitude": -23.5, "longitude": -46.6, "name": "Loja", "address": "Praça da Sé"},
        {"location": {"latitude": -23.5, "longitude": -46.6, "name": "Loja", "address": "Praça da Sé"}},
    ),
    ("send_contacts", {"cards": [CARD]}, {"contacts": [ANA]}),
    ("send_contacts", {"cards": [CARD, CARD]}, {"contacts": [ANA, ANA]}),
    (
        "send_poll",
        {"question": "Quando?", "options": ["Hoje", "Amanhã"], "multiple": False},
        {"poll": {"question": "Quando?", "options": ["Hoje", "Amanhã"], "multiple": False}},
    ),
    (
        "send_poll",
        {"question": "Quais?", "options": ["A", "B"], "multiple": True},
        {"poll": {"question": "Quais?", "options": ["A", "B"], "multiple": True}},
    ),
    (
        "send_pix",
        {"keyType": "EMAIL", "key": "pix@loja.br", "name": "Loja", "instructions": "Obrigado"},
        {"pix": {"keyType": "EMAIL", "key": "pix@loja.br", "name": "Loja"}},
    ),
]


CONTENTS = {
    ".mp4": made("h264.mp4"),
    ".png": picture("png"),
    ".webp": picture("webp"),
    ".ogg": made("opus.ogg"),
}


@pytest.fixture
def friend(ground: Ground, new_phone: NewPhone) -> str:
    phone = new_phone()
    ground.register(phone, "Maria Souza")
    return phone


def acknowledged(life: Life, function: str, **arguments: Any) -> str:
    """The id under which it was done."""
    message_id = new_id()
    life.value(function, {"id": message_id, **arguments})
    life.event("ack_changed", id=message_id, ack=1)
    return message_id


def line(ground: Ground, phone: str, message_id: str) -> dict[str, Any]:
    [found] = [line for line in ground.lines(phone) if line["id"] == message_id]
    return found


@pytest.mark.parametrize(("function", "arguments", "shown"), KINDS)
def test_a_kind_arrives_with_its_content_under_the_chosen_id(
    ground: Ground, paired: Paired, friend: str, function: str, arguments: Any, shown: dict[str, Any]
) -> None:
    life, _ = paired
    message_id = acknowledged(life, function, to=friend, **arguments)
    assert shown.items() <= line(ground, friend, message_id).items()
    assert life.value("find_message", {"to": friend, "id": message_id})["found"]


def test_a_reaction_an_edit_and_a_deletion_arrive_once_under_ids_of_their_own(
    ground: Ground, paired: Paired, friend: str
) -> None:
    life, _ = paired
    target = acknowledged(life, "send_text", to=friend, text="errado")
    about = {"to": f"{friend}@c.us", "messageId": target}
    reaction = acknowledged(life, "react", **about, emoji="👍")
    back = acknowledged(life, "react", **about, emoji="")
    edit = acknowledged(life, "edit", **about, text="certo")
    deletion = acknowledged(life, "delete", **about, forEveryone=True)
    shown = [(one["type"], one["id"], one.get("target")) for one in ground.lines(friend)]
    assert shown[1:] == [
        ("reaction", reaction, target),
        ("reaction", back, target),
        ("edit", edit, target),
        ("revoke", deletion, target),
    ]
    assert line(ground, friend, edit)["body"] == "certo"
    assert [line(ground, friend, one)["emoji"] for one in (reaction, back)] == ["👍", ""]


def test_an_act_is_done_once_however_often_it_is_asked_for(
    ground: Ground, paired: Paired, friend: str
) -> None:
    life, _ = paired
    target = acknowledged(life, "send_text", to=friend, text="oi")
    act = {"id": new_id(), "to": f"{friend}@c.us", "messageId": target, "emoji": "👍"}
    first, second = life.begin("react", act), life.begin("react", act)
    assert first() == second()
    life.event("ack_changed", id=act["id"])
    life.value("react", act)
    assert life.value("find_act", {**act, "kind": "reaction"})["ack"] == 1
    assert [one["id"] for one in ground.lines(friend) if one["type"] == "reaction"] == [act["id"]]


@pytest.mark.parametrize(
    ("function", "kind", "more"),
    [
        ("react", "reaction", {"emoji": "👍"}),
        ("edit", "edit", {"text": "certo"}),
        ("delete", "delete", {"forEveryone": True}),
    ],
)
def test_a_later_page_knows_what_was_done_and_what_was_not(
    ground: Ground, paired: Paired, friend: str, function: str, kind: str, more: dict[str, Any]
) -> None:
    life, phone = paired
    target = acknowledged(life, "send_text", to=friend, text="errado")
    about = {"to": f"{friend}@c.us", "messageId": target, **more}
    undone = {**about, "id": new_id(), "kind": kind}
    assert life.value("find_act", undone)["found"] is False
    done = acknowledged(life, function, **about)
    life.forget()
    ground.reload(life, phone)
    life.facts(authenticated=True, mode="MAIN")
    wait_until(lambda: not isinstance(life.call("find_act", undone), CallRejected))
    assert life.value("find_act", {**about, "id": done, "kind": kind})["ack"] == 1


def test_a_message_is_forwarded_under_the_chosen_id(
    ground: Ground, paired: Paired, friend: str, new_phone: NewPhone
) -> None:
    life, phone = paired
    other = new_phone()
    ground.register(other, "Outro")
    original = ground.write(friend, phone, "passe adiante")
    wait_until(lambda: [e for e in heard(life) if e.data.get("message", {}).get("id") == original])
    message_id = acknowledged(life, "forward", to=other, messageId=original)
    found = line(ground, other, message_id)
    assert (found["body"], found["forwarded"]) == ("passe adiante", True)


@pytest.mark.parametrize(
    ("function", "more", "reason"),
    [
        ("edit", {"text": "oi"}, "not_own_message"),
        ("delete", {"forEveryone": True}, "not_own_message"),
    ],
)
def test_another_s_message_is_neither_edited_nor_deleted(
    ground: Ground, paired: Paired, friend: str, function: str, more: dict[str, Any], reason: str
) -> None:
    life, phone = paired
    theirs = ground.write(friend, phone, "meu")
    wait_until(lambda: [e for e in heard(life) if e.data.get("message", {}).get("id") == theirs])
    outcome = life.call(function, {"id": new_id(), "to": "", "messageId": theirs, **more})
    assert isinstance(outcome, CallRejected)
    assert outcome.reason == reason
    acknowledged(life, "delete", to="", messageId=theirs, forEveryone=False)
    assert ground.lines(friend) == []


@pytest.mark.parametrize(
    ("function", "more"),
    [
        ("react", {"emoji": "👍"}),
        ("edit", {"text": "oi"}),
        ("delete", {"forEveryone": True}),
        ("forward", {}),
    ],
)
def test_nothing_is_done_to_nothing(
    ground: Ground, paired: Paired, friend: str, function: str, more: dict[str, Any]
) -> None:
    life, _ = paired
    outcome = life.call(function, {"id": new_id(), "to": friend, "messageId": "3EB0404404404404", **more})
    assert isinstance(outcome, CallRejected)
    assert outcome.reason == "message_not_found"


def test_only_texts_are_edited(ground: Ground, paired: Paired, friend: str) -> None:
    life, _ = paired
    place = acknowledged(
        life, "send_location", to=friend, latitude=1.0, longitude=2.0, name="Loja", address=""
    )
    outcome = life.call("edit", {"id": new_id(), "to": "", "messageId": place, "text": "oi"})
    assert isinstance(outcome, CallRejected)
    assert outcome.reason == "not_editable"


def test_a_refused_act_says_why(ground: Ground, paired: Paired, friend: str) -> None:
    life, phone = paired
    target = acknowledged(life, "send_text", to=friend, text="oi")
    ground.refuse_sends(life, phone)
    act = {"id": new_id(), "to": f"{friend}@c.us", "messageId": target, "emoji": "👍"}
    life.value("react", act)
    assert life.event("send_failed", id=act["id"])["reason"] == "error_unknown"
    assert [one["type"] for one in ground.lines(friend)] == ["chat"]


def heard(life: Life) -> list[Any]:
    life.hear()
    return life.events


FILES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("video.mp4", {"kind": "video", "mimetype": "video/mp4"}, {"type": "video"}),
    (
        "video.mp4",
        {"kind": "video", "mimetype": "video/mp4", "gif": True, "caption": "oi"},
        {"type": "video", "gif": True},
    ),
    ("video.mp4", {"kind": "video", "mimetype": "video/mp4", "note": True}, {"type": "ptv", "note": True}),
    ("video.mp4", {"kind": "video", "mimetype": "video/mp4", "viewOnce": True}, {"viewOnce": True}),
    ("foto.png", {"kind": "image", "mimetype": "image/png", "viewOnce": True}, {"viewOnce": True}),
    ("figurinha.webp", {"kind": "sticker", "mimetype": "image/webp"}, {"type": "sticker"}),
    (
        "voz.ogg",
        {
            "kind": "audio",
            "ptt": True,
            "mimetype": VOICE,
            "waveform": list(range(64)),
            "seconds": 7,
            "viewOnce": True,
        },
        {"type": "ptt", "waveform": list(range(64)), "viewOnce": True},
    ),
]


@pytest.mark.parametrize(("name", "arguments", "shown"), FILES)
def test_a_file_arrives_as_what_it_was_sent_as(
    ground: Ground,
    paired: Paired,
    friend: str,
    tmp_path: Path,
    name: str,
    arguments: dict[str, Any],
    shown: dict[str, Any],
) -> None:
    life, _ = paired
    path = tmp_path / name
    path.write_bytes(CONTENTS[path.suffix])
    blob = uploaded(life, path)["blob"]
    message_id = acknowledged(life, "send_media", to=friend, source=blob, fileName=name, **arguments)
    assert shown.items() <= line(ground, friend, message_id).items()
