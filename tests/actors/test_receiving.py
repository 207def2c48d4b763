"""Messages in: each one in the log exactly once and in order, whatever happens to page, browser and daemon."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway
from wppmt.domain.states import State

ME, FRIEND, OTHER = "5511999990001", "5511888880001", "5511888880002"
GROUP = "120363041234567890@g.us"


def test_a_message_is_reported_as_the_document_shows_it(gateway: Gateway):
    gateway.world.add_phone(FRIEND, "Maria Souza")
    message_id = gateway.connect("a", ME).receive(FRIEND, "Olá, tudo bem?")
    gateway.run(1)
    [event] = gateway.events("a", "message_received")
    assert event["message"] | {"messageId": "", "timestamp": 0} == {
        "id": message_id,
        "messageId": "",
        "chatId": f"{FRIEND}@c.us",
        "fromMe": False,
        "from": f"{FRIEND}@c.us",
        "to": f"{ME}@c.us",
        "body": "Olá, tudo bem?",
        "type": "chat",
        "timestamp": 0,
        "isGroupMsg": False,
        "sender": {"name": "Maria Souza", "phone": FRIEND},
        "chatKey": f"{FRIEND}@c.us",
    }
    assert gateway.record("a").messages_received == 1


def test_an_id_that_two_people_chose_is_two_messages(gateway: Gateway):
    browser = gateway.connect("a", ME)
    for sender, group in ((FRIEND, None), (OTHER, None), (FRIEND, GROUP), (OTHER, GROUP), (FRIEND, None)):
        browser.receive(sender, id="3A00", group=group)
    gateway.run(1)
    told = [
        (e["message"]["chatId"], e["message"]["sender"]["phone"])
        for e in gateway.events("a", "message_received")
    ]
    assert told == [(f"{FRIEND}@c.us", FRIEND), (f"{OTHER}@c.us", OTHER), (GROUP, FRIEND), (GROUP, OTHER)]


def test_a_chat_keeps_its_key_when_whatsapp_moves_it_to_the_hidden_id(gateway: Gateway):
    browser = gateway.connect("a", ME)
    for names in ([f"{FRIEND}@c.us"], ["77@lid", f"{FRIEND}@c.us"], ["77@lid"]):
        browser.receive(FRIEND, marks={"chatNames": names})
    gateway.run(1)
    assert {e["message"]["chatKey"] for e in gateway.events("a", "message_received")} == {f"{FRIEND}@c.us"}


def test_what_the_owner_writes_on_the_phone_is_told_and_what_the_api_sends_is_not(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.world.add_phone(FRIEND)
    gateway.send("a", FRIEND, "pela API")
    on_the_phone = browser.write_on_phone(FRIEND, "no celular")
    gateway.run(1)
    [event] = gateway.events("a", "message_sent")
    told = event["message"]
    assert (told["id"], told["body"], told["fromMe"]) == (on_the_phone, "no celular", True)
    assert told["chatId"] == told["to"] == f"{FRIEND}@c.us"
    assert gateway.events("a", "message_received") == []
    [line] = gateway.logged("message_written_on_phone")
    assert line.details == {"id": on_the_phone, "to": told["to"], "type": "chat"}
    # Nobody asked for it: it is in the log alone.
    assert "message_sent" not in {post.name for post in gateway.posts}


def test_what_an_earlier_version_noted_as_told_is_not_told_again(gateway: Gateway):
    """So the form of these notes stays: a look at the chats after an upgrade brings it all once more."""
    browser = gateway.connect("a", ME)
    chat = f"{FRIEND}@c.us"
    with gateway.store.transaction() as transaction:
        for side, message_id in (("me", "3A00"), ("", "3A01")):
            noted = sha256(f"{chat} {side} {message_id}".encode()).hexdigest()
            transaction.remember_received("a", noted, gateway.time.moment)
    browser.write_on_phone(FRIEND, id="3A00")
    browser.receive(FRIEND, id="3A01")
    gateway.run(1)
    assert gateway.events("a", "message_sent") == gateway.events("a", "message_received") == []


def test_what_the_owner_wrote_while_nobody_listened_is_told_once(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.close("a")
    written = gateway.browser("a").write_on_phone(FRIEND)
    gateway.start("a")
    gateway.until("a", State.CONNECTED)
    gateway.run(30)
    assert [event["message"]["id"] for event in gateway.events("a", "message_sent")] == [written]


CHANGES: dict[str, dict[str, Any]] = {
    "message_revoked": {
        "messageId": "3A",
        "chatId": f"{FRIEND}@c.us",
        "from": f"{FRIEND}@c.us",
        "fromMe": False,
    },
    "message_reaction": {
        "messageId": "3A",
        "chatId": f"{FRIEND}@c.us",
        "from": f"{FRIEND}@c.us",
        "fromMe": False,
        "emoji": "👍",
    },
    "call_received": {"callId": "C1", "from": f"{FRIEND}@c.us", "isVideo": False, "isGroup": False},
    "group_change": {"groupId": GROUP, "action": "add", "by": f"{FRIEND}@c.us", "participants": []},
    "label_change": {"labelId": "1", "name": "Novo", "action": "create", "chatId": None},
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_told_once_however_often_it_is_read(gateway: Gateway, name: str):
    browser = gateway.connect("a", ME, events=("*",))
    browser.happens(name, **CHANGES[name])
    gateway.run(0.2)
    gateway.kill_daemon()
    gateway.boot()
    gateway.run(60)
    [event] = gateway.events("a", name)
    assert CHANGES[name].items() <= event.items()
    assert name in {post.name for post in gateway.posts}


def test_a_change_names_its_chat_as_messages_do(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.receive(FRIEND)
    browser.happens("message_revoked", **CHANGES["message_revoked"], chatNames=[f"{FRIEND}@c.us"])
    gateway.run(1)
    [received], [revoked] = gateway.events("a", "message_received"), gateway.events("a", "message_revoked")
    assert revoked["chatKey"] == received["message"]["chatKey"]
    assert "chatNames" not in revoked


def test_an_edited_message_is_told_in_the_form_of_a_received_one(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.receive(FRIEND, "oi")
    gateway.run(1)
    as_told = browser.page.ring[-1].data["message"]
    browser.happens("message_edited", message=as_told | {"content": {"body": "olá"}})
    gateway.run(1)
    [received], [edited] = gateway.events("a", "message_received"), gateway.events("a", "message_edited")
    assert edited["message"] == received["message"] | {"body": "olá"}


def test_who_asks_for_a_change_alone_gets_nothing_else(gateway: Gateway):
    browser = gateway.connect("a", ME, events=("call_received",))
    gateway.run(1)
    before = len(gateway.posts)
    browser.receive(FRIEND)
    browser.happens("call_received", **CHANGES["call_received"])
    gateway.run(1)
    assert [post.name for post in gateway.posts[before:]] == ["call_received"]


@pytest.mark.parametrize("chat", [GROUP, "status@broadcast", "1@newsletter"])
def test_what_a_session_does_not_want_to_hear_is_not_told(gateway: Gateway, chat: str):
    browser = gateway.connect("a", ME, ignore=("groups", "status", "channels"))
    browser.receive(FRIEND, group=chat)
    browser.happens("message_revoked", **{**CHANGES["message_revoked"], "chatId": chat})
    gateway.run(1)
    assert not gateway.events("a", "message_received")
    assert not gateway.events("a", "message_revoked")


def crash(gateway: Gateway) -> None:
    gateway.browser("a").crash()


def reload(gateway: Gateway) -> None:
    gateway.browser("a").reload()


def restart_daemon(gateway: Gateway) -> None:
    gateway.kill_daemon()
    gateway.boot()


def lose_events(gateway: Gateway) -> None:
    gateway.browser("a").go_silent(gateway.random.random() < 0.5)


def none(gateway: Gateway) -> None: ...


@pytest.mark.parametrize("seed", range(5))
def test_none_is_lost_or_reported_twice_across_crashes_reloads_and_daemons(
    make_gateway: MakeGateway, seed: int
):
    gateway = make_gateway(seed=seed)
    gateway.connect("a", ME)
    ids = []
    for number in range(30):
        ids.append(gateway.browsers.send_from_phone(FRIEND, ME, f"oi {number}"))
        for _ in range(gateway.random.randrange(12)):
            gateway.step()
        trouble = gateway.random.choice([crash, reload, restart_daemon, lose_events, none, none])
        trouble(gateway)
    gateway.browser("a").go_silent(False)
    gateway.run(60)
    told = gateway.received("a")
    assert sorted(told) == sorted(set(told))
    assert set(told) == set(ids)


def test_what_the_page_has_forgotten_holds_up_nothing_that_it_remembers(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.run(60)
    browser.go_silent()
    forgotten, remembered = browser.receive(FRIEND), browser.receive(FRIEND)
    while len(browser.page.ring) > 1:
        browser.page._ring.popleft()
    browser.go_silent(False)
    gateway.run(15)
    later = browser.receive(FRIEND)
    gateway.run(1)
    assert gateway.received("a") == [remembered, later]
    gateway.run(gateway.policy.audit_seconds)
    assert gateway.received("a") == [remembered, later, forgotten]


def test_what_came_while_stopped_comes_at_the_next_start_in_order(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.close("a")
    ids = [gateway.browsers.send_from_phone(FRIEND, ME, str(number)) for number in range(5)]
    gateway.start("a")
    gateway.until("a", State.CONNECTED)
    gateway.run(5)
    assert gateway.received("a") == ids


def test_two_tenants_can_talk(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.connect("b", FRIEND)
    sent = gateway.send("a", FRIEND, "oi")
    gateway.run(1)
    assert gateway.received("b") == [sent.id]
    assert gateway.events("a", "message_received") == []


def test_each_session_has_gap_free_numbers_of_its_own(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.connect("b", FRIEND)
    for _ in range(3):
        gateway.send("a", FRIEND)
        gateway.send("b", ME)
    gateway.run(5)
    for name in "ab":
        sequences = [event["sequence"] for event in gateway.events(name)]
        assert sequences == list(range(1, len(sequences) + 1))


def test_every_event_but_a_scanned_code_is_delivered_as_logged(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.send("a", FRIEND) if gateway.world.find(FRIEND) else gateway.browser("a").receive(FRIEND)
    gateway.run(5)
    delivered = [post.fields for post in gateway.posts]
    logged = gateway.events("a")
    assert delivered == [event for event in logged if event in delivered or event["event"] != "qr_code"]
    assert len(delivered) >= len(logged) - 1
