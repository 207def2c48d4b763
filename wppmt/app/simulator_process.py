"""The simulator as a process of its own, started and ended by the daemon."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tenacity import wait_fixed

from wppmt.app.settings import Settings
from wppmt.domain.errors import SetupError
from wppmt.polling import poll

START_SECONDS = 20.0
POLL_SECONDS = 0.05
STOP_SECONDS = 10.0


@contextmanager
def simulator(settings: Settings) -> Iterator[None]:
    """Run one until the block ends; nothing to do where the settings use another, or WhatsApp itself."""
    if settings.simulator.mode != "1":
        yield
        return
    process = _start(settings)
    try:
        _await_ready(process, settings)
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _start(settings: Settings) -> subprocess.Popen[bytes]:
    chosen = settings.simulator
    command = [
        # A daemon that is killed must not leave its simulator on the ports; the simulator's state is on disk.
        "setpriv", "--pdeathsig", "KILL",
        sys.executable, "-m", "wppmt.simulator",
        "--state-dir", str(settings.store.state_dir / "simulator"),
        "--control-port", str(chosen.port),
        "--page-port", str(chosen.page_port),
        "--ack-ms", str(chosen.ack_ms),
        "--qr-ttl", str(chosen.qr_ttl_seconds),
    ]  # fmt: skip
    errors = _error_file(settings).open("wb")
    with errors:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, process_group=0
        )


def _await_ready(process: subprocess.Popen[bytes], settings: Settings) -> None:
    url = f"http://127.0.0.1:{settings.simulator.port}/sim/health"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def answers() -> bool:
        try:
            with opener.open(url, timeout=1):
                return True
        except OSError:
            return False

    def has_ended() -> bool:
        return process.poll() is not None

    # Another simulator may answer on the port, and be the reason why ours has ended.
    if not poll(answers, START_SECONDS, wait_fixed(POLL_SECONDS), unless=has_ended) or has_ended():
        raise SetupError(
            f"O simulador não iniciou. As portas {settings.simulator.port} (WPP_SIMULATOR_PORT) e"
            f" {settings.simulator.page_port} (WPP_SIMULATOR_PAGE_PORT) estão livres? {_last_error(settings)}"
        )


def _error_file(settings: Settings) -> Path:
    settings.store.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return settings.store.state_dir / "simulator.err"


def _last_error(settings: Settings) -> str:
    lines = _error_file(settings).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
