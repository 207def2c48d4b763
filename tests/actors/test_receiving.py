"""Messages in: each one in the log exactly once and in order, whatever happens to page, browser and daemon."""

from __future__ import annotations

import pytest

from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway
from wppmt.domain.states import State

ME, FRIEND = "5511999990001", "5511888880001"


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
    }
    assert gateway.record("a").messages_received == 1


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
