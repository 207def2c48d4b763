"""A session that the real wppconnect has paired is taken over here, and connects without a QR code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.stories import play
from tests.simulator.conftest import SimulatorProcess
from tests.support import wait_until
from tests.system import processes
from tests.system.api import Json
from tests.system.daemon import ROOT, Daemon
from wppmt.simulator.client import Simulator

pytestmark = [pytest.mark.peers, pytest.mark.timeout(300)]

ANA, BRUNO = "5511911110001", "5511922220002"
SESSION = "/api/sessions/loja-centro"
START_SECONDS = 60.0


@pytest.fixture(scope="module")
def left_by_wppconnect(simulator_process: SimulatorProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wppconnect-server")
    assert play("pair_wppconnect.js", simulator_process, folder) == {"pairs and closes": None}
    # Its Chrome outlives it for a moment.
    wait_until(lambda: not processes.of_folder(folder), START_SECONDS)
    # wppconnect-server keeps beside it what it was told; of another session nothing else is left.
    (folder / "tokens").mkdir(exist_ok=True)
    (folder / "tokens" / "antiga.data.json").write_text('{"config": {}}')
    return folder


@pytest.fixture
def daemon(simulator_process: SimulatorProcess, tmp_path: Path) -> Iterator[Daemon]:
    daemon = Daemon(
        tmp_path / "daemon",
        WPP_SIMULATOR="external",
        WPP_SIMULATOR_PORT=simulator_process.client.url.rpartition(":")[2],
        WPP_SIMULATOR_PAGE_PORT=str(simulator_process.page_port),
    )
    try:
        yield daemon
    finally:
        daemon.end()


@pytest.mark.parametrize("is_running", [True, False])
def test_it_connects_here_without_a_qr_code(
    simulator_process: SimulatorProcess, left_by_wppconnect: Path, daemon: Daemon, *, is_running: bool
) -> None:
    phones: Simulator = simulator_process.client
    phones.register(BRUNO, "Bruno", saved=True)
    devices = phones.devices(ANA)
    if is_running:
        daemon.start()
    imported = {row["sessionId"]: row.get("code") for row in run_import(daemon, left_by_wppconnect)}
    assert imported == {"loja-centro": None, "antiga": "TOKEN_ONLY"}
    if not is_running:
        daemon.start()
    assert status(daemon)["status"] == "disconnected"
    assert daemon.api.call("POST", f"{SESSION}/start", {}).status == 200
    wait_until(lambda: status(daemon)["status"] == "connected", START_SECONDS)
    assert status(daemon)["phone"] == ANA
    events = daemon.api.get(f"{SESSION}/events?limit=100")["events"]
    assert "qr_code" not in {event["event"] for event in events}
    assert [one["device"] for one in phones.devices(ANA)] == [one["device"] for one in devices]
    sent = daemon.api.call("POST", f"{SESSION}/send-message", {"phone": BRUNO, "message": "Daqui"})
    assert sent.status == 200, sent
    assert [line["body"] for line in phones.inbox(BRUNO) if line["id"] == sent.json["id"]] == ["Daqui"]
    # Whoever comes next has the login for itself.
    daemon.stop()


def status(daemon: Daemon) -> Json:
    return daemon.api.get(f"{SESSION}/status")


def run_import(daemon: Daemon, folder: Path) -> list[Json]:
    command = [sys.executable, "-m", "wppmt", "import", "--wppconnect", str(folder), "--json"]
    done = subprocess.run(command, cwd=ROOT, env=daemon.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    rows: list[Json] = json.loads(done.stdout)["sessions"]
    return rows
