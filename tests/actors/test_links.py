"""A pairing link: what its customer may do with it, and what ends it."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import pytest

from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway
from tests.defaults import session_policy
from wppmt.domain import messages
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import ROOT_ACTOR, session_address
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import LinkEnd, SessionStatus

ME, OTHER = "5511999990001", "5511999990002"
ME_WITHOUT_NINE = "551199990001"


def make(gateway: Gateway, digest: str = "d1", *, seconds: float = 900.0, expects: str = "") -> SessionStatus:
    until = gateway.time.moment + seconds
    status: SessionStatus = gateway.ask(
        ROOT_ACTOR, messages.MakeLink("a", digest, until, expected_phone=expects)
    )
    return status


def open_page(gateway: Gateway, digest: str = "d1") -> None:
    gateway.ask(ROOT_ACTOR, messages.OpenLink("a", digest))
    gateway.until("a", State.WAITING_SCAN)


def end_of(gateway: Gateway, digest: str = "d1") -> LinkEnd | None:
    link = gateway.store.link(digest)
    assert link
    return link.end


def scan(gateway: Gateway, phone: str) -> None:
    qr = gateway.status("a").qr
    assert qr
    assert gateway.browsers.scan(qr.text, phone)


def closed(gateway: Gateway) -> None:
    gateway.start("a")
    gateway.close("a")


def test_a_link_starts_a_closed_session_and_dies_with_its_pairing(gateway: Gateway):
    closed(gateway)
    make(gateway)
    open_page(gateway)
    scan(gateway, ME)
    gateway.until("a", State.CONNECTED)
    assert end_of(gateway) is LinkEnd.USED


def test_a_session_with_a_login_gets_no_link(gateway: Gateway):
    gateway.connect("a", ME)
    with pytest.raises(Refusal) as refused:
        make(gateway)
    assert refused.value.code is Code.ALREADY_CONNECTED
    assert gateway.store.link("d1") is None


def test_a_closed_login_of_another_number_is_not_put_at_risk(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.run(60)
    gateway.close("a")
    with pytest.raises(Refusal):
        make(gateway, expects=OTHER)
    make(gateway, expects=ME_WITHOUT_NINE)
    gateway.until("a", State.CONNECTED)
    assert end_of(gateway) is LinkEnd.USED


def test_a_new_link_ends_the_old_one(gateway: Gateway):
    closed(gateway)
    make(gateway)
    make(gateway, "d2")
    assert (end_of(gateway), end_of(gateway, "d2")) == (LinkEnd.REPLACED, None)
    with pytest.raises(Refusal) as refused:
        open_page(gateway)
    assert refused.value.code is Code.LINK_ENDED


@pytest.mark.parametrize("request_", [messages.RevokeLink(), messages.CloseSession()])
def test_a_link_is_taken_back(gateway: Gateway, request_: object):
    closed(gateway)
    make(gateway)
    gateway.ask(session_address("a"), request_)
    assert end_of(gateway) is LinkEnd.REVOKED


def test_codes_count_only_from_the_moment_on_at_which_somebody_looks(make_gateway: MakeGateway):
    gateway = make_gateway(policy=session_policy(qr_max=2))
    closed(gateway)
    make(gateway, seconds=3600.0)
    gateway.until("a", State.WAITING_SCAN)
    gateway.until("a", State.DISCONNECTED, 600)
    assert end_of(gateway) is None
    open_page(gateway)
    shown = len(gateway.events("a", "qr_code"))
    gateway.until("a", State.DISCONNECTED, 600)
    assert len(gateway.events("a", "qr_code")) - shown == 1  # the first was shown before the page was opened
    assert end_of(gateway) is LinkEnd.CODES_SPENT


def test_a_link_survives_a_daemon_that_is_killed(gateway: Gateway):
    closed(gateway)
    make(gateway, expects=ME)
    gateway.until("a", State.WAITING_SCAN)
    gateway.kill_daemon()
    gateway.boot()
    gateway.run(1)
    open_page(gateway)
    gateway.run_until(lambda: gateway.status("a").qr)
    scan(gateway, ME)
    gateway.until("a", State.CONNECTED)
    assert end_of(gateway) is LinkEnd.USED


def test_another_number_is_unlinked_before_it_counts_as_connected(gateway: Gateway):
    closed(gateway)
    make(gateway, expects=ME)
    open_page(gateway)
    scan(gateway, OTHER)
    gateway.until("a", State.DISCONNECTED)
    gateway.run(60)
    assert gateway.state("a") is State.DISCONNECTED
    assert gateway.reason("a") is Reason.WRONG_PHONE
    assert [event["code"] for event in gateway.events("a", "error")] == ["WRONG_PHONE"]
    assert "connected" not in [event["status"] for event in gateway.events("a", "connection_change")]
    assert end_of(gateway) is LinkEnd.WRONG_PHONE
    phone = gateway.world.find(OTHER)
    assert phone
    assert not phone.linked
    assert not gateway.has_profile("a")
    assert not gateway.record("a").has_login


def test_another_number_is_unlinked_by_the_next_daemon(gateway: Gateway):
    closed(gateway)
    make(gateway, expects=ME)
    open_page(gateway)
    scan(gateway, OTHER)
    gateway.until("a", State.DISCONNECTED)
    gateway.kill_daemon()
    gateway.boot()
    gateway.run(120)
    assert gateway.reason("a") is Reason.WRONG_PHONE
    assert not gateway.has_profile("a")
    assert len(gateway.events("a", "error")) == 1


@pytest.mark.parametrize("asked", [ME, ME_WITHOUT_NINE])
def test_the_expected_number_may_have_its_ninth_digit_or_not(gateway: Gateway, asked: str):
    closed(gateway)
    make(gateway, expects=asked)
    open_page(gateway)
    scan(gateway, ME)
    gateway.until("a", State.CONNECTED)


def test_a_code_by_number_is_shown_beside_the_qr_code(gateway: Gateway):
    closed(gateway)
    make(gateway)
    open_page(gateway)
    for phone in (ME, OTHER):
        gateway.ask(session_address("a"), messages.AskPairingCode("d1", phone))
        gateway.run_until(lambda: gateway.status("a").pairing_code)
        assert gateway.status("a").qr
        assert gateway.record("a").pairing_phone == phone
    gateway.browser("a").scan(OTHER)
    gateway.until("a", State.CONNECTED)


def test_a_page_that_reads_a_scan_is_not_asked_for_a_code(gateway: Gateway):
    closed(gateway)
    make(gateway)
    open_page(gateway)
    page = gateway.browser("a")
    page.set_facts(registered=True, mode="SYNCING")
    gateway.run(1)
    gateway.ask(session_address("a"), messages.AskPairingCode("d1", ME))
    gateway.run(1)
    assert "pairing_code" not in [function for function, _ in page.calls]


def test_whoever_is_being_logged_out_shows_nobody_a_code(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.request(session_address("a"), messages.LogOut())
    gateway.settle()
    with pytest.raises(Refusal) as refused:
        gateway.ask(session_address("a"), messages.OpenLink("a", "d1"))
    assert (refused.value.code, refused.value.retry_after) == (Code.SESSION_BUSY, 5)


def test_only_a_few_codes_by_number_are_asked_for(gateway: Gateway):
    closed(gateway)
    make(gateway)
    open_page(gateway)
    for _ in range(5):
        gateway.ask(session_address("a"), messages.AskPairingCode("d1", ME))
    with pytest.raises(Refusal) as refused:
        gateway.ask(session_address("a"), messages.AskPairingCode("d1", ME))
    assert refused.value.code is Code.RATE_LIMITED


def test_a_link_that_ends_takes_its_wish_for_a_code_along(gateway: Gateway):
    closed(gateway)
    make(gateway, seconds=60.0)
    open_page(gateway)
    gateway.ask(session_address("a"), messages.AskPairingCode("d1", ME))
    gateway.run_until(lambda: end_of(gateway), 200)
    assert end_of(gateway) is LinkEnd.EXPIRED
    assert gateway.record("a").pairing_phone == ""


def test_a_link_takes_a_session_out_of_its_error(gateway: Gateway):
    gateway.show_qr("a")
    gateway.browsers.refuse_start("a", "CHROME_MISSING", times=12)
    gateway.browser("a").hang()
    gateway.until("a", State.ERROR, 900)
    gateway.run_until(lambda: gateway.count_browsers("a") >= 12, 900)
    make(gateway)
    open_page(gateway)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_dies_only_the_expected_number_is_ever_connected(make_gateway: MakeGateway, seed: int):
    gateway = make_gateway(seed=seed)
    chance = Random(seed)
    closed(gateway)
    for number in range(6):
        with suppress(Refusal):
            make(gateway, f"d{number}", expects=ME)
            open_page(gateway, f"d{number}")
            scan(gateway, chance.choice([OTHER, OTHER, ME]))
        for _ in range(chance.randrange(40)):
            gateway.step()
        if chance.random() < 0.6:
            gateway.kill_daemon()
            gateway.run(chance.choice([0, 1, 20]))
            gateway.boot()
        gateway.run(chance.choice([1, 100]))
    gateway.run(200)
    connected = [
        event for event in gateway.events("a", "connection_change") if event["status"] == "connected"
    ]
    assert {event.get("phone", ME) for event in connected} <= {ME}
    assert gateway.record("a").phone in {"", ME}
    other = gateway.world.find(OTHER)
    assert other is None or not other.linked
