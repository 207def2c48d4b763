"""The engine "undetected": Selenium's WebDriver, by a chromedriver that undetected-chromedriver has patched.

Chrome is spoken to over its own line as in the other engine; chromedriver is attached beside it. It would run a classic
script again when the page reloads under it, which would send a message twice. Both open a TCP port on loopback that
anybody on the machine may use: who chooses this engine has to say that he knows (WPP_UNDETECTED_ACCEPT_LOCAL_PORTS).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from wppmt.browser.chrome import launch, processes
from wppmt.browser.chrome.launch import Programs
from wppmt.browser.port import StartFailed

DRIVER = Path("/usr/bin/chromedriver")
LOG = ".chromedriver.log"
LOG_OPTION = "--log-path"
DEVTOOLS_PORT = "DevToolsActivePort"

Found = TypeVar("Found")


def mark(profile: Path) -> str:
    """An argument by which a chromedriver is found again whose Chrome is gone."""
    return f"{LOG_OPTION}={profile / '.chromedriver.severe.log'}"


def forget_port(profile: Path) -> None:
    """Of an earlier Chrome, before this one starts."""
    (profile / DEVTOOLS_PORT).unlink(missing_ok=True)


def attach(programs: Programs, driver: Path, profile: Path, chrome: int, seconds: float) -> None:
    """A WebDriver session on the Chrome that runs. Raises StartFailed."""
    deadline = time.monotonic() + seconds
    port = _await(lambda: _devtools_port(profile), chrome, deadline, lambda: _failure("Chrome", ""))
    url = _listening(programs, driver, profile, chrome, deadline)
    _open_session(url, f"127.0.0.1:{port}", seconds)


def _listening(programs: Programs, driver: Path, profile: Path, group: int, deadline: float) -> str:
    """Chromedriver's address. It joins Chrome's process group, so that one signal ends both."""
    # Its usual log would hold every command, message texts included; OFF would also hide the port.
    command = [str(driver), "--port=0", "--log-level=SEVERE", mark(profile)]
    while True:
        pid = launch.spawn(command, programs, profile / LOG, group=group)
        try:
            port = _await(
                lambda: _driver_port(profile),
                pid,
                deadline,
                lambda: _failure("chromedriver", launch.read(profile / LOG)),
            )
        except StartFailed as failure:
            # It chooses a free port, wants the same one of the other address family, and gives up if that is taken.
            if "port not available" not in failure.detail or time.monotonic() > deadline:
                raise
        else:
            return f"http://127.0.0.1:{port}"


def _open_session(url: str, devtools: str, seconds: float) -> None:
    # Only here: the other engine needs no WebDriver, and each of these costs memory.
    from selenium import webdriver  # noqa: PLC0415
    from selenium.common import WebDriverException  # noqa: PLC0415
    from selenium.webdriver.chrome.remote_connection import ChromeRemoteConnection  # noqa: PLC0415
    from selenium.webdriver.common.proxy import Proxy, ProxyType  # noqa: PLC0415
    from selenium.webdriver.remote.client_config import ClientConfig  # noqa: PLC0415
    from urllib3 import Retry  # noqa: PLC0415
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    config = ClientConfig(
        remote_server_addr=url,
        timeout=int(seconds),
        # No proxy of an environment variable stands between us and loopback.
        proxy=Proxy({"proxyType": ProxyType.DIRECT}),
        # urllib3 repeats idempotent requests by itself: a frozen browser would hold us four times as long.
        init_args_for_pool_manager={"init_args_for_pool_manager": {"retries": Retry(0)}},
    )
    connection = ChromeRemoteConnection(remote_server_addr=url, client_config=config)
    options = webdriver.ChromeOptions()
    options.debugger_address = devtools
    try:
        webdriver.Remote(command_executor=connection, options=options)
    except (WebDriverException, HTTPError) as trouble:
        raise StartFailed("BROWSER_CRASHED", launch.last_line(str(trouble))) from trouble
    finally:
        connection.close()  # type: ignore[no-untyped-call]


def _await(
    look: Callable[[], Found | None], pid: int, deadline: float, why: Callable[[], StartFailed]
) -> Found:
    while (found := look()) is None:
        if not processes.is_alive(pid) or time.monotonic() > deadline:
            raise why()
        time.sleep(launch.POLL_SECONDS)
    return found


def _devtools_port(profile: Path) -> int | None:
    """As Chrome wrote it into its profile; None before."""
    lines = launch.read(profile / DEVTOOLS_PORT).splitlines()
    return int(lines[0]) if len(lines) > 1 else None


def _driver_port(profile: Path) -> int | None:
    found = re.search(r"successfully on port (\d+)", launch.read(profile / LOG))
    return int(found[1]) if found else None


def _failure(program: str, log: str) -> StartFailed:
    return StartFailed("BROWSER_CRASHED", f"o {program} não abriu a sua porta: {launch.last_line(log)}")
