"""QR codes, pairing codes, logins that end: what a session tells while nobody is logged in."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway
from tests.defaults import session_policy
from wppmt.browser.fake import connection
from wppmt.browser.fake.browsers import FakeTimes
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import Desired, SessionRecord

ME, OTHER = "5511999990001", "5511999990002"


def epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def assert_nobody(record: SessionRecord) -> None:
    """Nothing that is shown is the old login's."""
    shown = (record.phone, record.pushname, record.platform, record.connected_at, record.has_login)
    assert shown == ("", "", "", None, False)


def test_each_code_is_reported_once_with_the_moment_at_which_it_ends(gateway: Gateway):
    gateway.show_qr("a")
    shown_at = gateway.time.moment
    gateway.browser("a").page.traffic.take_undelivered()
    gateway.run(45)
    events = gateway.events("a", "qr_code")
    texts = [event["qrCode"] for event in events]
    assert len(texts) == len(set(texts)) == 1
    assert epoch(events[0]["expiresAt"]) == pytest.approx(shown_at + 60, abs=1)
    gateway.run(16)
    [_, second] = gateway.events("a", "qr_code")
    assert epoch(second["expiresAt"]) == pytest.approx(shown_at + 80, abs=1)


def test_nobody_links_a_session_that_has_just_begun(gateway: Gateway):
    assert not gateway.start("a").status.is_linking


def test_the_status_shows_the_code_that_is_on_the_screen(gateway: Gateway):
    first = gateway.show_qr("a")
    second = gateway.browser("a").show_qr("2@second")
    gateway.settle()
    qr = gateway.status("a").qr
    assert qr
    assert first != qr.text == second
    assert qr.expires_at == pytest.approx(gateway.time.moment + 20)


def test_after_the_last_code_the_browser_is_closed(make_gateway: MakeGateway):
    gateway = make_gateway(policy=session_policy(qr_max=3))
    gateway.show_qr("a")
    gateway.until("a", State.DISCONNECTED)
    gateway.run(10)
    assert len(gateway.events("a", "qr_code")) == 3
    assert gateway.reason("a") is Reason.QR_EXPIRED
    assert gateway.record("a").desired is Desired.STOPPED
    assert gateway.status("a").qr is None
    assert gateway.browsers.living("a") == []
    gateway.run(600)
    assert gateway.count_browsers("a") == 1
    gateway.show_qr("a")


def test_after_a_login_has_ended_as_many_codes_are_shown_as_before_it(make_gateway: MakeGateway):
    gateway = make_gateway(policy=session_policy(qr_max=2))
    gateway.connect("a", ME).unlink()
    gateway.until("a", State.WAITING_SCAN)
    before = len(gateway.events("a", "qr_code")) - 1
    gateway.until("a", State.DISCONNECTED)
    assert len(gateway.events("a", "qr_code")) - before == 2
    assert gateway.count_browsers("a") == 1


@pytest.mark.parametrize("most", [6, 7, 14])
def test_another_batch_is_asked_for_while_more_codes_are_allowed(make_gateway: MakeGateway, most: int):
    """WhatsApp shows six, and then none until somebody asks."""
    gateway = make_gateway(policy=session_policy(qr_max=most))
    gateway.show_qr("a")
    gateway.until("a", State.DISCONNECTED, 1000)
    assert gateway.reason("a") is Reason.QR_EXPIRED
    assert len(gateway.events("a", "qr_code")) == most
    assert gateway.count_browsers("a") == 1


def test_a_code_of_a_later_batch_pairs(make_gateway: MakeGateway):
    gateway = make_gateway(policy=session_policy(qr_max=20))
    gateway.show_qr("a")
    gateway.run_until(lambda: len(gateway.events("a", "qr_code")) == 8)
    code = gateway.status("a").qr
    assert code
    assert gateway.browsers.scan(code.text, "5511999990001")
    gateway.until("a", State.CONNECTED, 5)


def test_a_socket_that_opens_again_at_the_codes_is_no_refusal(gateway: Gateway):
    gateway.show_qr("a")
    page = gateway.browser("a").page
    for state in (connection.Connection("OPENING"), connection.Connection("PAIRING"), connection.CODES):
        page.connect(state)
        gateway.run(2)
    assert (gateway.state("a"), gateway.events("a", "error")) == (State.WAITING_SCAN, [])


def test_a_code_that_is_shown_again_after_a_scan_came_to_nothing_counts_once(make_gateway: MakeGateway):
    gateway = make_gateway(policy=session_policy(qr_max=3))
    gateway.show_qr("a")
    page = gateway.browser("a").page
    code = page.codes.show()
    gateway.settle()
    page.set_facts(registered=True, **connection.SYNCING.facts(registered=True))
    gateway.settle()
    assert gateway.status("a").qr is None
    page.set_facts(registered=False, **connection.CODES.facts(registered=False))
    gateway.run(12)
    shown = gateway.status("a").qr
    assert shown
    assert shown.text == code
    gateway.until("a", State.DISCONNECTED)
    assert len(gateway.events("a", "qr_code")) == 3


def test_a_restart_at_the_qr_screen_counts_anew(make_gateway: MakeGateway):
    gateway = make_gateway(policy=session_policy(qr_max=2))
    gateway.show_qr("a")
    gateway.run(70)
    gateway.restart("a")
    gateway.settle()
    gateway.until("a", State.WAITING_SCAN)
    gateway.run(70)
    assert gateway.state("a") is State.WAITING_SCAN


def test_a_pairing_code_is_asked_for_and_shown(gateway: Gateway):
    gateway.start("a", pairing_phone=ME)
    gateway.run_until(lambda: gateway.status("a").pairing_code)
    gateway.run(1)
    assert gateway.reason("a") is Reason.ENTER_CODE
    gateway.browser("a").show_qr("2@next")
    gateway.settle()
    assert gateway.reason("a") is Reason.ENTER_CODE
    gateway.browser("a").scan(ME)
    gateway.until("a", State.CONNECTED)
    assert gateway.record("a").pairing_phone == ""
    assert gateway.status("a").pairing_code == ""


def test_a_pairing_code_is_asked_for_again_by_a_new_browser(gateway: Gateway):
    gateway.start("a", pairing_phone=ME)
    gateway.run_until(lambda: gateway.status("a").pairing_code)
    gateway.browser("a").hang()
    gateway.until("a", State.RECONNECTING)
    assert gateway.status("a").pairing_code == ""
    gateway.run_until(lambda: gateway.status("a").pairing_code)


def test_a_refused_pairing_is_reported_once(gateway: Gateway):
    gateway.start("a", pairing_phone=ME)
    gateway.until("a", State.WAITING_SCAN)
    gateway.run(60)
    assert gateway.events("a", "error") == []


def test_an_unlinked_session_waits_for_a_new_scan_and_says_why(gateway: Gateway):
    gateway.connect("a", ME).unlink()
    gateway.until("a", State.WAITING_SCAN)
    change = gateway.events("a", "connection_change")[-1]
    assert (change["previousStatus"], change["reasonCode"]) == ("connected", "LOGGED_OUT")
    assert not gateway.record("a").has_login
    assert_nobody(gateway.record("a"))
    assert gateway.events("a", "error") == []
    qr = gateway.status("a").qr
    assert qr
    gateway.browsers.scan(qr.text, OTHER)
    gateway.until("a", State.CONNECTED)
    assert gateway.record("a").phone == OTHER


def test_a_browser_that_dies_after_an_unlinking_leaves_no_corrupt_login(gateway: Gateway):
    browser = gateway.connect("a", ME)
    browser.unlink()
    gateway.settle()
    browser.crash()
    gateway.settle()
    gateway.until("a", State.WAITING_SCAN)
    assert gateway.events("a", "error") == []


def test_an_unlinking_while_stopped_is_noticed_at_the_next_start(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.close("a")
    gateway.world.unlink("a", page_is_open=False)
    gateway.start("a")
    gateway.until("a", State.WAITING_SCAN)
    assert gateway.reason("a") is Reason.LOGGED_OUT


def test_a_qr_screen_where_a_login_was_is_a_corrupt_login_reported_once(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.close("a")
    gateway.world.profiles["a"].login = None
    gateway.start("a")
    gateway.until("a", State.ERROR)
    gateway.run(600)
    [error] = gateway.events("a", "error")
    assert error["code"] == "TOKEN_CORRUPT"
    assert gateway.events("a", "qr_code")[1:] == []
    assert gateway.state("a") is State.ERROR
    assert gateway.browsers.living("a") == []
    opened = gateway.count_browsers("a")
    gateway.kill_daemon()
    gateway.boot()
    gateway.run(600)
    assert gateway.count_browsers("a") == opened
    assert len(gateway.events("a", "error")) == 1
    gateway.restart("a")
    gateway.until("a", State.WAITING_SCAN)


def test_a_pairing_that_gets_stuck_is_tried_again(gateway: Gateway):
    gateway.show_qr("a")
    gateway.browser("a").set_facts(authenticated=True, registered=True)
    gateway.browser("a").page.connect(connection.SYNCING)
    gateway.until("a", State.RECONNECTING, 150)
    gateway.until("a", State.WAITING_SCAN)


def test_codes_that_stop_coming_are_noticed(make_gateway: MakeGateway):
    gateway = make_gateway(times=FakeTimes(first_qr=1e9))
    gateway.show_qr("a")
    gateway.browser("a").show_qr("2@the last one")
    gateway.until("a", State.RECONNECTING, 100)
    assert gateway.reason("a") is Reason.QR_NEVER
    gateway.until("a", State.WAITING_SCAN)


def test_a_page_without_wa_js_is_tried_again(make_gateway: MakeGateway):
    gateway = make_gateway(times=FakeTimes(ready=1e9))
    gateway.start("a")
    gateway.until("a", State.RECONNECTING, 40)
    assert gateway.reason("a") is Reason.INJECT_FAILED
