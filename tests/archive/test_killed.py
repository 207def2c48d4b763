"""Killed (-9) at each step, a backup and a restore leave all or nothing, and no file that nobody needs."""

from __future__ import annotations

import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest

from tests.archive.installation import Installation

LIMIT = 100


def judgements(folder: Path, what: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.archive.killing", str(folder), what],
        capture_output=True, text=True, check=True, timeout=LIMIT, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    return done.stdout.splitlines()


@pytest.fixture
def first(here: Installation, there: Installation, tmp_path: Path) -> Path:
    """Both, at rest."""
    here.store.close()
    there.store.close()
    (tmp_path / "first").mkdir()
    for name in ("here", "there"):
        (tmp_path / name).rename(tmp_path / "first" / name)
    return tmp_path


@pytest.mark.slow
@pytest.mark.timeout(LIMIT)
def test_a_backup(first: Path):
    seen = judgements(first, "backup")
    assert [kind for kind, _ in groupby(seen)] == ["whole 0", "whole 1"], seen


@pytest.mark.slow
@pytest.mark.timeout(LIMIT)
def test_a_restore(first: Path):
    here = Installation(first / "first/here")
    here.back_up()
    here.store.close()
    seen = judgements(first, "restore")
    assert [kind for kind, _ in groupby(seen)] == ["nothing", "restored"], seen
    assert len(seen) > 20
