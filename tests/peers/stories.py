"""Runs a foreign client's story in Node, and tells what became of each step."""

import json
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from tests.simulator.conftest import SimulatorProcess
from tests.simulator.page_browser import program

FOLDER = Path(__file__).parent
LIMIT_SECONDS = 280


def start(story: str, simulator: SimulatorProcess, profile: Path, **more: str) -> subprocess.Popen[str]:
    """Its standard input and output are pipes; `end` it, whatever becomes of it."""
    arguments = {
        "control": simulator.client.url,
        "profile": str(profile),
        "executablePath": program("chromium", "google-chrome", "chrome"),
        "chromeArguments": [
            "--no-sandbox",
            "--ignore-certificate-errors",
            f"--host-resolver-rules=MAP * 127.0.0.1:{simulator.page_port}",
        ],
        **more,
    }
    # In a group of its own: whatever the story leaves behind ends with it.
    return subprocess.Popen(
        ["node", str(FOLDER / story), json.dumps(arguments)],
        cwd=profile,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


def end(process: subprocess.Popen[str]) -> None:
    """With all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()


def play(story: str, simulator: SimulatorProcess, profile: Path) -> dict[str, str | None]:
    """None for a step that went well, else what went wrong."""
    simulator.client.reset()
    process = start(story, simulator, profile)
    try:
        output, _ = process.communicate(timeout=LIMIT_SECONDS)
    finally:
        end(process)
    steps = [json.loads(line) for line in output.splitlines() if line.startswith('{"step"')]
    return {step["step"]: step.get("error") for step in steps}
