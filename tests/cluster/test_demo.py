"""`make cluster-demo`, whole: it ends green, and was no idle run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.history import History
from tests.system.daemon import ROOT

SECONDS = 560


@pytest.mark.chrome
@pytest.mark.long
@pytest.mark.timeout(SECONDS + 20)
@pytest.mark.skipif(
    not (shutil.which("etcd") and shutil.which("haproxy")), reason="etcd or haproxy is missing"
)
def test_a_move_a_power_cut_a_drain_and_a_lost_machine_lose_nothing(tmp_path: Path):
    history = tmp_path / "history.jsonl"
    ended = subprocess.run(
        [sys.executable, "-m", "tests.cluster.demo", "--history", history],
        cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    seen = History.read(history)
    assert {fault["fault"] for fault in seen.faults} == {"move", "power", "drain"}
    assert sum(send.accepted is not None for send in seen.sends) > 20
    browsers = [one for one in seen.of("process", role="chrome", change="seen") if one["tenant"] == "loja-1"]
    assert len({one["machine"] for one in browsers}) >= 2
