"""A new login counts as saved once it is seen on the disk, and one that never got there is told as what it is."""

from __future__ import annotations

import pytest

from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway
from wppmt.browser.fake.browsers import FakeTimes
from wppmt.domain.messages import CloseSession, session_address
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State

ME = "5511999990001"


def scan(gateway: Gateway) -> None:
    """Connected at this very moment."""
    assert gateway.browsers.scan(gateway.show_qr("a"), ME)
    gateway.until("a", State.CONNECTED)


def test_a_new_login_is_saved_a_moment_after_it_is_connected(gateway: Gateway):
    scan(gateway)
    assert not gateway.record("a").login_saved
    took = gateway.run_until(lambda: gateway.record("a").login_saved)
    assert took <= FakeTimes().commit + 0.5


def test_a_kill_after_that_needs_no_new_code(gateway: Gateway):
    scan(gateway)
    gateway.run(2)
    gateway.browser("a").crash()
    gateway.run(60)
    assert (gateway.state("a"), gateway.record("a").phone) == (State.CONNECTED, ME)
    assert len(gateway.events("a", "qr_code")) == 1


def test_a_kill_before_that_is_no_corrupt_login(gateway: Gateway):
    scan(gateway)
    gateway.browser("a").crash()
    gateway.until("a", State.WAITING_SCAN, 60)
    assert gateway.reason("a") is Reason.LOGIN_NOT_SAVED
    assert gateway.events("a", "error") == []
    code = gateway.status("a").qr
    assert code
    assert gateway.browsers.scan(code.text, ME)
    gateway.until("a", State.CONNECTED)
    gateway.run_until(lambda: gateway.record("a").login_saved)


@pytest.mark.parametrize("way", ["close", "restart", "shut_down"])
def test_who_stops_in_that_moment_loses_nothing(gateway: Gateway, way: str):
    scan(gateway)
    if way == "close":
        gateway.request(session_address("a"), CloseSession())
        gateway.run(5)
        gateway.start("a")
    elif way == "restart":
        gateway.restart("a")
    else:
        gateway.shut_down()
        gateway.boot()
    gateway.until("a", State.CONNECTED, 60)
    gateway.run(5)
    assert gateway.record("a").login_saved
    assert len(gateway.events("a", "qr_code")) == 1


def test_a_login_closed_in_order_is_saved_and_its_loss_a_corruption(gateway: Gateway):
    scan(gateway)
    gateway.close("a")
    assert gateway.record("a").login_saved
    gateway.browsers.corrupt("a")
    gateway.start("a")
    gateway.until("a", State.ERROR, 60)
    assert gateway.reason("a") is Reason.TOKEN_CORRUPT


def test_the_next_daemon_goes_on_looking(make_gateway: MakeGateway):
    gateway = make_gateway(times=FakeTimes(commit=30))
    scan(gateway)
    gateway.run(3)
    gateway.kill_daemon()
    gateway.boot()
    gateway.run(5)
    assert (gateway.state("a"), gateway.record("a").login_saved) == (State.CONNECTED, False)
    gateway.run_until(lambda: gateway.record("a").login_saved, 40)
    assert gateway.count_browsers("a") == 1


def test_a_login_that_is_shown_again_was_on_the_disk(make_gateway: MakeGateway):
    """The daemon died before it could see it."""
    gateway = make_gateway(times=FakeTimes(commit=2))
    scan(gateway)
    gateway.kill_daemon()
    gateway.run(5)
    gateway.browser("a").crash()
    gateway.boot()
    gateway.until("a", State.CONNECTED, 60)
    gateway.run(1)
    assert gateway.record("a").login_saved


def test_an_unlinked_login_is_not_looked_for(make_gateway: MakeGateway):
    gateway = make_gateway(times=FakeTimes(commit=1e9))
    scan(gateway)
    gateway.run(1)
    gateway.browser("a").unlink()
    gateway.until("a", State.WAITING_SCAN)
    gateway.run(30)
    assert (gateway.reason("a"), gateway.record("a").login_saved) == (Reason.LOGGED_OUT, True)
