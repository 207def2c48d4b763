"""Browsers that die, hang, fall silent or never come up: what is done about it, when, and what is told."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway
from wppmt.browser.port import Beat, ChannelClosed, PageEvent
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State

ME, FRIEND = "5511999990001", "5511888880001"
ENDLESS = 10_000


def attempts(gateway: Gateway, count: int) -> list[float]:
    """The moments of the next `count` failed attempts of session `a`."""
    seen = len(gateway.logged("browser_failed"))
    gateway.run_until(lambda: len(gateway.logged("browser_failed")) >= seen + count, limit=3600)
    return [line.at for line in gateway.logged("browser_failed")[seen:]]


def waits(moments: list[float]) -> list[float]:
    return [after - before for before, after in pairwise(moments)]


def test_the_first_crash_is_answered_at_once(gateway: Gateway):
    gateway.connect("a", ME).crash()
    begin = gateway.time.moment
    gateway.settle()
    assert gateway.state("a") is State.RECONNECTING
    assert gateway.reason("a") is Reason.BROWSER_CRASHED
    gateway.until("a", State.CONNECTED)
    assert gateway.time.moment - begin < 2
    assert gateway.changes("a")[-2:] == ["reconnecting", "connected"]
    assert gateway.record("a").restarts == 1


def test_then_every_30_seconds_give_or_take_a_tenth_without_end(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.browsers.refuse_start("a", "BROWSER_CRASHED", times=ENDLESS)
    browser.crash()
    first, second, *rest = attempts(gateway, 40)
    assert second - first < 1
    assert all(27.0 <= wait <= 33.1 for wait in waits([second, *rest]))
    assert len({round(wait, 3) for wait in waits(rest)}) > 20


def test_ten_failures_are_an_error_reported_once_and_it_goes_on(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.browsers.refuse_start("a", "CHROME_MISSING", times=25)
    browser.crash()
    attempts(gateway, 9)
    assert gateway.state("a") is State.RECONNECTING
    attempts(gateway, 1)
    assert gateway.state("a") is State.ERROR
    assert gateway.reason("a") is Reason.RECONNECT_FAILED
    told = len(gateway.events("a"))
    attempts(gateway, 10)
    assert len(gateway.events("a")) == told
    [error] = gateway.events("a", "error")
    assert (error["code"], error["recoverable"]) == ("RECONNECT_FAILED", True)
    gateway.until("a", State.CONNECTED, limit=600)
    assert gateway.record("a").failures == 0
    assert gateway.changes("a")[-3:] == ["reconnecting", "error", "connected"]


def test_each_series_of_ten_is_reported(gateway: Gateway):
    for _ in range(2):
        browser = gateway.connect("a", ME) if gateway.state("a") is None else gateway.browser("a")
        gateway.browsers.refuse_start("a", "BROWSER_CRASHED", times=12)
        browser.crash()
        gateway.settle()
        gateway.until("a", State.CONNECTED, limit=600)
    assert [event["code"] for event in gateway.events("a", "error")] == ["RECONNECT_FAILED"] * 2


def test_a_restart_of_the_daemon_does_not_forget_how_often_it_failed(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.browsers.refuse_start("a", "BROWSER_CRASHED", times=ENDLESS)
    browser.crash()
    attempts(gateway, 6)
    gateway.kill_daemon()
    gateway.boot()
    attempts(gateway, 14)
    assert len(gateway.events("a", "error")) == 1


def test_the_quick_retry_is_earned_again_by_a_minute_of_health(gateway: Gateway):
    gateway.connect("a", ME).crash()
    gateway.settle()
    gateway.until("a", State.CONNECTED)
    gateway.run(61)
    gateway.browser("a").crash()
    gateway.settle()
    assert gateway.until("a", State.CONNECTED) < 2


def test_less_than_a_minute_of_health_earns_nothing_not_even_in_parts(gateway: Gateway):
    gateway.connect("a", ME).crash()
    gateway.settle()
    gateway.until("a", State.CONNECTED)
    for seconds in (40, 20, 20, 50, 5):
        gateway.run(seconds)
        gateway.browser("a").crash()
        gateway.settle()
        assert 27 <= gateway.until("a", State.CONNECTED) <= 35


def test_an_admins_restart_clears_counters_and_backoff(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.browsers.refuse_start("a", "BROWSER_CRASHED", times=12)
    browser.crash()
    attempts(gateway, 12)
    assert gateway.state("a") is State.ERROR
    gateway.browsers._refusals.clear()
    gateway.restart("a")
    assert gateway.until("a", State.CONNECTED) < 3
    gateway.browser("a").crash()
    gateway.settle()
    assert gateway.until("a", State.CONNECTED) < 3


@pytest.mark.parametrize("seed", range(5))
def test_a_hung_browser_is_noticed_within_35_seconds(make_gateway: MakeGateway, seed: int):
    gateway = make_gateway(seed=seed)
    browser = gateway.connect("a", ME)
    gateway.run(7.0 * seed)
    browser.hang()
    begin = gateway.time.moment
    gateway.until("a", State.RECONNECTING)
    assert gateway.time.moment - begin < 35
    assert gateway.reason("a") is Reason.BROWSER_HUNG
    gateway.until("a", State.CONNECTED)
    assert not browser.is_alive
    browser.wake()
    gateway.run(60)
    assert gateway.state("a") is State.CONNECTED
    assert len(gateway.browsers.living("a")) == 1


def test_a_browser_that_stalls_for_a_moment_is_left_alone(gateway: Gateway):
    browser = gateway.connect("a", ME)
    for _ in range(5):
        browser.hang()
        gateway.run(12)
        browser.wake()
        gateway.run(30)
    assert gateway.count_browsers("a") == 1


def test_a_channel_that_only_loses_events_is_asked_and_nothing_is_lost(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.go_silent()
    ids = [browser.receive(FRIEND, f"oi {index}") for index in range(5)]
    gateway.run(60)
    browser.go_silent(False)
    gateway.run(15)
    assert gateway.received("a") == ids
    assert gateway.count_browsers("a") == 1


def test_a_page_whose_beats_tell_of_nothing_new_is_not_read_again(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.receive(FRIEND)
    gateway.run(20)
    before = len(browser.calls)
    gateway.run(60)
    assert {name for name, _ in browser.calls[before:]} == {"ask_server"}, (
        "only whether it is still connected"
    )


def test_a_closed_channel_ends_the_browser_behind_it(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.drop_channel()
    gateway.settle()
    gateway.until("a", State.CONNECTED)
    assert gateway.browsers.living("a") == [gateway.browser("a")]
    assert gateway.browser("a") is not browser


def test_a_start_that_hangs_is_given_up_and_tried_again(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.hang_start("a")
    gateway.restart("a")
    gateway.settle()
    assert 150 < gateway.until("a", State.CONNECTED, limit=600) < 190


def test_a_start_that_hangs_can_be_closed(gateway: Gateway):
    gateway.hang_start("a")
    gateway.start("a")
    gateway.run(10)
    begin = gateway.time.moment
    gateway.close("a")
    assert gateway.time.moment - begin <= 41
    assert gateway.state("a") is State.DISCONNECTED


def test_late_words_of_an_earlier_browser_change_nothing(gateway: Gateway):
    old = gateway.connect("a", ME)
    notify = old._notify
    gateway.restart("a")
    gateway.settle()
    gateway.until("a", State.CONNECTED)
    told, record = len(gateway.events("a")), gateway.record("a")
    notify(PageEvent("old", 1, "message_received", {"message": {"id": "X"}}))
    notify(PageEvent("old", 2, "qr_changed", {"code": "2@old"}))
    notify(Beat("old", 9, {"ready": True, "mode": "QR"}))
    notify(ChannelClosed())
    gateway.run(5)
    assert len(gateway.events("a")) == told
    assert gateway.record("a").failures == record.failures
    assert gateway.state("a") is State.CONNECTED


def test_a_channel_that_closes_after_its_browser_was_closed_is_no_failure(gateway: Gateway):
    notify = gateway.connect("a", ME)._notify
    gateway.close("a")
    notify(ChannelClosed())
    gateway.start("a")
    gateway.until("a", State.CONNECTED)
    gateway.close("a")
    gateway.world.profiles["a"].login = None
    gateway.start("a")
    gateway.until("a", State.ERROR)
    notify = gateway.browser("a")._notify
    gateway.run(5)
    notify(ChannelClosed())
    gateway.run(60)
    assert gateway.reason("a") is Reason.TOKEN_CORRUPT
    assert gateway.browsers.living("a") == []
    assert not gateway.logged("actor_failed")
    assert not gateway.logged("browser_failed")


def test_one_tenants_trouble_is_that_tenants(gateway: Gateway):
    gateway.connect("a", ME)
    other = gateway.connect("b", FRIEND)
    told, pid = len(gateway.events("b")), other.pid
    for _ in range(5):
        gateway.browser("a").crash()
        gateway.run(45)
    assert len(gateway.events("b")) == told
    assert gateway.browser("b").pid == pid
    assert gateway.record("b").restarts == 0


def test_a_page_that_answers_and_sends_nothing_is_exchanged(gateway: Gateway):
    browser = gateway.connect("a", ME)
    gateway.run(70)
    browser.go_silent()
    gateway.run(20)
    message_id = browser.receive(FRIEND)
    gateway.run(20)
    assert gateway.received("a") == [message_id]
    assert gateway.state("a") is State.CONNECTED
    assert gateway.until("a", State.RECONNECTING, 120) < 60
    assert gateway.reason("a") is Reason.CHANNEL_SILENT
    gateway.until("a", State.CONNECTED, 5)
    assert not browser.is_alive
