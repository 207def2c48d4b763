"""Every public function of the unmodified wa-js, called once on a linked page. `make test-peers` runs it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.common.exceptions import WebDriverException

from tests.peers import world
from tests.simulator.conftest import SimulatorProcess
from tests.simulator.page_browser import PageBrowser
from tests.support import wait_until

pytestmark = [pytest.mark.peers, pytest.mark.timeout(300)]

CALLS = Path(__file__).with_name("wa_js_calls.js").read_text().partition("\n(c) =>")[2]
LIMIT_MS = 12000
SPACES = """
    return Object.keys(WPP).filter((name) => WPP[name] && typeof WPP[name] === 'object'
      && !['config', 'ev', 'loader', 'util', 'whatsapp'].includes(name));
"""
PUBLIC = """
    const isFunction = (value) => typeof value === 'function' && !(value.prototype instanceof Error);
    return args[0].flatMap((space) => Object.keys(WPP[space])
      .filter((name) => isFunction(WPP[space][name])).map((name) => `${space}.${name}`));
"""
INSTALL = "const [world] = args; window.calls = ((c) =>" + CALLS.rstrip().rstrip(";") + ")(world);"
CALL = """
    const [part, name, limit] = args;
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`no answer in ${limit} ms`)), limit));
    try {
      await Promise.race([calls[part][name](), late]);
      return null;
    } catch (error) {
      return String((error && (error.message || error.code)) || error).split('\\n')[0];
    }
"""

BROKEN_BY_THE_BUILD = {
    "catalog.getCollections": "queryCollectionsIQ is in no module",
    "conn.isMainLoaded": "Cmd.isMainLoaded is gone",
    "conn.logout": "waits for `logout` on Cmd, which nothing triggers; the session is logged out all the same",
    "conn.refreshQR": "Cmd.refreshQR has moved to WAWebLaunchSocketUtils",
    "conn.setMultiDevice": "Cmd.upgradeToMDProd is gone",
}
NOT_SIMULATED = dict.fromkeys(
    """
    cart.add cart.clear cart.get cart.getThumbFromCart cart.remove cart.submit cart.update
    catalog.addProductImage catalog.changeProductImage catalog.createCollection catalog.createProduct
    catalog.delProducts catalog.deleteCollection catalog.editCollection catalog.editProduct catalog.getMyCatalog
    catalog.getProductById catalog.getProducts catalog.removeProductImage catalog.setProductVisibility
    catalog.updateCartEnabled chat.sendCatalogMessage chat.sendChargeMessage
    contact.getUsername contact.queryUsernameExists
    newsletter.create newsletter.destroy newsletter.edit newsletter.follow newsletter.getSubscribers newsletter.mute
    newsletter.search newsletter.unfollow
    order.accept order.decline order.get order.update
    """.split(),  # noqa: SIM905 - names, not text
    "neither catalogues, carts and orders, nor channels, nor usernames",
)
BROKEN = BROKEN_BY_THE_BUILD | NOT_SIMULATED


@pytest.fixture(scope="module")
def linked(
    simulator_process: SimulatorProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[PageBrowser, dict[str, Any]]]:
    """The page before the login, and the world around it."""
    world.people(simulator_process.client)
    page = PageBrowser(simulator_process.page_port, tmp_path_factory.mktemp("profile"))
    yield page, {}
    page.quit()


@pytest.fixture(scope="module")
def results(
    linked: tuple[PageBrowser, dict[str, Any]],
    simulator_process: SimulatorProcess,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str | None]:
    """What became of each call: None, or what went wrong."""
    page, _ = linked
    client = simulator_process.client
    page.open_ready()
    page.wait_qr()
    page.run(INSTALL, {"phone": world.ANA})
    found = call_all(page, "atQr")
    page.driver.refresh()
    page.wait("window.WPP && WPP.isFullReady")
    page.pair(client, world.ANA)
    around = world.happenings(client)
    around["video"] = world.data_url(world.video(tmp_path_factory.mktemp("video")), "video/mp4")
    page.wait(f"WPP.chat.get('{around['bruno']}')?.msgs.get('{around['voice']}')")
    page.run(INSTALL, around)
    found |= call_all(page, "linked")
    for name in page.value("Object.keys(calls.last)"):
        found[name] = call_before_reload(page, name)
        wait_until(lambda: page.driver.execute_script("return !window.calls"), 10)
        if name != "conn.logout":
            page.wait_connected()
            page.run(INSTALL, around)
    return found


def call_before_reload(page: PageBrowser, name: str) -> str | None:
    try:
        error: str | None = page.run(CALL, "last", name, LIMIT_MS)
    except WebDriverException:
        return "the page was gone before it answered"
    return error


def call_all(page: PageBrowser, part: str) -> dict[str, str | None]:
    return {name: page.run(CALL, part, name, LIMIT_MS) for name in page.value(f"Object.keys(calls.{part})")}


def test_every_public_function_is_called(
    linked: tuple[PageBrowser, dict[str, Any]], results: dict[str, str | None]
) -> None:
    page, _ = linked
    page.wait("window.WPP && WPP.isFullReady")
    assert sorted(results) == sorted(page.run(PUBLIC, page.run(SPACES)))


def test_only_what_is_listed_fails(results: dict[str, str | None]) -> None:
    failed = {name: error for name, error in results.items() if error}
    sys.stdout.write(f"{len(results) - len(failed)} of {len(results)} functions of wa-js work\n")
    assert failed.keys() == BROKEN.keys(), failed


def test_two_hundred_functions_work(results: dict[str, str | None]) -> None:
    assert sum(1 for error in results.values() if not error) >= 200
