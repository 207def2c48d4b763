"""The straight way, for comparison in the same run: Selenium's own Chrome, wa-js, one script at a time. No daemon."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from tests.bench.figures import chromium_version
from tests.support import wait_until
from tests.system import processes
from wppmt.browser.chrome.driver import DRIVER
from wppmt.browser.chrome.flags import user_agent
from wppmt.browser.chrome.launch import CHROME
from wppmt.browser.wa_js.shelf import BUNDLE, PACKAGE

GUARD = "if (window.top === window && !window.WPP)"
SETTINGS = "self.WPPConfig = {disableGoogleAnalytics: true, linkPreviewApiServers: []};"
QR = "return window.WPP && WPP.isReady && WPP.conn.getAuthCode().then((code) => code && code.fullCode)"
MAIN = "return WPP.conn.isAuthenticated() && WPP.whatsapp.Stream.mode === 'MAIN'"
SEND = """
const [to, text, done] = arguments;
WPP.chat.sendTextMessage(to, text, {waitForAck: true}).then(({id}) => done({id}), (error) => done({error: String(error)}));
"""


class Peer:
    """One bare Chrome on the simulator's page."""

    def __init__(self, page_port: int, profile: str) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = str(CHROME)
        for argument in (
            "--headless=new",
            "--no-sandbox",
            "--ignore-certificate-errors",
            f"--host-resolver-rules=MAP * 127.0.0.1:{page_port}",
            f"--user-data-dir={profile}",
            f"--user-agent={user_agent(chromium_version())}",
        ):
            options.add_argument(argument)
        self._driver = webdriver.Chrome(options, Service(str(DRIVER)))

    def show_qr(self) -> str:
        source = f"{GUARD} {{ {SETTINGS}\n{(PACKAGE / BUNDLE).read_text()}\n}}"
        self._driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
        self._driver.get("https://web.whatsapp.com/")
        return str(wait_until(lambda: self._driver.execute_script(QR), 30))

    def await_main(self) -> None:
        wait_until(lambda: self._driver.execute_script(MAIN), 30)

    def send(self, to: str, text: str) -> None:
        answer: dict[str, Any] = self._driver.execute_async_script(SEND, f"{to}@c.us", text)
        assert "id" in answer, answer

    @property
    def family(self) -> set[psutil.Process]:
        return processes.descendants(psutil.Process(self._driver.service.process.pid))

    def quit(self) -> None:
        self._driver.quit()


@contextmanager
def peer(page_port: int) -> Iterator[tuple[Peer, Callable[[], float]]]:
    """A new one, and a function that tells the seconds since its start began."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wppmt-bench-", ignore_cleanup_errors=True) as profile:
        one = Peer(page_port, profile)
        try:
            yield one, lambda: time.monotonic() - began
        finally:
            one.quit()
