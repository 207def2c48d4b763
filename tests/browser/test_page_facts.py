"""What WhatsApp's page does by itself, and what the bridge makes of it, in real Chrome."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.browser.conftest import pair
from tests.browser.ground import ChromeGround, Life
from tests.support import wait_until
from wppmt.simulator.client import SimulatorError

pytestmark = pytest.mark.chrome

OpenOn = Callable[[ChromeGround, str], Life]
NewPhone = Callable[[], str]


def names(life: Life) -> list[str]:
    life.hear()
    return [event.name for event in life.events]


# ---- the login on the disk


def test_a_kill_two_seconds_after_the_first_connection_needs_no_new_code(
    chrome_ground: ChromeGround, open_on: OpenOn, new_phone: NewPhone
) -> None:
    life, phone = open_on(chrome_ground, "killed-early"), new_phone()
    chrome_ground.register(phone, "Dono")
    life.start()
    chrome_ground.scan(phone, life.event("qr_changed")["code"])
    life.facts(authenticated=True, mode="MAIN")
    connected = time.monotonic()
    items = life.value("login_items")["items"]
    assert set(items) == {"last-wid-md", "WALid", "WANoiseInfo", "WANoiseInfoIv", "WAWebEncKeySalt"}
    wait_until(lambda: chrome_ground.browsers.is_login_saved("killed-early", items), 2)
    assert time.monotonic() - connected < 2
    chrome_ground.crash(life)
    life.wait_closed()
    life.browser.stop()
    again = open_on(chrome_ground, "killed-early")
    again.start()
    again.facts(authenticated=True, mode="MAIN", phone=phone)
    assert "qr_changed" not in names(again)


def test_what_is_not_written_yet_is_not_called_saved(
    chrome_ground: ChromeGround, open_on: OpenOn, new_phone: NewPhone
) -> None:
    life, phone = open_on(chrome_ground, "not-yet"), new_phone()
    pair(chrome_ground, life, phone)
    items = life.value("login_items")["items"]
    is_saved = chrome_ground.browsers.is_login_saved
    assert is_saved("not-yet", items)
    assert not is_saved("not-yet", {**items, "last-wid-md": "0" * 64})
    assert not is_saved("another", items)


def test_a_stop_waits_for_the_login(
    chrome_ground: ChromeGround, open_on: OpenOn, new_phone: NewPhone
) -> None:
    life, phone = open_on(chrome_ground, "stopped-early"), new_phone()
    chrome_ground.register(phone, "Dono")
    life.start()
    chrome_ground.scan(phone, life.event("qr_changed")["code"])
    life.facts(authenticated=True, mode="MAIN")
    assert life.browser.stop(life.value("login_items")["items"])
    again = open_on(chrome_ground, "stopped-early")
    again.start()
    again.facts(authenticated=True, mode="MAIN", phone=phone)


# ---- pairing


def test_the_code_is_the_one_that_the_page_draws(chrome_ground: ChromeGround, open_on: OpenOn) -> None:
    """Also where WhatsApp wraps it."""
    chrome_ground.simulator.fault("qr_wrapped", form="prefix")
    life = open_on(chrome_ground, "wrapped")
    life.start()
    code = life.event("qr_changed")["code"]
    assert code.startswith("https://wa.me/settings/linked_devices#")
    assert len(code.split(",")) == 5


def faults_struck(ground: ChromeGround) -> list[str]:
    """Their kinds, of all tests on this simulator, in order."""
    lines = ground.simulator.log()
    return [line["kind"] for line in lines if line["event"] == "fault" and "ordered" not in line]


def test_a_drawn_code_is_told_once_and_does_not_wait_for_wa_js(
    chrome_ground: ChromeGround, open_on: OpenOn, new_phone: NewPhone
) -> None:
    life, phone = open_on(chrome_ground, "early-code"), new_phone()
    chrome_ground.register(phone, "Dono")
    life.start()
    shown = life.event("qr_changed")
    life.event("ready")
    told = names(life)
    assert told.index("qr_changed") < told.index("ready")
    assert shown["ttlMs"] == 60_000
    life.facts(mode="QR")
    assert names(life).count("qr_changed") == 1
    chrome_ground.scan(phone, shown["code"])
    life.facts(authenticated=True, mode="MAIN", phone=phone)


def test_a_socket_that_opens_again_at_the_codes_is_no_refusal(
    chrome_ground: ChromeGround, open_on: OpenOn
) -> None:
    before = len(faults_struck(chrome_ground))
    chrome_ground.simulator.fault("drop_socket")
    life = open_on(chrome_ground, "reopened")
    life.start()
    life.event("ready")
    life.event("qr_changed", 20)
    life.facts(20, socket="UNPAIRED")
    assert faults_struck(chrome_ground)[before:] == ["drop_socket"]
    assert not {"pairing_refused", "logged_out"} & set(names(life))


def test_a_refused_pairing_is_told_by_the_next_page(
    chrome_ground: ChromeGround, open_on: OpenOn, new_phone: NewPhone
) -> None:
    chrome_ground.simulator.fault("pairing_refused")
    life, phone = open_on(chrome_ground, "refused"), new_phone()
    chrome_ground.register(phone, "Dono")
    life.start()
    with pytest.raises(SimulatorError):
        chrome_ground.scan(phone, life.event("qr_changed")["code"])
    life.event("pairing_refused", 20)
    assert "logged_out" not in names(life)
    life.forget()
    life.event("qr_changed", 20)


def test_the_passkey_step_is_seen_though_it_is_no_dialog(
    chrome_ground: ChromeGround, open_on: OpenOn, new_phone: NewPhone
) -> None:
    chrome_ground.simulator.fault("passkey_required")
    life, phone = open_on(chrome_ground, "passkey"), new_phone()
    chrome_ground.register(phone, "Dono")
    life.start()
    life.event("ready")
    code = life.event("qr_changed")["code"]
    with pytest.raises(SimulatorError):
        chrome_ground.scan(phone, code)
    wait_until(lambda: life.value("facts")["dialog"] == "passkey", 10)


# ---- notices


def test_a_page_that_only_offers_an_update_is_not_outdated(
    chrome_ground: ChromeGround, open_on: OpenOn, new_phone: NewPhone
) -> None:
    """WhatsApp's page does so from its third day on."""
    life, phone = open_on(chrome_ground, "offered"), new_phone()
    pair(chrome_ground, life, phone)
    before = len(faults_struck(chrome_ground))
    chrome_ground.simulator.fault("needs_update", phone=phone, hard=False)
    wait_until(lambda: faults_struck(chrome_ground)[before:] == ["needs_update"], 10)
    assert life.value("facts")["needsUpdate"] is False
    chrome_ground.simulator.fault("needs_update", phone=phone)
    life.facts(10, needsUpdate=True)


def test_news_in_a_language_that_nobody_knows_are_read(
    chrome_ground: ChromeGround, open_on: OpenOn, new_phone: NewPhone
) -> None:
    life, phone = open_on(chrome_ground, "news"), new_phone()
    pair(chrome_ground, life, phone)
    chrome_ground.simulator.fault("whats_new_dialog", phone=phone)
    life.event("news_dismissed", 20)
    assert life.value("facts")["dialog"] == ""


# ---- the account


def test_a_temporary_ban_is_a_fact_as_long_as_it_lasts(
    chrome_ground: ChromeGround, open_on: OpenOn, new_phone: NewPhone
) -> None:
    life, phone = open_on(chrome_ground, "banned"), new_phone()
    pair(chrome_ground, life, phone)
    chrome_ground.simulator.fault("tos_block", phone=phone, banSeconds=5)
    life.facts(15, banned=True)
    life.facts(40, banned=False, mode="MAIN", stream="CONNECTED")


def test_a_refused_login_is_a_logout_with_whatsapps_word(
    chrome_ground: ChromeGround, open_on: OpenOn, new_phone: NewPhone
) -> None:
    life, phone = open_on(chrome_ground, "locked"), new_phone()
    pair(chrome_ground, life, phone)
    life.forget()
    chrome_ground.simulator.fault("tos_block", phone=phone, reason="account_locked")
    assert life.event("logged_out", 20)["reason"] == "account_locked"
    life.event("qr_changed", 20)
