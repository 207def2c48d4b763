"""A newcomer's first minutes: the demo, and every command of the first screen pasted as it stands."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import free_port, wait_until

PROJECT = Path(__file__).parents[2]
WPPMT = [sys.executable, "-m", "wppmt"]

pytestmark = pytest.mark.chrome


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    folders = {"WPP_STATE_DIR": "state", "WPP_TOKENS_DIR": "tokens", "WPP_LOG_DIR": "logs"}
    ports = ("WPP_PORT", "WPP_SIMULATOR_PORT", "WPP_SIMULATOR_PAGE_PORT", "WPP_SIMULATOR_SINK_PORT")
    # The program is shown as it was called, so that the pasted commands run this very one.
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return (
        {name: value for name, value in os.environ.items() if not name.startswith("WPP_")}
        | {"PATH": path, "PYTHONUNBUFFERED": "1"}
        | {name: str(tmp_path / leaf) for name, leaf in folders.items()}
        | {name: str(free_port()) for name in ports}
    )


@contextmanager
def running(command: str, environ: dict[str, str], output: Path) -> Iterator[Path]:
    """`command` in a shell and process group of its own; its output as a file that grows."""
    with output.open("wb") as out:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            env=environ,
            cwd=PROJECT,
            stdout=out,
            stderr=out,
            process_group=0,
        )
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


def blocks(screen: str) -> list[str]:
    """The commands to paste: the sink's block, then the numbered ones."""
    found: list[str] = []
    for line in screen.splitlines():
        if not line.startswith("   "):
            found.append("")
        else:
            found[-1] += f"{line}\n"
    return [block for block in found if block]


def test_every_command_of_the_first_screen_works_when_pasted(environ: dict[str, str], tmp_path: Path):
    with running("wppmt run", environ, tmp_path / "run") as run:
        wait_until(lambda: "wppmt demo" in run.read_text(), 30)
        sink_block, *walk = blocks(run.read_text())
        elsewhere = {name: value for name, value in environ.items() if not name.startswith("WPP_")}
        with running(
            sink_block.strip().replace("export ", "env ").replace("\n", " "), elsewhere, tmp_path / "sink"
        ) as sink:
            wait_until(lambda: "Recebendo" in sink.read_text(), 10)
            pasted = "\n".join(["set -ex", *walk])
            shell = subprocess.run(
                ["bash", "-c", pasted],
                env=elsewhere,
                cwd=PROJECT,
                capture_output=True,
                text=True,
                check=False,
            )
            assert shell.returncode == 0, shell.stdout + shell.stderr
            wait_until(lambda: "Oi! Recebi." in sink.read_text(), 10)
        assert re.search(r"loja\s+connection_change\s+waiting_scan → connected", sink.read_text())
        assert not re.search(r"^\{", run.read_text(), re.MULTILINE), "JSON between lines for people"
        assert '"status":"sent"' in shell.stdout.replace(" ", "")
        assert shell.stdout.count('"body": "Olá, Maria!"') == 1
        assert "█" in shell.stdout


def test_demo_tells_the_whole_story(environ: dict[str, str]):
    demo = subprocess.run(
        [*WPPMT, "demo", "--all"], env=environ, cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert demo.stdout.count("✓") == 14 + 13 + 7
    assert "✗" not in demo.stdout


def test_demo_fails_loudly_when_there_is_no_chrome(environ: dict[str, str], tmp_path: Path):
    environ["WPP_CHROME"] = str(tmp_path / "none")
    demo = subprocess.run(
        [*WPPMT, "demo"], env=environ, cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert demo.returncode == 1
    assert demo.stdout.startswith("✗")
    assert "✓" not in demo.stdout
    assert "apt-get install chromium" in demo.stderr
