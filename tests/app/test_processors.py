"""How many processors there are, where a quota leaves less than the machine has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wppmt.app.processors import available

ALL = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("cpu_max", "expected"),
    [("50000 100000\n", 0.5), ("max 100000\n", ALL), ("", ALL), (f"{(ALL + 3) * 100000} 100000\n", ALL)],
)
def test_a_quota_counts_where_it_is_smaller(tmp_path: Path, cpu_max: str, expected: float):
    (tmp_path / "own").write_text("4:memory:/other\n0::/system.slice/wppmt.service\n")
    folder = tmp_path / "system.slice" / "wppmt.service"
    folder.mkdir(parents=True)
    (folder.parent / "cpu.max").write_text(cpu_max)
    assert available(tmp_path, tmp_path / "own") == expected


def test_without_cgroups_it_is_the_machine(tmp_path: Path):
    assert available(tmp_path, tmp_path / "nothing") == ALL
