"""A bare Chrome with the real wa-js on the simulator's page, for the tests of the simulator."""

import io
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import zxingcpp
from PIL import Image
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service

from tests.support import wait_until
from wppmt.simulator.client import Simulator

WAJS = (
    Path(__file__)
    .parents[2]
    .joinpath("wppmt/browser/page/node_modules/@wppconnect/wa-js/dist/wppconnect-wa.js")
)
CONNECTED = (
    "WPP.isFullReady && WPP.conn.isAuthenticated() && require('WAWebStreamModel').Stream.mode === 'MAIN'"
)
LISTEN = """
    window.received = []; window.acks = [];
    WPP.on('chat.new_message', (m) => received.push({id: String(m.id), body: m.body, from: String(m.from),
      author: m.author && String(m.author), type: m.type, caption: m.caption, quoted: m.quotedStanzaID}));
    WPP.on('chat.msg_ack_change', (a) => acks.push([a.ids.map((id) => id.id), a.ack]));
"""


def injection(then: str = "") -> str:
    """wa-js as a script for every new document; ``then`` runs right behind it."""
    config = "self.WPPConfig = {disableGoogleAnalytics: true};"
    return f"if (window.top === window && !window.WPP) {{ {config}\n{WAJS.read_text()}\n{then}\n}}"


class PageBrowser:
    """One Chrome on one profile folder."""

    def __init__(self, page_port: int, profile: Path, **capabilities: Any) -> None:
        self._profile = profile
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
        for name, value in capabilities.items():
            options.set_capability(name, value)
        # Both named outright: Selenium would ask the internet for a driver.
        options.binary_location = program("chromium", "google-chrome", "chrome")
        self.driver = webdriver.Chrome(options, Service(program("chromedriver")))
        self.driver.set_script_timeout(20)

    def inject(self, then: str = "") -> None:
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": injection(then)})

    def open(self, then: str = "") -> None:
        self.inject(then)
        self.driver.get("https://web.whatsapp.com/")

    def open_ready(self, then: str = "") -> None:
        self.open(then)
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

    def wait(self, expression: str, limit: float = 15) -> Any:
        """Waits until the expression is true in the page, which may be reloading meanwhile."""
        look = f"try {{ return ({expression}) || null }} catch (error) {{ return null }}"

        def found() -> Any:
            with suppress(WebDriverException):
                return self.driver.execute_script(look)
            return None

        return wait_until(found, limit)

    def wait_connected(self) -> None:
        self.wait(CONNECTED)

    def wait_qr(self) -> str:
        text: str = self.wait("document.querySelector('[data-ref]')?.dataset.ref")
        return text

    def console(self) -> list[str]:
        """Everything that was written to the console since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def pair(self, simulator: Simulator, phone: str) -> str:
        """Links the page as a person would: the phone reads the picture on the screen."""
        self.wait_qr()
        picture = Image.open(io.BytesIO(self.driver.get_screenshot_as_png()))
        device = simulator.scan(phone, zxingcpp.read_barcodes(picture)[0].text)
        self.wait_connected()
        self.run(LISTEN)
        return device

    def send_text(self, to: str, body: str, **options: Any) -> dict[str, Any]:
        send = "return JSON.parse(JSON.stringify(await WPP.chat.sendTextMessage(args[0], args[1], args[2])))"
        answer: dict[str, Any] = self.run(send, to, body, {"linkPreview": False, **options})
        return answer

    def wait_saved(self) -> None:
        """Chrome writes localStorage some seconds late: a login that is not there yet is lost by a kill."""
        folder = self._profile / "Default" / "Local Storage" / "leveldb"
        wait_until(
            lambda: any(b"WANoiseInfo" in file.read_bytes() for file in folder.glob("*.log")), limit=20
        )

    def kill(self) -> None:
        """Ends chromedriver and Chrome as a crash would."""
        driver = self.driver.service.process
        processes = psutil.Process(driver.pid).children(recursive=True)
        driver.kill()
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=10)
        driver.communicate(timeout=10)

    def quit(self) -> None:
        if self.driver.service.process.poll() is None:
            self.driver.quit()


def program(*names: str) -> str:
    return next(path for name in names if (path := shutil.which(name)))
