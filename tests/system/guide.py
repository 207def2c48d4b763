"""A guide's commands, pasted in order as they stand, with `make run`'s simulator on ports of the test's own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import free_port, wait_until

PROJECT = Path(__file__).parents[2]
PORTS = {"WPP_PORT": 8005, "WPP_SIMULATOR_PORT": 8006, "WPP_SIMULATOR_SINK_PORT": 8007}
"""Defaults, as the guides name them."""
PASTE_SECONDS = 120.0
"""More than the longest wait of a guide."""


class Terminal:
    """A shell that commands are pasted into; it ends at the first that fails."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self._output = folder / "terminal"
        self._blocks = 0
        with self._output.open("wb") as output:
            self._shell = subprocess.Popen(
                ["bash", "-e", "-o", "pipefail"],
                cwd=folder,
                env=environ,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                text=True,
                process_group=0,
            )

    def paste(self, block: str) -> None:
        """Paste it and wait until it is done."""
        assert self._shell.stdin
        self._blocks += 1
        end = f"--- bloco {self._blocks} ---"
        self._shell.stdin.write(f"{block}\necho '{end}'\n")
        self._shell.stdin.flush()
        wait_until(lambda: end in self.screen() or self._shell.poll() is not None, PASTE_SECONDS)
        assert self._shell.poll() is None, self.screen()

    def screen(self) -> str:
        return self._output.read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        assert self._shell.stdin
        self._shell.stdin.close()
        self._shell.wait(5)


def make_environ(tmp_path: Path) -> dict[str, str]:
    """Ports and folders of the test's own; `.venv/bin` is where the guide looks for wppmt."""
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parents[1])
    folders = {"WPP_STATE_DIR": "state", "WPP_TOKENS_DIR": "tokens", "WPP_LOG_DIR": "logs"}
    return (
        {name: value for name, value in os.environ.items() if not name.startswith("WPP_")}
        | {"PYTHONUNBUFFERED": "1"}
        | {name: str(tmp_path / leaf) for name, leaf in folders.items()}
        | {name: str(free_port()) for name in (*PORTS, "WPP_SIMULATOR_PAGE_PORT")}
    )


@contextmanager
def running(*arguments: str, environ: dict[str, str], output: Path) -> Iterator[Path]:
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "wppmt", *arguments],
            env=environ, cwd=PROJECT, stdout=out, stderr=out, process_group=0,
        )  # fmt: skip
    try:
        yield output
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(40)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def blocks(guide: str, environ: dict[str, str]) -> list[str]:
    """Its commands with this test's ports; a "no" is a failure, unless the line ends with its status: `# 4xx`."""
    text = (PROJECT / "docs" / guide).read_text(encoding="utf-8")
    found = re.findall(r"^```bash\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    found = [re.sub(r"^(.*# 4\d\d)$", r"! \1", block, flags=re.MULTILINE) for block in found]
    for name, port in PORTS.items():
        found = [block.replace(f"127.0.0.1:{port}", f"127.0.0.1:{environ[name]}") for block in found]
    return [block.replace("curl -s", "curl --fail-with-body -s") for block in found]
