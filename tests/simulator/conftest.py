"""A simulator in a process of its own, and Chromes on its page."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.simulator.page_browser import PageBrowser
from wppmt.simulator.client import Simulator

ACK_MS = 20
QR_TTL_SECONDS = 20


class SimulatorProcess:
    """``python -m wppmt.simulator``; can be killed and started again on the same state and ports."""

    def __init__(self, state_dir: Path, *arguments: str) -> None:
        self._state_dir = state_dir
        self._arguments = arguments
        self._control_port = 0
        self.page_port = 0
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "wppmt.simulator", "--state-dir", str(self._state_dir)]
        command += ["--control-port", str(self._control_port), "--page-port", str(self.page_port)]
        command += ["--ack-ms", str(ACK_MS), "--qr-ttl", str(QR_TTL_SECONDS), *self._arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        addresses = json.loads(self._process.stdout.readline())
        self._control_port, self.page_port = addresses["controlPort"], addresses["pagePort"]
        self.client = Simulator(addresses["control"])

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)
            self._process.wait(timeout=10)
        assert self._process.stdout
        self._process.stdout.close()


@pytest.fixture(scope="module")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    process = SimulatorProcess(tmp_path_factory.mktemp("simulator"))
    yield process
    process.stop()


@pytest.fixture
def simulator(simulator_process: SimulatorProcess) -> Simulator:
    return simulator_process.client


OpenBrowser = Callable[..., PageBrowser]


@pytest.fixture
def open_browser(simulator_process: SimulatorProcess, tmp_path: Path) -> Iterator[OpenBrowser]:
    """Starts a Chrome on the named profile; all are ended after the test."""
    browsers: list[PageBrowser] = []

    def start(profile: str = "profile", **capabilities: object) -> PageBrowser:
        browsers.append(PageBrowser(simulator_process.page_port, tmp_path / profile, **capabilities))
        return browsers[-1]

    yield start
    for browser in browsers:
        browser.quit()
