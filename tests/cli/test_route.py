"""`wppmt route`, the process beside a HAProxy."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.support import free_port, wait_until

TABLES = ("draws.map", "machines.map", "owners.map")


def test_without_a_cluster_there_is_nothing_to_route(call: Call):
    done = call("route")
    assert done.exit_code == 1
    assert "WPP_CLUSTER_ETCD está vazio" in done.output


@pytest.mark.slow
def test_it_makes_the_files_says_what_is_missing_and_ends_when_told(tmp_path: Path):
    """Neither etcd nor HAProxy is there: that is no reason to give up."""
    (tmp_path / "owners.map").write_text("loja m1\n")
    environ = {
        "PATH": os.environ["PATH"], "WPP_CLUSTER_ETCD": f"http://127.0.0.1:{free_port()}",
        "WPP_CLUSTER_MACHINE": "m1", "WPP_CLUSTER_URL": "http://127.0.0.1:1",
        "WPP_STATE_DIR": str(tmp_path), "WPP_TOKENS_DIR": str(tmp_path), "WPP_LOG_DIR": str(tmp_path),
    }  # fmt: skip
    output = tmp_path / "output"
    command = [
        sys.executable,
        "-m",
        "wppmt",
        "route",
        "--maps",
        str(tmp_path),
        "--socket",
        str(tmp_path / "none"),
    ]
    with output.open("wb") as out, subprocess.Popen(command, env=environ, stdout=out, stderr=out) as process:
        try:
            wait_until(lambda: output.read_text().count("não responde") >= 2, 20.0)
            assert all((tmp_path / name).exists() for name in TABLES)
            process.send_signal(signal.SIGTERM)
            assert process.wait(5) == 0
        finally:
            process.kill()
    said = output.read_text()
    assert "o etcd não responde" in said
    assert "o HAProxy não responde" in said
    # What held when it ran last holds until etcd says otherwise.
    assert (tmp_path / "owners.map").read_text() == "loja m1\n"


@pytest.mark.slow
def test_a_folder_that_is_not_there_is_said(call: Call, tmp_path: Path):
    more = {
        "WPP_CLUSTER_ETCD": "http://127.0.0.1:1",
        "WPP_CLUSTER_MACHINE": "m1",
        "WPP_CLUSTER_URL": "http://127.0.0.1:1",
    }
    done = call("route", "--maps", str(tmp_path / "none"), **more)
    assert done.exit_code == 1
    assert "não pode ser usada: arquivo ou pasta não existe" in done.output
