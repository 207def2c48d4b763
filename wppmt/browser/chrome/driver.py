"""Attaches chromedriver, by Selenium, to a Chrome that already runs. WebDriver's HTTP is used for nothing else:

chromedriver runs a classic script again when the page reloads under it, which would send a message twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from selenium import webdriver
from selenium.webdriver.chrome.remote_connection import ChromeRemoteConnection
from selenium.webdriver.common.proxy import Proxy, ProxyType
from selenium.webdriver.remote.client_config import ClientConfig
from urllib3 import Retry

from wppmt.browser.chrome.launch import Launched


@dataclass(frozen=True, slots=True)
class AttachedDriver:
    """A WebDriver session. It lives in chromedriver, and so does what was injected through it."""

    id: str
    page: str
    """The id of Chrome's one page."""


def attach(launched: Launched, script: str, seconds: float) -> AttachedDriver:
    """A session on the Chrome that listens; `script` will run before the page's own ones, after every load.

    Raises selenium's and urllib3's errors.
    """
    options = webdriver.ChromeOptions()
    options.debugger_address = launched.devtools_address
    connection = _connection(launched.driver_url, seconds)
    try:
        remote = webdriver.Remote(command_executor=connection, options=options)
        inject = {"cmd": "Page.addScriptToEvaluateOnNewDocument", "params": {"source": script}}
        remote.execute("executeCdpCommand", inject)
        return AttachedDriver(str(remote.session_id), remote.current_window_handle)
    finally:
        connection.close()  # type: ignore[no-untyped-call]


def _connection(url: str, seconds: float) -> ChromeRemoteConnection:
    config = ClientConfig(
        remote_server_addr=url,
        timeout=int(seconds),
        # No proxy of an environment variable stands between us and loopback.
        proxy=Proxy({"proxyType": ProxyType.DIRECT}),
        # urllib3 repeats idempotent requests by itself: a frozen browser would hold us four times as long.
        init_args_for_pool_manager={"init_args_for_pool_manager": {"retries": Retry(0)}},
    )
    return ChromeRemoteConnection(remote_server_addr=url, client_config=config)
