"""A folder of archives keeps the newest of each session, and an archive that is brought there is whole or not there."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from wppmt.archive.durable import publish
from wppmt.archive.shelf import archives_of, bring, rotate
from wppmt.archive.writing import archive_name


def filled(folder: Path) -> None:
    folder.mkdir()
    for session_id in ("loja", "loja-2"):
        for day in range(4):
            (folder / archive_name(session_id, 1_790_000_000.0 + day * 86_400)).write_bytes(b"x")
    for other in (
        "loja-notes.wppmt",
        "loja-20260101T000000000Z.txt",
        ".loja-20260101T000000000Z.wppmt.ab.part",
    ):
        (folder / other).write_bytes(b"x")


def test_the_newest_of_one_session_stay(tmp_path: Path):
    filled(tmp_path / "shelf")
    before = set((tmp_path / "shelf").iterdir())
    gone = rotate(tmp_path / "shelf", "loja", 3)
    assert [path.name for path in gone] == ["loja-20260921T141320000Z.wppmt"]
    assert set((tmp_path / "shelf").iterdir()) == before - set(gone)
    assert len(archives_of(tmp_path / "shelf", "loja-2")) == 4
    assert rotate(tmp_path / "shelf", "loja", 3) == []


def test_names_sort_by_time():
    names = [archive_name("loja", at) for at in (1.0, 1.002, 1.5, 61.0, 1_790_000_000.0)]
    assert names == sorted(names)


def test_what_is_brought_is_private_and_gone_where_it_was(tmp_path: Path):
    archive = tmp_path / "a.wppmt"
    archive.write_bytes(b"content")
    there = bring(archive, tmp_path / "new/folder")
    assert there.read_bytes() == b"content"
    assert stat.S_IMODE(there.stat().st_mode) == 0o600
    assert not archive.exists()
    assert list(there.parent.iterdir()) == [there]


def test_what_is_there_is_never_replaced(tmp_path: Path):
    archive = tmp_path / "a.wppmt"
    archive.write_bytes(b"new")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a.wppmt").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        bring(archive, tmp_path / "folder")
    assert archive.read_bytes() == b"new"
    assert [path.read_bytes() for path in (tmp_path / "folder").iterdir()] == [b"old"]


def no_links(part: Path, whole: Path) -> None:
    """As on FAT."""
    raise PermissionError(1, "Operation not permitted", str(part))


def test_a_disk_without_links_takes_archives_too(tmp_path: Path):
    (tmp_path / "part").write_bytes(b"new")
    publish(tmp_path / "part", tmp_path / "whole", no_links)
    assert [path.name for path in tmp_path.iterdir()] == ["whole"]
    (tmp_path / "part").write_bytes(b"other")
    with pytest.raises(FileExistsError):
        publish(tmp_path / "part", tmp_path / "whole", no_links)
    assert (tmp_path / "whole").read_bytes() == b"new"
