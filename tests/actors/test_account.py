"""Whose number a session speaks with, and that another one is never taken for granted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.actors.gateway import Gateway
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import EVENT_NAMES

ME, OTHER = "5511999990001", "5511999990002"


def connections(gateway: Gateway) -> list[dict[str, Any]]:
    return [event for event in gateway.events("a", "connection_change") if event["status"] == "connected"]


def pair_again(gateway: Gateway, number: str) -> None:
    gateway.until("a", State.WAITING_SCAN)
    gateway.run_until(lambda: gateway.status("a").qr is not None, 60)
    qr = gateway.status("a").qr
    assert qr
    assert gateway.browsers.scan(qr.text, number)
    gateway.until("a", State.CONNECTED)


def test_a_connection_tells_its_number(gateway: Gateway):
    gateway.connect("a", ME)
    [connected] = connections(gateway)
    assert (connected["phone"], connected["reasonCode"]) == (ME, "READY")
    others = [event for event in gateway.events("a", "connection_change") if event["status"] != "connected"]
    assert others
    assert not any("phone" in event for event in others)


@pytest.mark.parametrize("way", ["unlinked", "logged out", "after a crash of the daemon"])
def test_another_number_is_told(gateway: Gateway, way: str):
    browser = gateway.connect("a", ME)
    if way == "logged out":
        gateway.log_out("a")
        gateway.start("a")
    else:
        browser.unlink()
    if way == "after a crash of the daemon":
        gateway.until("a", State.WAITING_SCAN)
        gateway.kill_daemon()
        gateway.boot()
    pair_again(gateway, OTHER)
    [changed] = gateway.events("a", "account_changed")
    assert (changed["phone"], changed["previousPhone"]) == (OTHER, ME)
    connected = connections(gateway)[-1]
    assert (connected["phone"], connected["reasonCode"]) == (OTHER, "ACCOUNT_CHANGED")
    assert gateway.reason("a") is Reason.ACCOUNT_CHANGED


def test_the_same_number_again_is_no_alarm(gateway: Gateway):
    gateway.connect("a", ME).unlink()
    pair_again(gateway, ME)
    gateway.restart("a")
    gateway.until("a", State.CONNECTED)
    assert gateway.events("a", "account_changed") == []
    assert {event["reasonCode"] for event in connections(gateway)} == {"READY"}


def test_it_is_told_once_each_time(gateway: Gateway):
    gateway.connect("a", ME).unlink()
    pair_again(gateway, OTHER)
    gateway.restart("a")
    gateway.until("a", State.CONNECTED)
    gateway.run(60)
    assert len(gateway.events("a", "account_changed")) == 1
    assert gateway.reason("a") is Reason.READY
    gateway.browser("a").unlink()
    pair_again(gateway, ME)
    assert [event["previousPhone"] for event in gateway.events("a", "account_changed")] == [ME, OTHER]


def test_a_number_that_is_known_late_is_told_all_the_same(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.set_facts(phone="")
    gateway.run(1)
    browser.set_facts(phone=OTHER)
    gateway.run(1)
    [changed] = gateway.events("a", "account_changed")
    assert changed["phone"] == OTHER


def test_a_purged_session_s_name_begins_without_a_past(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.purge("a")
    gateway.connect("a", OTHER)
    assert gateway.events("a", "account_changed") == []


@pytest.mark.parametrize(
    ("wanted", "delivered"),
    [(EVENT_NAMES, False), (("account_changed",), True), (("*",), True), (("error",), False)],
)
def test_it_is_delivered_to_who_asks_for_it(gateway: Gateway, wanted: tuple[str, ...], delivered: bool):
    browser = gateway.connect("a", ME, events=wanted)
    browser.unlink()
    pair_again(gateway, OTHER)
    gateway.run(10)
    assert ("account_changed" in {post.name for post in gateway.posts}) is delivered
    if wanted == ("*",):
        assert {post.name for post in gateway.posts} >= {"account_changed", "connection_change"}
