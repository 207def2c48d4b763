"""Room on a real file system, and a ballast in it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from wppmt.disk import BALLAST, MEGABYTE, Disk


def test_what_is_free_is_what_the_system_says(tmp_path: Path) -> None:
    free = os.statvfs(tmp_path)
    assert abs(Disk(tmp_path, 0).free_mb() - free.f_bavail * free.f_frsize / MEGABYTE) < 100


def test_nothing_is_free_where_nothing_is(tmp_path: Path) -> None:
    assert Disk(tmp_path / "gone", 0).free_mb() == 0


def test_the_ballast_holds_its_room_until_it_is_let_go(tmp_path: Path) -> None:
    disk, ballast = Disk(tmp_path, 3), tmp_path / BALLAST
    disk.keep_ballast()
    disk.keep_ballast()
    assert ballast.stat().st_size == 3 * MEGABYTE
    # Not a hole: blocks are taken.
    assert ballast.stat().st_blocks * 512 >= 3 * MEGABYTE
    disk.let_ballast_go()
    disk.let_ballast_go()
    assert not ballast.exists()


def test_a_ballast_of_another_size_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / BALLAST).write_bytes(bytes(9 * MEGABYTE))
    Disk(tmp_path, 2).keep_ballast()
    assert (tmp_path / BALLAST).stat().st_size == 2 * MEGABYTE
    assert stat.S_ISREG((tmp_path / BALLAST).stat().st_mode)


def test_where_it_does_not_fit_there_is_none(tmp_path: Path) -> None:
    Disk(tmp_path, 1_000_000_000).keep_ballast()
    assert list(tmp_path.iterdir()) == []


def test_none_is_kept_without_a_mark(tmp_path: Path) -> None:
    Disk(tmp_path, 0).keep_ballast()
    assert list(tmp_path.iterdir()) == []
