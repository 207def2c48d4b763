"""Room on a real file system."""

from __future__ import annotations

import os
from pathlib import Path

from wppmt.app.disk import free_mb
from wppmt.domain.units import MEGABYTE


def test_what_is_free_is_what_the_system_says(tmp_path: Path) -> None:
    free = os.statvfs(tmp_path)
    assert abs(free_mb(tmp_path) - free.f_bavail * free.f_frsize / MEGABYTE) < 100


def test_nothing_is_free_where_nothing_is(tmp_path: Path) -> None:
    assert free_mb(tmp_path / "gone") == 0
