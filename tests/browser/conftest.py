"""Browsers, faked and real, with a simulator for the real ones. Every browser that a test opens is ended."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.ground import ChromeGround, FakeGround, Ground, Life
from tests.browser.scene import Scene
from tests.support import wait_until
from wppmt.browser.port import Browsers
from wppmt.domain.engines import Engine
from wppmt.simulator.client import Simulator

Open = Callable[[str], Life]
NewPhone = Callable[[], str]


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, dict[str, str]]]:
    """Its pid and what it says of itself."""
    command = [sys.executable, "-m", "wppmt.simulator", "--control-port", "0", "--page-port", "0"]
    state = tmp_path_factory.mktemp("simulator")
    with subprocess.Popen(
        [*command, "--state-dir", str(state)], stdout=subprocess.PIPE, text=True
    ) as simulator:
        assert simulator.stdout
        yield simulator.pid, json.loads(simulator.stdout.readline())
        simulator.terminate()


@pytest.fixture(scope="session")
def simulator_addresses(simulator: tuple[int, dict[str, str]]) -> dict[str, str]:
    return simulator[1]


@pytest.fixture(scope="session")
def simulator_process(simulator: tuple[int, dict[str, str]]) -> int:
    return simulator[0]


@pytest.fixture(scope="module")
def chrome_ground(
    simulator_addresses: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> ChromeGround:
    simulator = Simulator(simulator_addresses["control"])
    return ChromeGround(tmp_path_factory.mktemp("tokens"), simulator, int(simulator_addresses["pagePort"]))


@pytest.fixture(scope="module")
def shell_ground(
    simulator_addresses: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> ChromeGround:
    """The same on the engine headless-shell."""
    simulator = Simulator(simulator_addresses["control"])
    page_port = int(simulator_addresses["pagePort"])
    return ChromeGround(tmp_path_factory.mktemp("tokens"), simulator, page_port, engine=Engine.HEADLESS_SHELL)


_ON_SHELL = {
    "test_a_file_reaches_the_phone",
    "test_a_killed_browser_fails_its_calls_at_once",
    "test_a_left_browser_is_adopted_with_all_that_its_page_told",
    "test_a_login_outlives_the_browser",
    "test_a_message_comes_in_the_documents_shape",
    "test_a_scan_connects",
    "test_a_text_arrives_once_under_the_chosen_id",
    "test_the_page_can_be_seen",
}
"""Of the contract, what every run tries on headless-shell too; the rest takes minutes more, for what Chromium shares."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """The whole contract on headless-shell is for `make test-long`."""
    on = getattr(item, "callspec", None)
    if on and on.params.get("ground") == "headless-shell" and item.originalname not in _ON_SHELL:  # type: ignore[attr-defined]
        item.add_marker(pytest.mark.long)


_GROUNDS = [
    "fake",
    pytest.param("chrome", marks=pytest.mark.chrome),
    pytest.param("headless-shell", marks=pytest.mark.chrome),
]


@pytest.fixture(scope="module", params=_GROUNDS)
def ground(request: pytest.FixtureRequest) -> Ground:
    """The contract holds on all of them."""
    if request.param == "fake":
        return FakeGround()
    real: ChromeGround = request.getfixturevalue(
        "chrome_ground" if request.param == "chrome" else "shell_ground"
    )
    return real


@pytest.fixture
def opened() -> Iterator[list[Life]]:
    """Whatever is put in is ended after the test."""
    lives: list[Life] = []
    yield lives
    for life in lives:
        life.browser.kill()
        life.browser.stop()


@pytest.fixture
def open_on(opened: list[Life]) -> Callable[[Ground, str], Life]:
    """A new browser, not yet started."""

    def open_one(ground: Ground, session_id: str) -> Life:
        opened.append(Life(ground.browsers.open(session_id), session_id))
        return opened[-1]

    return open_one


_phones = itertools.count(5511960000000)


@pytest.fixture
def new_phone() -> Callable[[], str]:
    """A number that no other test uses."""
    return lambda: str(next(_phones))


@pytest.fixture(scope="module")
def paired(ground: Ground) -> Iterator[tuple[Life, str]]:
    """One session that is connected, for all tests that leave it so; and its phone."""
    life, phone = Life(ground.browsers.open("paired"), "paired"), str(next(_phones))
    try:
        pair(ground, life, phone)
        yield life, phone
    finally:
        life.browser.stop()


def pair(ground: Ground, life: Life, phone: str, browsers: Browsers | None = None) -> None:
    """From nothing to connected; `browsers` is where `life` comes from, if not the ground's own."""
    ground.register(phone, f"Dono {phone[-4:]}")
    life.start()
    ground.scan(phone, life.event("qr_changed")["code"])
    life.facts(authenticated=True, mode="MAIN")
    items = life.value("login_items")["items"]
    wait_until(lambda: (browsers or ground.browsers).is_login_saved(life.session_id, items))


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


@pytest.fixture(scope="module")
def scene(chrome_ground: ChromeGround) -> Iterator[Scene]:
    """A business account that is linked, and a friend of it."""
    phone, friend = str(next(_phones)), str(next(_phones))
    life = Life(chrome_ground.browsers.open("scene"), "scene")
    chrome_ground.simulator.register(phone, "Loja", is_business=True)
    chrome_ground.simulator.register(friend, "Maria")
    try:
        life.start()
        chrome_ground.scan(phone, life.event("qr_changed")["code"])
        life.facts(authenticated=True, mode="MAIN")
        yield Scene(chrome_ground, life, phone, friend)
    finally:
        life.browser.kill()
        life.browser.stop()
