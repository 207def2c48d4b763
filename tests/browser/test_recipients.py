"""Whom a message goes to, in real Chrome: hidden ids, groups, what is quoted."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from tests.browser.conftest import pair
from tests.browser.ground import ChromeGround, Life
from tests.browser.test_chrome import evaluate
from tests.support import wait_until
from wppmt.browser.cdp.devtools import runtime
from wppmt.browser.port import CallRejected, PageEvent

pytestmark = pytest.mark.chrome

Paired = tuple[Life, str]
NewPhone = Callable[[], str]


@pytest.fixture(scope="module")
def paired(chrome_ground: ChromeGround) -> Paired:
    life, phone = Life(chrome_ground.browsers.open("recipients"), "recipients"), "5511970000001"
    pair(chrome_ground, life, phone)
    return life, phone


@pytest.fixture(scope="module", autouse=True)
def _ended(paired: Paired):
    yield
    paired[0].browser.stop()


@pytest.fixture
def friend(chrome_ground: ChromeGround, new_phone: NewPhone) -> str:
    phone = new_phone()
    chrome_ground.register(phone, "Maria Souza")
    return phone


def message(to: str, **more: object) -> dict[str, object]:
    return {"id": f"3EB0{secrets.token_hex(9).upper()}", "to": to, "text": "oi", **more}


def refused(life: Life, to: str, **more: object) -> str:
    outcome = life.call("send_text", message(to, **more))
    assert isinstance(outcome, CallRejected), outcome
    return outcome.reason


def lid_of(ground: ChromeGround, phone: str) -> str:
    return next(account["lid"] for account in ground.simulator.accounts() if account["phone"] == phone)


def test_in_the_cool_down_a_known_contact_is_known_by_the_hidden_id_too(
    chrome_ground: ChromeGround, paired: Paired, friend: str, new_phone: NewPhone
) -> None:
    life, phone = paired
    stranger = new_phone()
    chrome_ground.register(stranger, "Ninguém")
    for unknown in (friend, stranger):
        life.value("check_number", {"phone": unknown})
        assert refused(life, lid_of(chrome_ground, unknown), knownOnly=True) == "new_contact"
    heard(life, chrome_ground.write(friend, phone, "oi"))
    life.value("send_text", message(friend, knownOnly=True))
    life.value("send_text", message(lid_of(chrome_ground, friend), knownOnly=True))
    wait_until(lambda: len(chrome_ground.inbox(friend)) == 2)
    assert refused(life, lid_of(chrome_ground, stranger), knownOnly=True) == "new_contact"


def test_a_group_that_the_account_is_not_in_is_rejected(
    chrome_ground: ChromeGround, paired: Paired, friend: str
) -> None:
    life, phone = paired
    assert refused(life, "120363999999999999@g.us") == "group_not_found"
    # Asking has not made it exist.
    assert refused(life, "120363999999999999@g.us") == "group_not_found"
    group = chrome_ground.simulator.create_group("Clientes", [phone, friend])
    wait_until(lambda: not isinstance(life.call("send_text", message(group)), CallRejected))
    wait_until(lambda: chrome_ground.inbox(friend))


def test_what_is_quoted_must_be_there(paired: Paired, friend: str) -> None:
    life, _ = paired
    assert refused(life, friend, quotedId="3EB0FFFFFFFFFFFFFFFFFF") == "quoted_not_found"


LOOK_UP_FAILS = """() => { WPP.whatsapp.GroupMetadataStore.find = async () => { throw %s; }; }"""
LOOK_UP_WORKS = "() => { delete WPP.whatsapp.GroupMetadataStore.find; }"


def run(life: Life, code: str) -> object:
    """A function of our own in the page; what it gives."""
    answer = evaluate(life, code).get(timeout=10)
    assert not isinstance(answer, Exception | runtime.ExceptionDetails), answer
    return cast("object", answer)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("Object.assign(new Error('item-not-found'), { status: 404 })", "group_not_found"),
        ("Object.assign(new Error('forbidden'), { statusCode: 403 })", "not_group_member"),
        ("Object.assign(new Error('internal-server-error'), { status: 500 })", "could_not_look"),
        ("Object.assign(new Error('rate-overlimit'), { status: 429 })", "could_not_look"),
        ("new Error('timeout')", "could_not_look"),
        ("undefined", "could_not_look"),
    ],
)
def test_only_whatsapps_own_word_is_that_there_is_no_such_group(
    paired: Paired, error: str, reason: str
) -> None:
    life, _ = paired
    run(life, LOOK_UP_FAILS % error)
    try:
        assert refused(life, "120363888888888888@g.us") == reason
    finally:
        run(life, LOOK_UP_WORKS)


FORGET = """() => {
  const { MsgStore, ChatStore } = WPP.whatsapp;
  const message = MsgStore.findFirst(({ id }) => id.id === '%s');
  ChatStore.get(message.id.remote).msgs.remove(message.id);
  MsgStore.remove(message.id);
  return message.id.toString();
}"""
"""What a load of the page does to an old message: it is in the database alone."""


@pytest.mark.parametrize("is_whole", [False, True], ids=["short", "whole"])
@pytest.mark.parametrize("place", ["chat", "group"])
@pytest.mark.parametrize("is_own", [False, True], ids=["theirs", "own"])
def test_what_is_quoted_need_not_be_loaded(
    chrome_ground: ChromeGround, paired: Paired, friend: str, place: str, is_own: bool, is_whole: bool
) -> None:
    life, phone = paired
    to = friend
    if place == "group":
        to = chrome_ground.simulator.create_group("Clientes", [phone, friend])
        wait_until(lambda: not isinstance(life.call("send_text", message(to)), CallRejected))
    life.value("send_text", first := message(to))
    short = str(first["id"])
    life.event("ack_changed", id=short)
    if not is_own:
        short = chrome_ground.write(friend, to if place == "group" else phone, "e aí?")
        heard(life, short)
    life.value("send_text", message(to, text="o que se falou depois"))
    whole = run(life, FORGET % short)
    life.value("send_text", again := message(to, quotedId=whole if is_whole else short))
    wait_until(lambda: again["id"] in [found for found, _ in chrome_ground.inbox(friend)])


def test_where_no_one_can_look_a_quote_is_not_the_callers_fault(paired: Paired, friend: str) -> None:
    life, _ = paired
    life.value("send_text", first := message(friend))
    life.event("ack_changed", id=first["id"])
    run(life, FORGET % first["id"])
    run(life, "() => { WPP.whatsapp.MsgStore.get = () => { throw new Error('database closed'); }; }")
    try:
        assert refused(life, friend, quotedId=first["id"]) == "could_not_look"
    finally:
        run(life, "() => { delete WPP.whatsapp.MsgStore.get; }")


def test_another_chats_message_is_not_quoted(
    chrome_ground: ChromeGround, paired: Paired, friend: str, new_phone: NewPhone
) -> None:
    life, _ = paired
    other = new_phone()
    chrome_ground.register(other, "Outra")
    whole = life.value("send_text", message(other))["messageId"]
    assert refused(life, friend, quotedId=whole) == "quoted_not_found"


@pytest.fixture
def dora(chrome_ground: ChromeGround, new_phone: NewPhone) -> str:
    """Someone whose chat is known by a hidden id."""
    phone = new_phone()
    chrome_ground.simulator.register(phone, "Dora", lid=f"9{phone}0"[:15])
    return phone


def spellings(ground: ChromeGround, phone: str, short: str) -> list[str]:
    names = (f"{phone}@c.us", f"{phone}@s.whatsapp.net", lid_of(ground, phone))
    return [short, *(f"false_{name}_{short}" for name in names)]


@pytest.mark.parametrize("is_loaded", [True, False], ids=["loaded", "forgotten"])
def test_a_message_of_a_hidden_person_is_quoted_under_either_name(
    chrome_ground: ChromeGround, paired: Paired, dora: str, new_phone: NewPhone, is_loaded: bool
) -> None:
    life, phone = paired
    short = chrome_ground.write(dora, phone, "e aí?")
    heard(life, short)
    other = new_phone()
    chrome_ground.register(other, "Outra")
    for quoted_id in spellings(chrome_ground, dora, short):
        if not is_loaded:
            run(life, FORGET_IF_THERE % short)
        life.value("send_text", sent := message(dora, quotedId=quoted_id))
        line = line_of(chrome_ground, dora, str(sent["id"]))
        assert line["quoted"] == short
        assert refused(life, other, quotedId=quoted_id) == "quoted_not_found"
    assert refused(life, dora, quotedId=f"true_{dora}@c.us_{short}") == "quoted_not_found"
    assert refused(life, dora, quotedId=f"false_{other}@c.us_{short}") == "quoted_not_found"


FORGET_IF_THERE = """() => {
  const { MsgStore, ChatStore } = WPP.whatsapp;
  const message = MsgStore.findFirst(({ id }) => id.id === '%s');
  if (!message) return;
  ChatStore.get(message.id.remote).msgs.remove(message.id);
  MsgStore.remove(message.id);
}"""


def line_of(ground: ChromeGround, phone: str, message_id: str) -> Any:
    """What has reached the phone under this id."""
    lines = ground.simulator.inbox
    return wait_until(lambda: next((line for line in lines(phone) if line["id"] == message_id), None))


@pytest.mark.parametrize("is_loaded", [True, False], ids=["loaded", "forgotten"])
def test_media_of_a_hidden_person_is_had_under_either_name(
    chrome_ground: ChromeGround, paired: Paired, dora: str, new_phone: NewPhone, is_loaded: bool
) -> None:
    life, phone = paired
    short = chrome_ground.simulator.write_media(dora, phone, b"foto", "image/jpeg", "foto.jpg", "olha")
    heard(life, short)
    for message_id in spellings(chrome_ground, dora, short):
        if not is_loaded:
            run(life, FORGET_IF_THERE % short)
        media = life.value("download_media", {"messageId": message_id})
        assert (media["id"], media["size"], media["fileName"]) == (short, 4, "foto.jpg")
        assert set(media["chats"]) == {f"{dora}@c.us", lid_of(chrome_ground, dora)}
    for wrong in (f"false_{new_phone()}@c.us_{short}", f"true_{dora}@c.us_{short}", "false_x", "_", ""):
        outcome = life.call("download_media", {"messageId": wrong})
        assert isinstance(outcome, CallRejected), wrong
        assert outcome.reason == "media_gone"


def heard(life: Life, message_id: str) -> Any:
    """What the page tells of the received message."""

    def told() -> Any:
        life.hear()
        messages = [e.data["message"] for e in life.events if e.name == "message_received"]
        return next((one for one in messages if one["id"] == message_id), None)

    return wait_until(told)


@pytest.mark.parametrize("place", ["person", "hidden person", "group"])
def test_a_reply_says_what_it_answers(
    chrome_ground: ChromeGround, paired: Paired, friend: str, dora: str, place: str
) -> None:
    life, phone = paired
    person = friend if place == "person" else dora
    to, simulator = phone, chrome_ground.simulator
    if place == "group":
        to = simulator.create_group("Clientes", [phone, person])
        wait_until(lambda: not isinstance(life.call("send_text", message(to)), CallRejected))
    target = to if place == "group" else person
    life.value("send_text", ours := message(target, text="posso ajudar?"))
    life.event("ack_changed", id=ours["id"])
    theirs = simulator.write(person, to, "quero um bolo")
    picture = simulator.write_media(person, to, b"foto", "image/jpeg", "foto.jpg", "deste")
    wanted = [
        (theirs, f"{person}@c.us", False, "chat", "quero um bolo"),
        (picture, f"{person}@c.us", False, "image", "deste"),
        (str(ours["id"]), f"{phone}@c.us", True, "chat", "posso ajudar?"),
    ]
    for message_id, who, from_me, kind, body in wanted:
        told = heard(life, simulator.write(person, to, "isto", quoted=message_id))
        assert told["quotedId"] == message_id
        content = {"body" if kind == "chat" else "caption": body}
        assert told["quoted"] == {
            "id": message_id, "from": who, "fromMe": from_me, "type": kind, "content": content,
        }  # fmt: skip


def test_a_message_that_answers_nothing_quotes_nothing(
    chrome_ground: ChromeGround, paired: Paired, friend: str
) -> None:
    life, phone = paired
    assert "quoted" not in heard(life, chrome_ground.write(friend, phone, "oi"))


BY_USER = "() => WPP.whatsapp.MsgStore.findFirst(({ id }) => id.id === '%s').isCaptionByUser"


@pytest.mark.parametrize(
    ("caption", "by_user"), [({}, False), ({"caption": ""}, False), ({"caption": "olha"}, True)]
)
def test_a_file_without_a_caption_gives_wa_js_none(
    paired: Paired, friend: str, tmp_path: Path, caption: dict[str, str], by_user: bool
) -> None:
    """wa-js marks a caption that it is given, be it empty, as one that a person has typed."""
    life, _ = paired
    file = tmp_path / "a.pdf"
    file.write_bytes(b"%PDF-1.7")
    outcomes: list[Any] = []
    life.browser.upload(file, 10.0, outcomes.append)
    blob = wait_until(lambda: outcomes)[0]["blob"]
    sent = {"id": message(friend)["id"], "to": friend, "kind": "document", "mimetype": "application/pdf"}
    life.value("send_media", {**sent, "fileName": "a.pdf", "source": blob, **caption})
    assert run(life, BY_USER % sent["id"]) is by_user


def test_what_the_page_holds_is_found_while_its_send_hangs(
    chrome_ground: ChromeGround, paired: Paired, friend: str
) -> None:
    """Another page of this login has sent it; this one is asked for it again, and WhatsApp is silent."""
    life, phone = paired
    held = chrome_ground.write(phone, friend, "oi")
    wait_until(
        lambda: run(life, f"() => Boolean(WPP.whatsapp.MsgStore.findFirst(({{ id }}) => id.id === '{held}'))")
    )
    run(life, "() => { WPP.whatsapp.GroupMetadataStore.find = () => new Promise(() => {}); }")
    try:
        life.begin("send_text", {**message("120363777777777777@g.us"), "id": held})
        assert life.value("find_message", {"to": friend, "id": held})["found"]
    finally:
        run(life, LOOK_UP_WORKS)


# ---- WhatsApp's limits on new contacts


def known_and_stranger(ground: ChromeGround, life: Life, phone: str, new_phone: NewPhone) -> tuple[str, str]:
    """Somebody who has written to the account, and somebody who has not."""
    known, stranger = new_phone(), new_phone()
    for number in (known, stranger):
        ground.register(number, "Alguém")
    heard(life, ground.write(known, phone, "oi"))
    return known, stranger


@pytest.mark.parametrize(
    ("fault", "name", "word"),
    [
        ("reachout_timelock", "reachout", "reachout_timelock"),
        ("new_chat_cap", "quota", "new_chat_quota"),
    ],
)
def test_a_limit_is_known_with_its_end_before_any_send(
    chrome_ground: ChromeGround, paired: Paired, new_phone: NewPhone, fault: str, name: str, word: str
) -> None:
    life, phone = paired
    known, stranger = known_and_stranger(chrome_ground, life, phone, new_phone)
    life.forget()
    end = int(time.time()) + 7200
    options = {"until": end} if name == "reachout" else {"cycleEnds": end, "total": 5, "used": 5}
    order = chrome_ground.simulator.fault(fault, phone=phone, **options)
    told = wait_until(lambda: [e.data[name] for e in events_named(life, "limits_changed") if name in e.data])
    assert (told[-1]["active"], told[-1]["until"]) == (True, end)
    refusal = life.call("send_text", message(stranger))
    assert isinstance(refusal, CallRejected)
    assert (refusal.reason, refusal.until) == (word, end)
    life.value("send_text", message(known))
    chrome_ground.simulator.delete_fault(order)
    wait_until(lambda: isinstance(life.call("send_text", message(stranger)), dict))
    wait_until(lambda: [line[1] for line in chrome_ground.inbox(stranger)] == ["oi"])


@pytest.mark.parametrize(("code", "word"), [(463, "reachout_timelock"), (475, "new_chat_quota")])
def test_after_a_refusal_no_further_new_contact_is_tried(
    chrome_ground: ChromeGround, paired: Paired, new_phone: NewPhone, code: int, word: str
) -> None:
    life, phone = paired
    strangers = [new_phone() for _ in range(4)]
    for number in strangers:
        chrome_ground.register(number, "Alguém")
    order = chrome_ground.simulator.fault("send_reject", phone=phone, errorCode=code)
    # A limit of which WhatsApp did not tell is kept to for a minute.
    life.forget()
    chrome_ground.reload(life, phone)
    life.event("ready")
    life.facts(mode="MAIN", stream="CONNECTED")
    outcomes = [life.call("send_text", message(number)) for number in strangers]
    chrome_ground.simulator.delete_fault(order)
    assert isinstance(outcomes[0], dict)
    assert life.event("send_failed")["reason"] == word
    assert all(isinstance(outcome, CallRejected) and outcome.reason == word for outcome in outcomes[1:])
    tried = [line for line in chrome_ground.simulator.log() if line["event"] == "send"]
    assert [line for line in tried if line.get("to", "").split("@")[0] in strangers[1:]] == []


def events_named(life: Life, name: str) -> list[PageEvent]:
    life.hear()
    return [event for event in life.events if event.name == name]
