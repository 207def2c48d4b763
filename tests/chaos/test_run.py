"""The harness itself, for real and short: a Chrome and the daemon are killed under load, and all promises are kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.history import History
from tests.system.daemon import ROOT


@pytest.mark.chrome
@pytest.mark.timeout(180)
def test_a_killed_chrome_and_a_killed_daemon_lose_nothing(tmp_path: Path):
    history, figures = tmp_path / "history.jsonl", tmp_path / "figures.json"
    command = [sys.executable, "-m", "tests.chaos", "--preset", "brief", "--tenants", "2", "--seed", "1"]
    ended = subprocess.run(
        [*command, "--history", history, "--json", figures],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert json.loads(figures.read_text())["violations"] == []
    # It was no idle run.
    seen = History.read(history)
    assert [fault["fault"] for fault in seen.faults] == ["kill_chrome", "kill_daemon"]
    assert sum(send.accepted is not None for send in seen.sends) > 5
    assert {one["tenant"] for one in seen.of("webhook", event="message_received")} == set(seen.tenants)
    assert len({span.pid for span in seen.browsers}) >= 3
    samples = seen.of("sample")
    assert sum(one["scans"] for one in samples) > 10 * len(samples)
