"""Whom a message goes to, in real Chrome: hidden ids, groups, what is quoted."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from tests.browser.conftest import pair
from tests.browser.ground import ChromeGround, Life
from tests.support import wait_until
from wppmt.browser import CallRejected

pytestmark = pytest.mark.chrome

Paired = tuple[Life, str]
NewPhone = Callable[[], str]


@pytest.fixture(scope="module")
def paired(chrome_ground: ChromeGround) -> Paired:
    life, phone = Life(chrome_ground.browsers.open("recipients")), "5511970000001"
    pair(chrome_ground, life, phone)
    return life, phone


@pytest.fixture(scope="module", autouse=True)
def _ended(paired: Paired):
    yield
    paired[0].browser.stop()


@pytest.fixture
def friend(chrome_ground: ChromeGround, new_phone: NewPhone) -> str:
    phone = new_phone()
    chrome_ground.register(phone, "Maria Souza")
    return phone


def message(to: str, **more: object) -> dict[str, object]:
    return {"id": f"3EB0{secrets.token_hex(9).upper()}", "to": to, "text": "oi", **more}


def refused(life: Life, to: str, **more: object) -> str:
    outcome = life.call("send_text", message(to, **more))
    assert isinstance(outcome, CallRejected), outcome
    return outcome.reason


def lid_of(ground: ChromeGround, phone: str) -> str:
    return next(account["lid"] for account in ground.simulator.accounts() if account["phone"] == phone)


def test_in_the_cool_down_a_known_contact_is_known_by_the_hidden_id_too(
    chrome_ground: ChromeGround, paired: Paired, friend: str, new_phone: NewPhone
) -> None:
    life, phone = paired
    stranger = new_phone()
    chrome_ground.register(stranger, "Ninguém")
    for unknown in (friend, stranger):
        life.value("check_number", {"phone": unknown})
        assert refused(life, lid_of(chrome_ground, unknown), knownOnly=True) == "reachout_timelock"
    chrome_ground.write(friend, phone, "oi")
    life.event("message_received")
    life.value("send_text", message(friend, knownOnly=True))
    life.value("send_text", message(lid_of(chrome_ground, friend), knownOnly=True))
    wait_until(lambda: len(chrome_ground.inbox(friend)) == 2)
    assert refused(life, lid_of(chrome_ground, stranger), knownOnly=True) == "reachout_timelock"


def test_a_group_that_the_account_is_not_in_is_rejected(
    chrome_ground: ChromeGround, paired: Paired, friend: str
) -> None:
    life, phone = paired
    assert refused(life, "120363999999999999@g.us") == "group_not_found"
    # Asking has not made it exist.
    assert refused(life, "120363999999999999@g.us") == "group_not_found"
    group = chrome_ground.simulator.create_group("Clientes", [phone, friend])
    wait_until(lambda: not isinstance(life.call("send_text", message(group)), CallRejected))
    wait_until(lambda: chrome_ground.inbox(friend))


def test_what_is_quoted_must_be_there(paired: Paired, friend: str) -> None:
    life, _ = paired
    assert refused(life, friend, quotedId="3EB0FFFFFFFFFFFFFFFFFF") == "quoted_not_found"
