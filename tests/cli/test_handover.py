from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from wppmt.app import host

HOLDER = """
import signal, sys
from pathlib import Path
from wppmt.app import host
signal.signal(signal.SIGUSR2, lambda *_: sys.exit(0))
with host.only_one(Path(sys.argv[1]), Path(sys.argv[1]), simulated=False):
    print("held", flush=True)
    signal.pause()
"""


def test_says_so_where_nothing_runs(call: Call):
    result = call("handover")
    assert result.exit_code == 1
    assert "Nenhum serviço usa a pasta" in result.stderr


def test_a_pid_of_long_ago_is_left_alone(call: Call, environ: dict[str, str]):
    state = Path(environ["WPP_STATE_DIR"])
    state.mkdir()
    for text in (str(os.getpid()), "999999999", "", "x"):
        (state / host.LOCK).write_text(text)
        assert call("handover").exit_code == 1


@pytest.mark.slow
def test_ends_the_daemon_of_this_folder_and_waits_for_it(call: Call, environ: dict[str, str]):
    state = environ["WPP_STATE_DIR"]
    with subprocess.Popen([sys.executable, "-c", HOLDER, state], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        holder.stdout.readline()
        assert host.running(Path(state)) == holder.pid
        result = call("handover")
        assert (result.exit_code, result.stderr) == (0, "")
    assert holder.returncode == 0
    assert host.running(Path(state)) is None
