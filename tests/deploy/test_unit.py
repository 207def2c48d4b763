from __future__ import annotations

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "deploy" / "wppmt.service"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_accepts_the_unit():
    verdict = subprocess.run(["systemd-analyze", "verify", UNIT], capture_output=True, text=True, check=False)
    assert (verdict.returncode, verdict.stderr) == (0, "")


def test_only_the_daemon_gets_signals_and_has_time_to_stop():
    """SIGTERM makes Chrome lose the login; the daemon itself takes up to 45 s to bring its browsers down.

    With any other kill mode systemd would kill, after a crash of the daemon, the browsers that the next one adopts.
    """
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT)
    service = unit["Service"]
    assert (service["KillMode"], service["Type"], service["Restart"]) == ("process", "notify", "always")
    assert int(service["TimeoutStopSec"]) >= 60
    assert service["UMask"] == "0077"
    assert service["ExecReload"] == "/bin/kill -USR2 $MAINPID", (
        "a handover: see tests/system/test_handover.py"
    )
