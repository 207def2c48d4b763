"""A library from npm in the race: Node's process with many sessions (tests/peers/race.js), without HTTP of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import psutil

from tests.bench.peers.contestant import Failed, File, Place
from tests.peers import stories
from tests.simulator.page_browser import program
from tests.system import processes

LIMIT_SECONDS = 30.0
STOP_SECONDS = 15.0
Line = dict[str, Any]


class Library:
    """`kind` is one of tests/peers/race_KIND.js."""

    def __init__(self, name: str, kind: str, place: Place) -> None:
        self.name = name
        self._kind = kind
        self._place = place
        self._lines: list[Line] = []
        self._news = threading.Condition()
        self._number = 0
        self._known: set[psutil.Process] = set()
        self._process: subprocess.Popen[str] | None = None

    def up(self, sessions: Sequence[str] = ()) -> None:
        self._lines = []
        reading, writing = os.pipe()
        with (self._place.folder / "stderr").open("ab") as output:
            self._process = subprocess.Popen(
                ["node", str(stories.FOLDER / "race.js"), json.dumps(self._arguments(writing))],
                cwd=self._place.folder,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                text=True,
                pass_fds=[writing],
                start_new_session=True,
            )
        os.close(writing)
        threading.Thread(target=self._listen, args=(reading,), daemon=True).start()
        self._wait(lambda line: line.get("event") == "up", "up")
        for session in sessions:
            self.open(session)

    def down(self) -> None:
        self._remember()
        self._running.terminate()
        try:
            self._running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()
        self._end_rest()

    def open(self, session: str) -> None:
        self._tell("open", session)

    def qr(self, session: str, since: float) -> str:
        return str(self._event("qr", session, since)["text"])

    def connected_at(self, session: str, since: float) -> float:
        return float(self._event("connected", session, since)["at"])

    def close(self, session: str) -> None:
        self._remember()
        self._ask("close", session)

    def send(self, session: str, to: str, text: str) -> None:
        self._ask("send", session, to, text)

    def send_file(self, session: str, to: str, file: File) -> None:
        self._ask("sendFile", session, to, asdict(file))

    def told_at(self, session: str, text: str) -> float | None:
        def is_it(line: Line) -> bool:
            return (line.get("event"), line.get("session"), line.get("text")) == ("message", session, text)

        return float(self._wait(is_it, f"{session} message")["at"])

    def gateway(self) -> psutil.Process:
        return psutil.Process(self._running.pid)

    def browser(self, session: str) -> psutil.Process:
        for process in processes.alive(self.processes()):
            command = process.cmdline()
            folder = next((part for part in command if part.startswith("--user-data-dir=")), "")
            if folder.endswith(session) and not any(part.startswith("--type=") for part in command):
                return process
        raise Failed(f"no browser of {session}")

    def processes(self) -> set[psutil.Process]:
        mine = processes.descendants(psutil.Process(self._running.pid))
        return mine | processes.groups(mine)

    def kill_gateway(self) -> None:
        self._remember()
        self._running.kill()
        self._running.wait()

    def end(self) -> None:
        if self._process is None:
            return
        self._remember()
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._end_rest()

    @property
    def leftovers(self) -> set[psutil.Process]:
        """What runs of it although its process is gone."""
        return processes.alive(self._known)

    @property
    def _running(self) -> subprocess.Popen[str]:
        assert self._process is not None
        return self._process

    def _arguments(self, channel: int) -> Line:
        return {
            "channel": channel,
            "client": self._kind,
            "executablePath": program("chromium", "google-chrome", "chrome"),
            "profile": str(self._place.folder / "profiles"),
            "receiver": self._place.receiver.sink.url,
            "chromeArguments": [
                "--no-sandbox",
                "--ignore-certificate-errors",
                f"--host-resolver-rules=MAP * 127.0.0.1:{self._place.page_port}",
            ],
        }

    def _listen(self, reading: int) -> None:
        with os.fdopen(reading) as channel:
            for line in channel:
                with self._news:
                    self._lines.append(json.loads(line))
                    self._news.notify_all()

    def _tell(self, command: str, *parameters: Any) -> int:
        with self._news:
            self._number += 1
            number = self._number
            line = json.dumps({"number": number, "command": command, "parameters": parameters})
            assert self._running.stdin
            try:
                self._running.stdin.write(line + "\n")
                self._running.stdin.flush()
            except OSError as gone:
                raise Failed(f"{command}: its process has ended") from gone
        return number

    def _ask(self, command: str, *parameters: Any) -> None:
        number = self._tell(command, *parameters)
        answer = self._wait(lambda line: line.get("number") == number, command)
        if error := answer.get("error"):
            raise Failed(f"{command}: {error}")

    def _event(self, event: str, session: str, since: float) -> Line:
        def is_it(line: Line) -> bool:
            return (line.get("event"), line.get("session")) == (event, session) and line["at"] > since

        return self._wait(is_it, f"{session} {event}")

    def _wait(self, wanted: Callable[[Line], bool], what: str) -> Line:
        """The first line that is wanted, come or yet to come; from the newest on, as the list grows."""
        end = time.monotonic() + LIMIT_SECONDS
        seen = 0
        with self._news:
            while True:
                for line in self._lines[seen:]:
                    if wanted(line):
                        return line
                seen = len(self._lines)
                if not self._news.wait(end - time.monotonic()):
                    errors = [line["error"] for line in self._lines if "error" in line][-3:]
                    raise Failed(f"{what}: not within {LIMIT_SECONDS:.0f} s {errors or ''}".strip())

    def _remember(self) -> None:
        if self._running.poll() is None:
            self._known |= self.processes()

    def _end_rest(self) -> None:
        for process in processes.alive(self._known):
            process.send_signal(signal.SIGKILL)
        psutil.wait_procs(self._known, timeout=5)
