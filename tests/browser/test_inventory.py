"""A module of WhatsApp's is renamed under wa-js: the right ability is lost and named, and comes back when it is mended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from tests.browser.conftest import pair
from tests.browser.ground import ChromeGround, Life
from tests.support import wait_until
from wppmt.domain.inventory import WA_JS

pytestmark = [pytest.mark.chrome, pytest.mark.timeout(120)]

NewPhone = Callable[[], str]

ABILITIES = {"canReceive", "canSend", "canAck", "canSendMedia"}
ROWS = [
    (["WAWebMsgCollection"], "MsgStore", ABILITIES),
    (["WAWebChatCollection"], "ChatStore", {"canReceive", "canSend", "canSendMedia"}),
    (["WAWebStreamModel"], "Stream", {"canReceive"}),
    (["WAWebUserPrefsIsLoggedIn"], "isAuthenticated", ABILITIES),
    (["WAWebFindChatAction", "WAWebFindChat"], "findOrCreateLatestChat", {"canSend", "canSendMedia"}),
    (["WAWebSendMsgChatAction"], "addAndSendMsgToChat", {"canSend", "canSendMedia"}),
    (["WAWebPrepRawMedia", "WAWebMedia"], "MediaPrep", {"canSendMedia"}),
    (["WAWebHandleDirectChatReceipt"], "handleChatSimpleReceipt", {"canAck"}),
    (["WAWebHandleGroupChatReceipt"], "handleGroupSimpleReceipt", {"canAck"}),
    (["WAWebQueryExistsJob"], "queryWidExists", {"canSend", "canSendMedia"}),
]


@pytest.fixture(scope="module")
def linked(chrome_ground: ChromeGround) -> Iterator[tuple[Life, str]]:
    life, phone = Life(chrome_ground.browsers.open("changed"), "changed"), "5511970000009"
    pair(chrome_ground, life, phone)
    yield life, phone
    life.browser.stop()


def inventory(life: Life) -> Mapping[str, Any]:
    """As the newest facts tell it."""
    life.hear()
    told = [e.data["facts"]["inventory"] for e in life.events if "facts" in e.data]
    return (told and told[-1]) or {}


def lost(life: Life) -> set[str]:
    return {ability for ability in ABILITIES if inventory(life).get(ability) is False}


def test_a_whole_page_says_so_with_what_it_is(linked: tuple[Life, str]) -> None:
    told = linked[0].value("facts")["inventory"]
    assert (told["missing"], told["waJs"]) == ([], "4.6.0")
    assert told["whatsappBuild"].startswith("2.3000.")
    assert all(told[ability] for ability in ABILITIES)


@pytest.fixture
def rename(
    chrome_ground: ChromeGround, linked: tuple[Life, str]
) -> Iterator[Callable[[list[str]], Callable[[], None]]]:
    """Hides modules from the next page; gives what ends that, as the end of the test does."""
    life, phone = linked
    orders: list[str] = []

    def end() -> None:
        while orders:
            chrome_ground.simulator.delete_fault(orders.pop())

    def begin(modules: list[str]) -> Callable[[], None]:
        orders.append(chrome_ground.simulator.fault("missing_module", modules=modules, phone=phone))
        life.forget()
        chrome_ground.reload(life, phone)
        return end

    yield begin
    end()


Rename = Callable[[list[str]], Callable[[], None]]


SHORT = {"MsgStore", "addAndSendMsgToChat", "MediaPrep"}
"""One for each group of abilities; the others take as long again, twice over."""


@pytest.mark.parametrize(
    ("modules", "name", "abilities"),
    [pytest.param(*row, id=row[1], marks=[] if row[1] in SHORT else pytest.mark.long) for row in ROWS],
)
def test_what_is_renamed_is_named(
    linked: tuple[Life, str], rename: Rename, modules: list[str], name: str, abilities: set[str]
) -> None:
    rename(modules)
    life, _ = linked
    missing = wait_until(lambda: inventory(life).get("missing"), 60)
    assert any(name in lacking for lacking in missing or [])
    assert lost(life) == abilities


def test_what_is_back_is_seen_without_a_new_page(linked: tuple[Life, str], rename: Rename) -> None:
    life, _ = linked
    end = rename(["WAWebMsgCollection"])
    wait_until(lambda: inventory(life).get("missing"), 60)
    page = life.events[-1].page
    life.forget()
    end()
    wait_until(lambda: inventory(life).get("missing") == [], 40)
    assert lost(life) == set()
    assert {event.page for event in life.events} == {page}


@pytest.mark.long
def test_a_wa_js_that_gave_up_is_all_that_is_missing_in_the_end(
    linked: tuple[Life, str], rename: Rename
) -> None:
    life, _ = linked
    end = rename(["WAWebUserPrefsIsLoggedIn"])
    wait_until(lambda: WA_JS in inventory(life).get("missing", []), 60)
    life.forget()
    end()
    wait_until(lambda: inventory(life).get("missing") == [WA_JS], 40)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("throws", "MsgStore"),
        ("twice", "duas vezes"),
        pytest.param("hangs", "não termina de carregar", marks=pytest.mark.long),
    ],
)
def test_a_module_that_breaks_its_reader_is_named(
    chrome_ground: ChromeGround, open_on: Callable[[ChromeGround, str], Life], how: str, said: str
) -> None:
    order = chrome_ground.simulator.fault("missing_module", module="WAWebMsgCollection", how=how, count=9)
    life = open_on(chrome_ground, how)
    began = time.monotonic()
    life.start()
    try:
        wait_until(lambda: inventory(life).get("missing"), 40)
    finally:
        chrome_ground.simulator.delete_fault(order)
    assert time.monotonic() - began < 40
    named = " ".join(inventory(life)["missing"])
    assert "MsgStore" in named
    assert said in named
    assert lost(life) == ABILITIES


@pytest.mark.slow
def test_modules_that_come_late_are_waited_for(chrome_ground: ChromeGround, linked: tuple[Life, str]) -> None:
    life, phone = linked
    chrome_ground.simulator.fault("modules_late", delayMs=6000, phone=phone, count=1)
    life.forget()
    chrome_ground.reload(life, phone)
    life.facts(40, authenticated=True, mode="MAIN")
    told = [e.data["facts"]["inventory"] for e in life.events if "facts" in e.data]
    assert all(one is None or not one["missing"] for one in told)


def test_a_page_says_that_it_holds_what_it_told_nobody(
    chrome_ground: ChromeGround, linked: tuple[Life, str], new_phone: NewPhone
) -> None:
    life, phone = linked
    friend, since = new_phone(), int(time.time()) - 1
    chrome_ground.register(friend, "Maria")
    chrome_ground.simulator.fault("inbound_unheard", phone=phone, count=1)
    life.forget()
    unheard = chrome_ground.write(friend, phone, "ninguém ouviu")
    life.event("unheard")
    audit = life.value("messages_after", {"t": since, "limit": 9})
    assert [message["id"] for message in audit["messages"]] == [unheard]
    assert (audit["complete"], audit["more"]) == (True, False)
    assert since < audit["until"] <= time.time() + 1
