"""Every public function of the unmodified wa-js, called once on a linked page. `make test-peers` runs it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers import world
from tests.simulator.conftest import SimulatorProcess
from tests.simulator.page_browser import PageBrowser
from tests.support import wait_until

pytestmark = [pytest.mark.peers, pytest.mark.timeout(300)]

CALLS = Path(__file__).with_name("wa_js_calls.js").read_text().partition("\n(c) =>")[2]
LIMIT_MS = 12000
NAMESPACES = """
    blocklist lists call cart catalog chat community conn contact group indexdb labels newsletter order privacy profile status
""".split()
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

BROKEN: dict[str, str] = {}
"""Calls that fail, and why: what the build itself breaks, and what is not simulated."""


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
        found[name] = page.run(CALL, "last", name, LIMIT_MS)
        if name != "conn.logout":
            wait_until(lambda: page.driver.execute_script("return !window.calls"), 10)
            page.wait_connected()
            page.run(INSTALL, around)
    return found


def call_all(page: PageBrowser, part: str) -> dict[str, str | None]:
    return {
        name: page.run(CALL, part, name, LIMIT_MS) for name in page.value(f"Object.keys(calls.{part})")
    }


def test_every_public_function_is_called(
    linked: tuple[PageBrowser, dict[str, Any]], results: dict[str, str | None]
) -> None:
    page, _ = linked
    page.wait("window.WPP && WPP.isFullReady")
    assert sorted(results) == sorted(page.run(PUBLIC, NAMESPACES))


def test_only_what_is_listed_fails(results: dict[str, str | None]) -> None:
    failed = {name: error for name, error in results.items() if error}
    for name, error in sorted(failed.items()):
        print(f"{name}: {error}")
    print(f"{len(results) - len(failed)} of {len(results)} functions work")
    assert failed.keys() == BROKEN.keys()


def test_two_hundred_functions_work(results: dict[str, str | None]) -> None:
    assert sum(1 for error in results.values() if not error) >= 200
