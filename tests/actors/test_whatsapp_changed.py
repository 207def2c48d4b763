"""WhatsApp changes without a word: what a page lacks is named, told once, and over by itself when it is mended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.actors.gateway import Gateway
from wppmt.domain import sends
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.inventory import UNTOLD_MESSAGES, WHOLE, Inventory
from wppmt.domain.messages import session_address
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State

ME, FRIEND = "5511999990001", "5511888880001"
DEAF = Inventory(
    missing=("MsgStore",), can_receive=False, can_send=False, can_ack=False, can_send_media=False
)
DUMB = Inventory(missing=("addAndSendMsgToChat",), can_send=False, can_send_media=False)
NO_MEDIA = Inventory(missing=("MediaPrep",), can_send_media=False)
NO_WA_JS = Inventory(
    missing=("wa-js", "isAuthenticated"),
    can_receive=False,
    can_send=False,
    can_ack=False,
    can_send_media=False,
)


def alerts(gateway: Gateway) -> list[str]:
    return [event["error"] for event in gateway.events("a", "error") if event["code"] == "WHATSAPP_CHANGED"]


def refusal(gateway: Gateway, request: object) -> Refusal:
    with pytest.raises(Refusal) as refused:
        gateway.ask(session_address("a"), request)
    return refused.value


TEXT = sends.SendText(FRIEND, "oi")
PICTURE = sends.AnnounceMedia()


@pytest.mark.parametrize("lost", [DEAF, NO_WA_JS])
def test_a_page_that_cannot_receive_is_never_called_connected(gateway: Gateway, lost: Inventory):
    browser = gateway.connect("a", ME)
    gateway.world.inventories["a"] = lost
    gateway.restart("a")
    gateway.until("a", State.ERROR, 60)
    assert gateway.reason("a") is Reason.WHATSAPP_CHANGED
    assert "connected" not in gateway.changes("a")[-2:]
    [alert] = alerts(gateway)
    assert lost.missing[0] in alert
    assert lost.missing[0] in gateway.events("a", "connection_change")[-1]["reason"]
    assert gateway.record("a").has_login
    refused = refusal(gateway, TEXT)
    assert refused.code is Code.WHATSAPP_CHANGED
    assert refused.details == [{"field": name, "problem": "não existe mais"} for name in lost.missing]
    assert not browser.is_alive


def test_it_is_looked_at_again_every_quarter_of_an_hour_and_told_once(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.world.inventories["a"] = DEAF
    gateway.restart("a")
    gateway.until("a", State.ERROR, 60)
    opened = gateway.count_browsers("a")
    gateway.run(3600)
    assert gateway.count_browsers("a") == opened + 3
    assert (len(alerts(gateway)), gateway.record("a").failures) == (1, 0)
    del gateway.world.inventories["a"]
    gateway.until("a", State.CONNECTED, 1000)
    assert (gateway.reason("a"), gateway.record("a").missing) == (Reason.READY, "")


def test_a_wa_js_that_gave_up_is_loaded_anew_when_all_else_is_back(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.world.inventories["a"] = NO_WA_JS
    gateway.restart("a")
    gateway.until("a", State.ERROR, 60)
    opened = gateway.count_browsers("a")
    del gateway.world.inventories["a"]
    browser = gateway.browser("a")
    browser.inventory = WHOLE
    browser.page.take_inventory(replace(NO_WA_JS, missing=("wa-js",)))
    gateway.until("a", State.CONNECTED, 10)
    assert gateway.count_browsers("a") == opened


def test_a_page_that_is_mended_while_it_lives_recovers_at_once_and_loses_nothing(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.world.inventories["a"] = DEAF
    gateway.restart("a")
    gateway.until("a", State.ERROR, 60)
    browser = gateway.browser("a")
    browser.page.traffic.deaf = True
    meanwhile = browser.receive(FRIEND, "enquanto isso")
    gateway.run(60)
    opened = gateway.count_browsers("a")
    browser.change(WHOLE)
    gateway.until("a", State.CONNECTED, 10)
    gateway.run(5)
    assert gateway.received("a") == [meanwhile]
    assert gateway.count_browsers("a") == opened
    gateway.run(1000)
    assert gateway.received("a") == [meanwhile]


def test_a_mended_page_is_connected_again_only_when_it_has_loaded_anew(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.change(DUMB)
    gateway.settle()
    old, told = gateway.record("a").page, len(gateway.changes("a"))
    browser.change(WHOLE)
    gateway.run_until(lambda: len(gateway.changes("a")) > told)
    assert gateway.state("a") is State.RECONNECTING
    gateway.until("a", State.CONNECTED, 10)
    assert gateway.record("a").page != old
    assert gateway.changes("a")[told:] == ["reconnecting", "connected"]


def test_a_page_that_loads_anew_with_another_build_is_looked_at_at_once(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.world.inventories["a"] = DEAF
    gateway.restart("a")
    gateway.until("a", State.ERROR, 60)
    opened = gateway.count_browsers("a")
    browser = gateway.browser("a")
    browser.inventory = replace(WHOLE, whatsapp_build="2.3000.2")
    browser.reload()
    assert gateway.until("a", State.CONNECTED, 30) < 30
    assert gateway.count_browsers("a") == opened


@pytest.mark.parametrize(
    ("lost", "request_", "other"), [(DUMB, TEXT, None), (DUMB, PICTURE, None), (NO_MEDIA, PICTURE, TEXT)]
)
def test_what_a_connected_account_cannot_send_is_refused_by_name(
    gateway: Gateway, lost: Inventory, request_: object, other: object
):
    browser = gateway.connect("a", ME)
    gateway.world.add_phone(FRIEND)
    browser.change(lost)
    gateway.settle()
    assert (gateway.state("a"), gateway.reason("a")) == (State.CONNECTED, Reason.WHATSAPP_CHANGED)
    refused = refusal(gateway, request_)
    assert refused.code is Code.WHATSAPP_CHANGED
    assert refused.extra == {"status": "connected", "reconnectRequired": False}
    assert [detail["field"] for detail in refused.details] == list(lost.missing)
    if other:
        assert gateway.ask(session_address("a"), other).ack == 1
    received = browser.receive(FRIEND)
    gateway.run(3600)
    assert gateway.received("a") == [received]
    assert len(alerts(gateway)) == 1
    browser.change(WHOLE)
    gateway.run(60)
    assert (gateway.state("a"), gateway.reason("a")) == (State.CONNECTED, Reason.READY)
    gateway.ask(session_address("a"), request_)


def test_what_was_accepted_waits_for_a_page_that_can_send(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.world.add_phone(FRIEND)
    reply = gateway.request(session_address("a"), sends.SendText(FRIEND, "oi", typing_ms=3000))
    gateway.run(1)
    browser.change(DUMB)
    gateway.run(60)
    assert gateway.inbox(FRIEND) == []
    browser.change(WHOLE)
    gateway.run(60)
    assert gateway.inbox(FRIEND) == [reply.value.id]


# ---- a page that does not hear


def test_one_message_that_no_event_told_of_is_delivered_and_proves_nothing(gateway: Gateway):
    browser = gateway.connect("a", ME)
    message_id = browser.receive(FRIEND, unheard=True)
    gateway.run(130)
    [told] = gateway.events("a", "message_received")
    assert (told["message"]["id"], told["backfilled"]) == (message_id, True)
    gateway.run(600)
    assert len(gateway.events("a", "message_received")) == 1
    assert (gateway.state("a"), alerts(gateway)) == (State.CONNECTED, [])


def until_error(gateway: Gateway, end: float) -> None:
    """Or until that moment; the state lasts for less than a second."""
    gateway.run_until(lambda: gateway.state("a") is State.ERROR or gateway.time.moment >= end)


def write_until_noticed(gateway: Gateway) -> list[str]:
    """A friend writes every 40 seconds to a page that has turned deaf; the ids, when the session says so."""
    gateway.browser("a").page.traffic.deaf = True
    written: list[str] = []
    while gateway.state("a") is State.CONNECTED:
        assert len(written) < 6
        written.append(gateway.browser("a").receive(FRIEND))
        until_error(gateway, gateway.time.moment + 40)
    return written


def test_a_page_that_tells_of_nothing_it_receives_is_deaf(gateway: Gateway):
    gateway.connect("a", ME)
    written = write_until_noticed(gateway)
    assert (gateway.state("a"), gateway.reason("a")) == (State.ERROR, Reason.WHATSAPP_CHANGED)
    assert UNTOLD_MESSAGES in alerts(gateway)[0]
    written.append(gateway.browser("a").receive(FRIEND))
    opened = gateway.count_browsers("a")
    gateway.until("a", State.CONNECTED, 10)
    assert gateway.count_browsers("a") == opened
    gateway.run(60)
    assert sorted(gateway.received("a")) == sorted(written)
    assert len(alerts(gateway)) == 1


def test_one_that_is_deaf_again_waits_for_its_turn(gateway: Gateway):
    gateway.connect("a", ME)
    written = write_until_noticed(gateway)
    gateway.until("a", State.CONNECTED, 10)
    written += write_until_noticed(gateway)
    assert gateway.until("a", State.CONNECTED, 1000) > 700
    gateway.run(60)
    assert sorted(gateway.received("a")) == sorted(written)
