"""A page that lives while its connection does not: phone offline, network gone, opened elsewhere, reloaded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.actors.gateway import Gateway
from wppmt.browser.fake import connection
from wppmt.browser.fake.browsers import FakeBrowser
from wppmt.browser.fake.connection import Connection
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State

ME, FRIEND = "5511999990001", "5511888880001"


@pytest.mark.parametrize(
    ("away", "back", "reason"),
    [
        ("phone_offline", "phone_online", Reason.PHONE_OFFLINE),
        ("network_lost", "network_back", Reason.NETWORK),
        ("socket_lost", "network_back", Reason.NETWORK),
    ],
)
def test_an_absence_is_reported_after_ten_seconds_and_ends_no_browser(
    gateway: Gateway, away: str, back: str, reason: Reason
):
    browser = gateway.connect("a", ME)
    getattr(browser, away)()
    gateway.run(9.5)
    assert gateway.state("a") is State.CONNECTED
    gateway.run(1)
    assert gateway.state("a") is State.PHONE_DISCONNECTED
    assert gateway.reason("a") is reason
    gateway.run(600)
    getattr(browser, back)()
    gateway.settle()
    assert gateway.state("a") is State.CONNECTED
    assert gateway.reason("a") is Reason.READY
    assert gateway.changes("a")[-3:] == ["connected", "phone_disconnected", "connected"]
    assert gateway.count_browsers("a") == 1


def test_a_page_that_finds_the_server_but_does_not_synchronise_stays_away(gateway: Gateway):
    page = gateway.connect("a", ME).page
    page.connect(connection.LOST)
    gateway.run(5)
    page.connect(Connection("PAIRING", "DISCONNECTED", has_synced=True))
    gateway.run(6)
    assert gateway.state("a") is State.PHONE_DISCONNECTED
    page.connect(Connection("CONNECTED", "DISCONNECTED", has_synced=True))
    gateway.settle()
    assert gateway.state("a") is State.PHONE_DISCONNECTED
    page.connect(connection.CONNECTED)
    gateway.settle()
    assert gateway.state("a") is State.CONNECTED


def test_a_restored_login_without_a_network_is_waited_for(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.restart("a")
    gateway.run_until(lambda: gateway.count_browsers("a") == 2 and gateway.browsers.living("a"))
    page = gateway.browser("a").page
    at_home = page._main_facts()
    offline = Connection("OPENING", "DISCONNECTED", is_online=False).facts(registered=True)
    page._main_facts = lambda: replace(at_home, **offline)  # type: ignore[method-assign]
    gateway.until("a", State.PHONE_DISCONNECTED, 30)
    assert gateway.reason("a") is Reason.NETWORK
    gateway.run(300)
    assert gateway.count_browsers("a") == 2


def test_a_short_absence_is_nobodys_business(gateway: Gateway):
    browser = gateway.connect("a", ME)
    for _ in range(5):
        browser.phone_offline()
        gateway.run(8)
        browser.phone_online()
        gateway.run(8)
    assert gateway.changes("a")[-1] == "connected"
    assert len(gateway.changes("a")) == 3


@pytest.mark.parametrize("away", ["phone_offline", "network_lost"])
def test_a_restart_while_the_phone_is_away_keeps_its_browser(gateway: Gateway, away: str):
    """It works, and the phone comes back some time: nothing is mended by starting it again and again."""
    gateway.connect("a", ME)
    gateway.restart("a")
    gateway.run_until(lambda: gateway.count_browsers("a") == 2)
    gateway.run_until(lambda: gateway.browser("a").page.facts.authenticated)
    getattr(gateway.browser("a"), away)()
    gateway.settle()
    gateway.until("a", State.PHONE_DISCONNECTED, 30)
    gateway.run(600)
    assert gateway.state("a") is State.PHONE_DISCONNECTED
    assert gateway.count_browsers("a") == 2
    assert gateway.events("a", "error") == []


def test_a_phone_that_is_away_from_the_first_moment_on_is_waited_for(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.restart("a")
    gateway.run_until(lambda: gateway.count_browsers("a") == 2 and gateway.browsers.living("a"))
    page = gateway.browser("a").page
    at_home = page._main_facts()
    page._main_facts = lambda: replace(at_home, phone_online=False)  # type: ignore[method-assign]
    gateway.until("a", State.PHONE_DISCONNECTED, 30)
    gateway.run(300)
    assert gateway.count_browsers("a") == 2
    assert gateway.changes("a")[-3:] == ["initializing", "reconnecting", "phone_disconnected"]


def test_old_facts_that_are_read_again_are_not_todays(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.go_silent()
    browser.phone_offline()
    gateway.run(1)
    browser.phone_online()
    browser.set_facts(mode="TOS_BLOCK")
    browser.set_facts(mode="MAIN")
    browser.go_silent(False)
    gateway.run(30)
    assert gateway.changes("a")[-1] == "connected"
    assert gateway.events("a", "error") == []


@pytest.mark.parametrize("away", ["phone_offline", "network_lost"])
def test_sends_are_refused_while_the_connection_is_away(gateway: Gateway, away: str):
    getattr(gateway.connect("a", ME), away)()
    gateway.until("a", State.PHONE_DISCONNECTED)
    with pytest.raises(Refusal) as refused:
        gateway.send("a", FRIEND)
    assert refused.value.code is Code.NOT_CONNECTED
    assert refused.value.extra == {"status": "phone_disconnected", "reconnectRequired": False}


def test_a_page_that_stops_half_way_is_ended_in_time(gateway: Gateway):
    gateway.connect("a", ME).set_facts(mode="SYNCING")
    gateway.settle()
    assert gateway.state("a") is State.CONNECTED
    gateway.until("a", State.RECONNECTING, 61)
    assert gateway.reason("a") is Reason.PAGE_LOAD_FAILED
    gateway.until("a", State.CONNECTED, 30)


def test_a_reload_that_never_ends_is_ended_in_time(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.run(5)
    browser.browsers.times = type(browser.browsers.times)(ready=1e9)
    browser.reload()
    gateway.until("a", State.RECONNECTING, 80)


def test_a_connection_tells_who_is_connected(gateway: Gateway):
    gateway.world.add_phone(ME, "Empresa ABC")
    gateway.connect("a", ME)
    record = gateway.record("a")
    assert (record.phone, record.pushname, record.platform) == (ME, "Empresa ABC", "android")
    assert record.connected_at == record.since
    assert record.has_login


# ---- the login is used elsewhere


def errors(gateway: Gateway) -> list[dict[str, object]]:
    return [{k: row[k] for k in ("code", "recoverable")} for row in gateway.events("a", "error")]


def test_a_login_used_elsewhere_is_noticed_and_taken_back_once(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.run(100)
    gateway.browser("a").replaced()
    assert gateway.until("a", State.RECONNECTING, 180) >= gateway.policy.server_retry
    assert gateway.reason("a") is Reason.CONFLICT
    gateway.until("a", State.CONNECTED, 40)
    gateway.run(3600)
    assert (gateway.state("a"), gateway.count_browsers("a"), errors(gateway)) == (State.CONNECTED, 2, [])


def test_one_replaced_again_within_ten_minutes_is_left_to_the_other_side(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.run(100)
    gateway.browser("a").replaced()
    gateway.until("a", State.RECONNECTING, 180)
    gateway.until("a", State.CONNECTED, 40)
    gateway.run(500)
    gateway.browser("a").replaced()
    gateway.until("a", State.ERROR, 180)
    assert gateway.reason("a") is Reason.CONFLICT
    assert errors(gateway) == [{"code": "CONFLICT", "recoverable": False}]
    gateway.run(3600)
    gateway.shut_down()
    gateway.boot()
    gateway.run(3600)
    assert (gateway.state("a"), gateway.count_browsers("a")) == (State.ERROR, 2)
    assert gateway.browsers.living("a") == []
    gateway.restart("a")
    gateway.settle()
    gateway.until("a", State.CONNECTED, 40)


def test_a_retake_of_long_ago_does_not_count(gateway: Gateway):
    gateway.connect("a", ME)
    for _ in range(3):
        gateway.run(700)
        gateway.browser("a").replaced()
        gateway.until("a", State.RECONNECTING, 180)
        gateway.until("a", State.CONNECTED, 40)
    assert errors(gateway) == []


def test_a_page_that_says_so_itself_is_taken_back_too(gateway: Gateway):
    gateway.connect("a", ME).set_facts(mode="CONFLICT")
    gateway.settle()
    gateway.until("a", State.CONNECTED, 40)
    assert (gateway.count_browsers("a"), errors(gateway)) == (2, [])


def test_one_question_without_an_answer_proves_nothing(gateway: Gateway):
    browser = gateway.connect("a", ME)
    for _ in range(5):
        browser.page.is_replaced = True
        wait_for_a_question(gateway, browser)
        browser.page.is_replaced = False
        wait_for_a_question(gateway, browser)
    assert (gateway.state("a"), gateway.count_browsers("a")) == (State.CONNECTED, 1)


def wait_for_a_question(gateway: Gateway, browser: FakeBrowser) -> None:
    def questions() -> int:
        return [function for function, _ in browser.calls].count("ask_server")

    asked = questions()
    gateway.run_until(lambda: questions() > asked)
    gateway.settle()


def test_a_network_that_is_gone_is_no_login_used_elsewhere(gateway: Gateway):
    gateway.connect("a", ME).socket_lost()
    gateway.run(3600)
    assert (gateway.state("a"), gateway.reason("a")) == (State.PHONE_DISCONNECTED, Reason.NETWORK)
    assert gateway.count_browsers("a") == 1
