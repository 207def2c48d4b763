"""A bare Chrome with the real wa-js on the simulator's page, for the tests of the simulator."""

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import psutil
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

PACKAGED = (
    Path(__file__).parents[2] / "wppmt/browser/page/node_modules/@wppconnect/wa-js/dist/wppconnect-wa.js"
)
CONFIG = "self.WPPConfig = {disableGoogleAnalytics: true};"

Found = TypeVar("Found")


def wajs() -> str:
    path = Path(os.environ.get("WPP_WAJS_PATH") or PACKAGED)
    return f"if (window.top === window && !window.WPP) {{ {CONFIG}\n{path.read_text()}\n}}"


def wait_until(look: Callable[[], Found], what: str, seconds: float = 15) -> Found:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"still not there after {seconds} s: {what}"
        time.sleep(0.02)
    return found


class PageBrowser:
    """One Chrome on one profile folder."""

    def __init__(self, page_port: int, profile: Path) -> None:
        options = webdriver.ChromeOptions()
        for argument in (
            "--headless=new",
            "--no-sandbox",
            "--ignore-certificate-errors",
            f"--host-resolver-rules=MAP * 127.0.0.1:{page_port}",
            f"--user-data-dir={profile}",
        ):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.binary_location = _program("chromium", "google-chrome", "chrome")
        # Named outright: Selenium would ask the internet for a driver.
        self.driver = webdriver.Chrome(options, Service(_program("chromedriver")))
        self._inject = "Page.addScriptToEvaluateOnNewDocument"

    def open(self) -> None:
        self.driver.execute_cdp_cmd(self._inject, {"source": wajs()})
        self.driver.get("https://web.whatsapp.com/")
        self.wait("window.WPP && WPP.isFullReady")

    def run(self, body: str, *args: Any) -> Any:
        """The value of an async function's body in the page."""
        script = (
            "const done = arguments[arguments.length - 1];"
            f"(async (...args) => {{ {body} }})(...arguments)"
            ".then((value) => done({value}), (error) => done({error: String(error.stack || error)}));"
        )
        answer = self.driver.execute_async_script(script, *args)
        assert "error" not in answer, answer["error"]
        return answer.get("value")

    def value(self, expression: str) -> Any:
        return self.run(f"return {expression};")

    def wait(self, expression: str, seconds: float = 15) -> Any:
        look = f"try {{ return ({expression}) || null }} catch (error) {{ return null }}"
        return wait_until(lambda: self.driver.execute_script(look), expression, seconds)

    def wait_connected(self) -> None:
        self.wait(
            "WPP.isFullReady && WPP.conn.isAuthenticated() && require('WAWebStreamModel').Stream.mode === 'MAIN'"
        )

    def console(self) -> list[str]:
        """Everything that was written to the console since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def kill(self) -> None:
        """Ends chromedriver and Chrome as a crash would."""
        driver = self.driver.service.process
        processes = psutil.Process(driver.pid).children(recursive=True)
        driver.kill()
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=10)
        driver.wait(timeout=10)

    def quit(self) -> None:
        if self.driver.service.process.poll() is None:
            self.driver.quit()


def _program(*names: str) -> str:
    return next(path for name in names if (path := shutil.which(name)))
