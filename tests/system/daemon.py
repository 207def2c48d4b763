"""The whole daemon as a process of its own, in a folder and on ports of its own."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from tests.support import free_port, wait_until
from tests.system import processes
from tests.system.api import Api
from tests.system.systemd import Systemd
from wppmt.simulator.client import Simulator

ROOT = Path(__file__).parents[2]
READY_SECONDS = 30.0
STOP_SECONDS = 40.0
GONE_SECONDS = 15.0


class Daemon:
    """`wppmt serve`. Starts when told; may be killed and started again on the same folder and ports."""

    ready_seconds = READY_SECONDS

    def __init__(
        self, folder: Path, *, product: Path = ROOT, activated: bool = False, **environ: str
    ) -> None:
        """`environ` on top of the usual; `product` is a folder with another copy of the packages.

        `activated`: somebody plays systemd's part, who keeps its socket and the lines to its browsers.
        """
        self.folder = folder
        self.secret = secrets.token_hex(32)
        self.port, self.simulator_port, self.page_port = free_port(), free_port(), free_port()
        self.environ = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "WPP_PORT": str(self.port),
            "WPP_SIMULATOR": "1",
            "WPP_SIMULATOR_PORT": str(self.simulator_port),
            "WPP_SIMULATOR_PAGE_PORT": str(self.page_port),
            "WPP_STATE_DIR": str(folder / "state"),
            "WPP_TOKENS_DIR": str(folder / "tokens"),
            "WPP_LOG_DIR": str(folder / "logs"),
            "WPP_SECRET": self.secret,
            "WPP_RATE_LIMIT": "0",
            **environ,
        }
        self._systemd = Systemd() if activated else None
        if self._systemd:
            self.environ |= self._systemd.environ
        self.port = int(self.environ["WPP_PORT"])
        self.simulator_port = int(self.environ["WPP_SIMULATOR_PORT"])
        self.api = Api(self.port, self.secret)
        self.phones = Simulator(f"http://127.0.0.1:{self.simulator_port}")
        self.prefix: Sequence[str] = ()
        """Before its command: what it is run by."""
        self.private: set[str] = {self.secret}
        """What must never stand in a log."""
        self._product = product
        self._known: set[psutil.Process] = set()
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> subprocess.Popen[bytes]:
        """Start it; whether it comes up is the caller's question."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command: Sequence[str] = [*self.prefix, sys.executable, "-m", "wppmt", "serve"]
        given: tuple[int, ...] = ()
        if self._systemd:
            command, given = self._systemd.command(command)
        with (self.folder / "stderr").open("ab") as output:
            self._process = subprocess.Popen(
                command,
                pass_fds=given,
                cwd=self._product,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
            )
        return self._process

    def start(self) -> None:
        """Start it and wait until it takes requests."""
        self.launch()
        self.await_ready()

    def await_ready(self) -> None:
        """It was launched; what it said when it gives up."""
        process, end = self.process, time.monotonic() + self.ready_seconds
        while not self.api.is_ready():
            assert process.poll() is None, f"exit {process.returncode}: {self.stderr()}"
            assert time.monotonic() < end, f"not ready: {self.stderr()}"
            time.sleep(0.01)

    def refuses_to_start(self) -> str:
        """Start it, expecting that it ends by itself; what it said."""
        process = self.launch()
        assert process.wait(READY_SECONDS) != 0
        return self.stderr()

    def kill(self) -> None:
        """As the kernel would when memory is short: no one gets to clean up."""
        self._remember()
        self.process.kill()
        self.process.wait()

    def kill_everything(self) -> set[psutil.Process]:
        """As a power cut would, but for the disk: daemon, browsers, and the simulator if it is its own. Who died."""
        self.kill()
        dead = processes.alive(self._known)
        for process in dead:
            process.kill()
        wait_until(lambda: not self.leftovers(), GONE_SECONDS)
        return dead

    def stop(self) -> float:
        """SIGTERM; everything has ended when this returns. Seconds that it took."""
        self._remember()
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(STOP_SECONDS) == 0, self.stderr()
        took = time.monotonic() - began
        wait_until(lambda: not self.leftovers(), GONE_SECONDS)
        return took

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    @property
    def pid(self) -> int:
        return self.process.pid

    def profile(self, session: str) -> Path:
        return self.folder / "tokens" / session

    def browser(self, session: str) -> psutil.Process | None:
        """The session's Chrome."""
        return processes.browser(self.profile(session))

    def stop_listening(self) -> None:
        """Whoever still waits for a next daemon waits no more."""
        if self._systemd:
            self._systemd.listening.close()

    def keeper(self) -> psutil.Process | None:
        """Who keeps the lines to its browsers, where systemd does not."""
        return processes.carrying(str(self.folder / "tokens" / ".keeper"))

    def leftovers(self) -> set[psutil.Process]:
        """What runs of it, whoever its parent is by now."""
        return processes.alive(self._known | processes.of_folder(self.folder))

    def end(self) -> None:
        """However a test ended: nothing of it stays behind on the machine."""
        if self._systemd:
            self._systemd.close()
        if self._process is None:
            return
        self._remember()
        for process in processes.alive(self._known):
            process.kill()
        self.process.wait()

    def stderr(self) -> str:
        return (self.folder / "stderr").read_text(errors="replace")

    def log(self) -> list[dict[str, Any]]:
        """The lines of the log file; the last may be on its way to it still, and has no end then."""
        file = self.folder / "logs" / "wppmt.log"
        whole = file.read_bytes().rpartition(b"\n")[0] if file.exists() else b""
        return [json.loads(line) for line in whole.splitlines()]

    def logged(self, event: str, session_id: str) -> list[dict[str, Any]]:
        """At least one line, which may be on its way to the file still."""
        return wait_until(
            lambda: [line for line in self.log() if (line["event"], line["sessionId"]) == (event, session_id)]
        )

    def leaks(self) -> list[str]:
        """Private things that stand in a log, with their file."""
        files = [
            *self.folder.glob("logs/*"),
            self.folder / "stderr",
            *self.folder.glob("tokens/*/.chrome*.log"),
        ]
        found = []
        for file in files:
            text = file.read_text(errors="replace") if file.is_file() else ""
            found += [f"{file.name}: {secret}" for secret in sorted(self.private) if secret in text]
        return found

    def _remember(self) -> None:
        """Who belongs to it, before deaths make orphans of some."""
        mine = processes.of_folder(self.folder)
        if self.process.poll() is None:
            mine |= processes.descendants(psutil.Process(self.pid))
        self._known |= mine | processes.groups(mine)
