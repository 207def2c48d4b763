"""The page's modules against the names of the build: what wa-js and whatsapp-web.js look for, and nothing invented."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.conftest import OpenBrowser, SimulatorProcess
from tests.simulator.page_browser import PageBrowser
from wppmt.simulator import facts
from wppmt.simulator.client import Simulator

pytestmark = pytest.mark.chrome

ANA = "5511911111111"
COUNT = "Object.keys(require('__debug').modulesMap).length"
BINDINGS = """
    const found = {};
    for (const name of args[0]) {
      const [group, binding] = name.split('.');
      const value = (group === 'whatsapp' ? WPP.whatsapp : WPP.whatsapp[group])[binding];
      const known = value === undefined || value === null;
      found[name] = known ? null : WPP.whatsapp._moduleIdMap.get(value) || '';
    }
    return found;
"""
EXPORTS = """
    const ids = Object.keys(require('__debug').modulesMap).filter((id) => /^(use)?WA/.test(id));
    const named = ids.filter((id) => !id.startsWith('WAWebTableFiller'));
    return Object.fromEntries(named.map((id) => [id, Object.keys(importNamespace(id)).sort()]));
"""


@pytest.fixture(scope="module")
def page(
    simulator_process: SimulatorProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PageBrowser]:
    """A page at the QR screen, whose modules have all arrived."""
    browser = PageBrowser(simulator_process.page_port, tmp_path_factory.mktemp("profile"))
    browser.open_ready()
    browser.wait(f"{COUNT} >= 13547")
    yield browser
    browser.quit()


def test_no_module_or_export_is_invented(page: PageBrowser) -> None:
    names: dict[str, list[str]] = facts.load()["modules"]
    assert page.run(EXPORTS) == {module: sorted(exports) for module, exports in names.items()}


def test_bindings_of_wajs_resolve_to_the_modules_of_the_build(page: PageBrowser) -> None:
    bindings: dict[str, str | None] = facts.load()["waJs"]
    found: dict[str, Any] = page.run(BINDINGS, list(bindings))
    assert len(bindings) == 499
    assert sum(1 for module in found.values() if module is not None) >= 490
    elsewhere = {
        name: (found[name], module) for name, module in bindings.items() if module and found[name] != module
    }
    assert elsewhere == {}


def test_modules_that_whatsapp_web_js_asks_for_exist(page: PageBrowser) -> None:
    missing = "return args[0].filter((id) => { try { return !require(id) } catch (error) { return true } })"
    assert page.run(missing, facts.load()["whatsappWebJs"]) == []


def test_what_is_not_simulated_says_so_when_used(page: PageBrowser) -> None:
    use = "try { return String(await eval(args[0])) } catch (error) { return error.message }"
    unbuilt = "require('WAWebBizCartBridge')"
    assert page.run(use, f"{unbuilt}.updateCart()") == "NotSimulated: WAWebBizCartBridge.updateCart"
    assert page.run(use, f"new ({unbuilt}.updateCart)()") == "NotSimulated: WAWebBizCartBridge.updateCart"
    assert page.run(use, f"{unbuilt}.updateCart.anything") == "NotSimulated: WAWebBizCartBridge.updateCart"


def test_the_build_is_the_one_whose_names_these_are(page: PageBrowser) -> None:
    assert (
        page.value("[Debug.VERSION, WPP.conn.getBuildConstants().VERSION_STR]") == [facts.load()["build"]] * 2
    )


def test_the_table_grows_in_waves_to_its_real_size(open_browser: OpenBrowser) -> None:
    counting = """
      window.counts = [];
      setInterval(() => { try {
        const count = Object.keys(require('__debug').modulesMap).length;
        if (count !== counts[counts.length - 1]) counts.push(count);
      } catch (error) {} }, 10);
    """
    page = open_browser()
    page.open(counting)
    page.wait(f"{COUNT} === 13547")
    counts = page.value("counts")
    assert counts == sorted(counts)
    assert len(counts) >= 3
    assert 13327 in counts


def test_a_lazy_module_comes_with_its_bundle(open_browser: OpenBrowser) -> None:
    page = open_browser()
    page.open("")
    page.wait(f"{COUNT} === 13327")
    assert page.value("'WAWebForwardMessagesToChat' in require('__debug').modulesMap") is False
    load = (
        "await new Promise((done) => require('Bootloader').loadModules(['WAWebMediaForwardMediaMsg'], done))"
    )
    page.run(load)
    assert page.value("typeof require('WAWebForwardMessagesToChat').forwardMessagesToChats") == "function"


def test_a_late_table_only_delays_wajs(simulator: Simulator, open_browser: OpenBrowser) -> None:
    simulator.fault("modules_late", delayMs=3000)
    page = open_browser()
    page.open("")
    page.wait("document.querySelector('[data-ref]')")
    page.wait("WPP.isFullReady")
    assert page.value("performance.now()") > 3000
    page.wait("WPP.whatsapp.Stream.mode === 'QR'")


def test_a_hidden_module_is_hidden_from_injected_code_only(
    simulator: Simulator, open_browser: OpenBrowser
) -> None:
    simulator.register(ANA, "Ana")
    simulator.register("5511922222222", "Bruno")
    page = open_browser()
    page.open_ready()
    page.pair(simulator, ANA)
    hidden = ["WAWebHandleSingleMsgWorkerCompatible", "WAWebSendMsgChatAction"]
    fault = simulator.fault("missing_module", phone=ANA, modules=hidden)
    for _ in range(2):  # until it is taken back, every page of that phone
        page.driver.refresh()
        page.wait_connected()
        assert page.value("typeof WPP.whatsapp.functions.addAndSendMsgToChat") == "undefined"
        with_require = "try { return require(args[0]) } catch (error) { return error.message }"
        assert page.run(with_require, hidden[0]) == f'Requiring unknown module "{hidden[0]}"'
    simulator.write("5511922222222", ANA, "olá")
    page.wait("require('WAWebMsgCollection').MsgCollection.findFirst((m) => m.body === 'olá')")
    simulator.delete_fault(fault)
    page.wait("typeof WPP.whatsapp.functions.addAndSendMsgToChat === 'function'")
