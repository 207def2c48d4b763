"""An operator at the dashboard, in a browser of their own."""

from __future__ import annotations

import base64
import re
from typing import Any

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.support import wait_until
from tests.system.customer import DESK, SECONDS, Customer
from tests.system.daemon import ROOT

PICTURES = ROOT / "build" / "painel"
"""What the tests saw: kept to be looked at."""
AXE = ROOT / "tests" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
_RUN_AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ['violations'] }).then(
  (found) => done(found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' | ').slice(0, 400)}`)),
  (error) => done([String(error)]),
);
"""


class Operator(Customer):
    """One Chrome. Elements are named by CSS selectors."""

    def looks(self, *, size: tuple[int, int] = DESK, dark: bool = False) -> None:
        """By the size of the screen, and in the dark."""
        width, height = size
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self._driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def logs_in(self, url: str, token: str) -> None:
        self.opens(url, DESK)
        self.does("sessionStorage.clear()")
        self.reloads()
        self.types("#token", token + Keys.ENTER)
        self.finds("#bar nav")

    def finds(self, css: str, limit: float = SECONDS) -> WebElement:
        """The first such element, as soon as it is there to be seen."""

        return self._found(By.CSS_SELECTOR, css, limit)

    def all(self, css: str) -> list[WebElement]:
        return self._driver.find_elements(By.CSS_SELECTOR, css)

    def text(self, css: str) -> str:
        """Of the first such element, all of it, also what is scrolled away; empty without one."""
        script = "return document.querySelector(arguments[0])?.textContent ?? ''"
        found: str = self._driver.execute_script(script, css)
        return re.sub(r"\s+", " ", found)

    def shows(self, css: str, text: str, limit: float = SECONDS) -> None:
        wait_until(lambda: text in self.text(css), limit)

    def loses(self, css: str, limit: float = SECONDS) -> None:
        """There is no such element any more."""
        wait_until(lambda: not self.all(css), limit)

    def clicks(self, css: str) -> None:
        self.finds(css)
        # In one step: what is drawn anew between looking and clicking is another element.
        self._driver.execute_script("document.querySelector(arguments[0]).click()", css)

    def types(self, css: str, text: str) -> None:
        self.finds(css).send_keys(text)

    def presses(self, *keys: str) -> None:
        self._driver.switch_to.active_element.send_keys(*keys)

    def does(self, script: str) -> Any:
        return self._driver.execute_script(script)

    def waits_for(self, script: str, *given: Any) -> Any:
        """What an asynchronous script tells in the end."""
        return self._driver.execute_async_script(script, *given)

    @property
    def address(self) -> str:
        return self._driver.current_url

    def hindrances(self) -> list[str]:
        """What axe finds."""
        self._driver.execute_script(AXE.read_text())
        found: list[str] = self._driver.execute_async_script(_RUN_AXE)
        return found

    def keeps_picture(self, name: str) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        shown = self._driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
        (PICTURES / f"{name}.png").write_bytes(base64.b64decode(shown["data"]))

    def qr_text_of_dialog(self) -> str | None:
        return self._code_in(self.finds("#qr-picture"))
