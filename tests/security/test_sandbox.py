"""Chromium's sandbox stands, also under the filter of the service's unit; `wppmt doctor --sandbox` is what looks."""

from __future__ import annotations

import shutil
import sys
from ctypes.util import find_library
from pathlib import Path

import pytest

from tests.security.nobody import NOBODY, needs_root, run_as_nobody
from tests.security.unit_filter import UNIT, service

pytestmark = [pytest.mark.chrome, needs_root]

LINES = 8
BEFORE = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from wppmt.__main__ import main
import wppmt.cli.sandbox_probe
os.environ.update(
    WPP_STATE_DIR=sys.argv[1], WPP_TOKENS_DIR=sys.argv[1] + "/tokens", WPP_SECRET="k" * 32, TMPDIR=sys.argv[1]
)
"""
UNDER_THE_UNIT = """
from tests.security import unit_filter
unit_filter.drop_privileges()
filtered = unit_filter.apply_filter
"""
DOCTOR = """
main(["doctor", "--sandbox", "--whatsapp", "real"], standalone_mode=False)
"""


def report(folder: Path, before: str = "", after: str = "") -> list[str]:
    shutil.chown(folder, NOBODY)
    for above in (folder, *folder.parents[:-2]):
        above.chmod(above.stat().st_mode | 0o011)
    try:
        said = run_as_nobody(after + DOCTOR, str(folder), before=BEFORE + before)
    finally:
        assert not list(folder.glob("wppmt-probe-*")), "nothing is left"
    return said.splitlines()


def test_every_line_of_the_probe_is_fine(tmp_path: Path):
    said = report(tmp_path)
    assert len(said) == LINES
    assert all(line.startswith("✓") for line in said), said


@pytest.mark.skipif(
    sys.maxsize < 2**32 or not find_library("seccomp") or not shutil.which("systemd-analyze"),
    reason="needs libseccomp and systemd-analyze",
)
def test_every_line_is_fine_under_the_units_filter(tmp_path: Path):
    said = report(tmp_path, UNDER_THE_UNIT, "filtered()\n")
    assert len(said) == LINES
    assert all(line.startswith("✓") for line in said), said


def test_the_unit_has_nothing_that_breaks_the_sandbox():
    """Measured: each of these ends Chromium's sandbox, or Chromium."""
    unit = service()
    assert not {"MemoryDenyWriteExecute", "LimitAS", "PrivateUsers"} & set(unit)
    assert set(unit["RestrictNamespaces"].split()) == {"user", "pid", "net"}
    assert "chroot" in unit["SystemCallFilter"].split()
    assert UNIT.exists()
