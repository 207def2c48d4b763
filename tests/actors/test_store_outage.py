"""A full disk: who asks is refused, what happened is not forgotten, and it goes on by itself afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway
from wppmt.domain import messages
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import ROOT_ACTOR, session_address
from wppmt.domain.sends import SendText
from wppmt.domain.states import State

ME, FRIEND = "5511999990001", "5511888880001"
A = session_address("a")

ASKS: dict[str, tuple[str, object]] = {
    "start": (ROOT_ACTOR, messages.StartSession("b")),
    "close": (A, messages.CloseSession()),
    "logout": (A, messages.LogOut()),
    "purge": (ROOT_ACTOR, messages.PurgeSession("a")),
    "send": (A, SendText(FRIEND, "oi")),
    "webhook": (A, messages.SetWebhook("http://eu.test/", ("error",))),
    "secret": (A, messages.RotateWebhookSecret()),
}


@pytest.mark.parametrize("name", ASKS)
def test_who_asks_learns_that_nothing_was_done(gateway: Gateway, name: str):
    gateway.connect("a", ME)
    gateway.run(1)
    record, told = gateway.record("a"), len(gateway.events("a"))
    gateway.store.is_full = True
    with pytest.raises(Refusal) as refused:
        gateway.ask(*ASKS[name])
    assert refused.value.code is Code.STORE_UNAVAILABLE
    gateway.store.is_full = False
    gateway.run(30)
    assert gateway.state("a") is State.CONNECTED
    assert gateway.count_browsers("a") == 1
    assert gateway.record("a").desired is record.desired
    assert len(gateway.events("a")) == told
    assert gateway.inbox(FRIEND) == []
    assert gateway.state("b") is None
    assert gateway.browsers.living("b") == []


@pytest.mark.parametrize("name", ASKS)
def test_the_same_works_when_there_is_room_again(gateway: Gateway, name: str):
    gateway.world.add_phone(FRIEND)
    gateway.connect("a", ME)
    gateway.store.is_full = True
    with pytest.raises(Refusal):
        gateway.ask(*ASKS[name])
    gateway.store.is_full = False
    gateway.run(2)
    gateway.ask(*ASKS[name])
    assert not gateway.logged("actor_failed")


def test_messages_that_arrive_meanwhile_are_reported_in_order_afterwards(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.store.is_full = True
    ids = []
    for number in range(5):
        ids.append(browser.receive(FRIEND, str(number)))
        gateway.run(13)
    gateway.store.is_full = False
    gateway.run(2)
    assert gateway.received("a") == ids
    assert gateway.count_browsers("a") == 1
    assert gateway.state("a") is State.CONNECTED


def test_who_asks_does_not_overtake_what_happened(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.store.is_full = True
    message_id = browser.receive(FRIEND)
    gateway.settle()
    gateway.store.is_full = False
    close = gateway.request(A, messages.CloseSession())
    gateway.settle()
    with pytest.raises(Refusal) as refused:
        _ = close.value
    assert refused.value.code is Code.STORE_UNAVAILABLE
    gateway.run(2)
    assert gateway.received("a") == [message_id]
    gateway.close("a")


def test_an_outage_makes_nobody_look_hung(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.store.is_full = True
    for _ in range(10):
        browser.receive(FRIEND)
        gateway.run(30)
    gateway.store.is_full = False
    gateway.run(10)
    assert not gateway.logged("actor_replaced")
    assert gateway.count_browsers("a") == 1


def crash(gateway: Gateway) -> None:
    gateway.browser("a").crash()


def hang(gateway: Gateway) -> None:
    gateway.browser("a").hang()


def stop_half_way(gateway: Gateway) -> None:
    gateway.browser("a").set_facts(mode="SYNCING")


def go_offline(gateway: Gateway) -> None:
    gateway.browser("a").phone_offline()


@pytest.mark.slow
@pytest.mark.parametrize("trouble", [crash, hang, stop_half_way, go_offline])
@pytest.mark.parametrize("after", [0, 1, 2, 3, 4])
def test_trouble_in_an_outage_is_not_forgotten(
    gateway: Gateway, trouble: Callable[[Gateway], None], after: int
):
    """Whichever commit is refused, the session finds its way as soon as there is room."""
    gateway.connect("a", ME)
    gateway.run(70)
    gateway.store.fill_after = after
    trouble(gateway)
    gateway.run(120)
    gateway.store.fill_after, gateway.store.is_full = None, False
    if trouble is go_offline:
        gateway.until("a", State.PHONE_DISCONNECTED, 60)
        gateway.browser("a").phone_online()
    gateway.run(90)
    assert gateway.state("a") is State.CONNECTED
    assert len(gateway.browsers.living("a")) == 1
    assert not gateway.logged("actor_failed")
    before = "disconnected"
    for change in gateway.events("a", "connection_change"):
        assert change["previousStatus"] == before
        before = change["status"]


@pytest.mark.slow
@pytest.mark.parametrize("after", range(8))
def test_an_outage_while_starting_is_survived(gateway: Gateway, after: int):
    gateway.connect("a", ME)
    gateway.close("a")
    gateway.store.fill_after = after
    reply = gateway.request(ROOT_ACTOR, messages.StartSession("a"))
    gateway.run(100)
    gateway.store.fill_after, gateway.store.is_full = None, False
    gateway.run(60)
    accepted = not isinstance(reply.answers[0], Refusal)
    assert gateway.state("a") is (State.CONNECTED if accepted else State.DISCONNECTED)


@pytest.mark.parametrize("after", range(4))
def test_a_boot_in_an_outage_waits_for_room(gateway: Gateway, after: int):
    gateway.connect("a", ME)
    gateway.kill_daemon()
    gateway.store.fill_after = after
    gateway.boot()
    gateway.run(100)
    gateway.store.fill_after, gateway.store.is_full = None, False
    gateway.run(60)
    assert gateway.state("a") is State.CONNECTED
    assert len(gateway.browsers.living("a")) == 1


def test_a_send_in_an_outage_is_never_handed_over_without_its_journal(gateway: Gateway):
    gateway.world.add_phone(FRIEND)
    gateway.connect("a", ME)
    for after in range(6):
        gateway.store.fill_after = after
        reply = gateway.request(A, SendText(FRIEND, str(after)))
        gateway.run(30)
        gateway.store.fill_after, gateway.store.is_full = None, False
        gateway.run(60)
        if isinstance(reply.answers[0], Refusal):
            assert gateway.inbox(FRIEND) == []
        else:
            assert gateway.inbox(FRIEND) == [reply.value.id]
            assert gateway.acks("a", reply.value.id) == ["sent"]
        gateway.world.inboxes[FRIEND].clear()


def test_a_refused_start_gives_its_room_back(make_gateway: MakeGateway):
    gateway = make_gateway(max_sessions=1)
    gateway.store.is_full = True
    with pytest.raises(Refusal):
        gateway.start("a")
    gateway.store.is_full = False
    gateway.run(10)
    assert gateway.start("b").created


def test_webhooks_wait_and_then_leave(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.run(1)
    posted = len(gateway.posts)
    gateway.store.is_full = True
    message_id = browser.receive(FRIEND)
    gateway.run(30)
    assert len(gateway.posts) == posted
    gateway.store.is_full = False
    gateway.run(2)
    assert gateway.posts[-1].fields["message"]["id"] == message_id
