"""A customer with a browser of their own, who has nothing but a link."""

from __future__ import annotations

import json
from base64 import b64decode
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.support import wait_until
from wppmt.browser.chrome import driver, launch
from wppmt.cli.gateway import read_qr

SECONDS = 45.0
PHONE, DESK = (320, 640), (1280, 800)


class Customer:
    """One Chrome, of a phone's size or a desk's."""

    def __init__(self) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = str(launch.CHROME)
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self._driver = webdriver.Chrome(options, Service(str(driver.DRIVER)))

    def opens(self, url: str, size: tuple[int, int]) -> None:
        width, height = size
        screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE}
        self._driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        self._driver.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": size == PHONE})
        self._driver.get(url)

    def sees(self, element_id: str) -> WebElement:
        """The element, as soon as it is there to be seen."""

        return self._found(By.ID, element_id, SECONDS)

    def reads(self, text: str) -> None:
        """It stands on the page, at the latest in a moment."""
        wait_until(lambda: text in self._text(), SECONDS)

    def tabs_to(self, element_id: str) -> WebElement:
        """With the keyboard alone."""
        for _ in range(12):
            active = self._driver.switch_to.active_element
            if active.get_attribute("id") == element_id:
                return active
            active.send_keys(Keys.TAB)
        raise AssertionError(f"the keyboard does not lead to {element_id}")

    def qr_text(self) -> str | None:
        """What a phone's camera sees."""
        return self._code_in(self.sees("qr"))

    def reloads(self) -> None:
        self._driver.refresh()

    @property
    def width(self) -> int:
        """Of what is there to be scrolled over."""
        width: int = self._driver.execute_script("return document.documentElement.scrollWidth")
        return width

    def accessible(self) -> set[tuple[str, str]]:
        """Role and name of all that a screen reader is told of."""
        nodes = self._driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        return {(_value(node, "role"), _value(node, "name")) for node in nodes if not node["ignored"]}

    def complaints(self) -> list[str]:
        """What the browser's console has said, but for the status of a page that is an ending."""
        said = (line["message"] for line in self._driver.get_log("browser"))
        return [line for line in said if "410 (Gone)" not in line]

    def hosts(self) -> set[str]:
        """Whom the pages have asked for anything."""
        sent = (json.loads(line["message"])["message"] for line in self._driver.get_log("performance"))
        urls = [
            one["params"]["request"]["url"] for one in sent if one["method"] == "Network.requestWillBeSent"
        ]
        return {urlsplit(url).hostname or "" for url in urls if not url.startswith("data:")}

    def leaves(self) -> None:
        self._driver.quit()

    @staticmethod
    def _code_in(picture: WebElement) -> str | None:
        """None where another picture has come instead by now."""
        with suppress(StaleElementReferenceException):
            return read_qr(b64decode((picture.get_attribute("src") or "").partition(",")[2]))
        return None

    def _found(self, by: str, name: str, limit: float) -> WebElement:
        """The first that is displayed."""

        def look() -> WebElement | None:
            # What is drawn anew between finding and looking is another element, for the next look.
            with suppress(StaleElementReferenceException):
                return next((one for one in self._driver.find_elements(by, name) if one.is_displayed()), None)
            return None

        found = wait_until(look, limit)
        assert found is not None
        return found

    def _text(self) -> str:
        text: str = self._driver.execute_script("return document.body ? document.body.innerText : ''")
        return text


def _value(node: dict[str, Any], name: str) -> str:
    return str(node.get(name, {}).get("value", ""))
