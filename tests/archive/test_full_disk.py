"""A disk that fills up in the middle: nothing is lost on either side, and no piece is left."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.archive.installation import KEY, LOGIN, NOW, Installation
from wppmt.archive.refusal import ArchiveRefused, Why
from wppmt.archive.writing import write_archive

DISK_KB = 600
LARGE = "Default/Cookies-journal"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[Path], Path]]:
    """Puts a small disk in the place of an empty folder."""
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs takes root")
    mounted: list[Path] = []

    def mount(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_KB}k,mode=700", "tmpfs", folder],
            capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode:
            pytest.skip("no tmpfs can be mounted here")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def large(here: Installation) -> Installation:
    """Its login does not fit on the small disk, however it is compressed."""
    (here.place.profile("loja") / LARGE).write_bytes(os.urandom(2 * DISK_KB * 1024))
    return here


def test_a_backup_to_a_full_disk(large: Installation, small_disk: Callable[[Path], Path]):
    before, login = large.rows(), large.login()
    small_disk(large.backups)
    with pytest.raises(OSError, match="No space"):
        large.back_up()
    assert list(large.backups.iterdir()) == []
    assert large.leftovers() == []
    assert (large.rows(), large.login()) == (before, login)


def test_a_backup_where_there_is_no_room_to_put_it_together(
    large: Installation, small_disk: Callable[[Path], Path]
):
    small_disk(large.place.staging)
    with pytest.raises(OSError, match="No space"):
        large.back_up()
    assert list(large.place.staging.iterdir()) == []
    assert list(large.backups.glob("*")) == []


def test_a_restore_that_does_not_fit_is_not_begun(
    large: Installation, there: Installation, small_disk: Callable[[Path], Path]
):
    archive, _ = large.back_up()
    small_disk(there.place.tokens)
    with pytest.raises(ArchiveRefused) as refused:
        there.take_in(archive)
    assert refused.value.why is Why.TOO_LARGE
    assert there.leftovers() == []


def test_a_restore_whose_rows_find_no_room(
    here: Installation, tmp_path: Path, small_disk: Callable[[Path], Path]
):
    """The login lies ready by then."""
    here.happens("loja", 2000)
    archive, _ = write_archive(here.place, "loja", here.place.profile("loja"), here.backups, KEY, NOW)
    small_disk(tmp_path / "full/state")
    full = Installation(tmp_path / "full")
    full.happens("padaria", 1)
    with pytest.raises(Exception, match="disk is full"):
        full.take_in(archive)
    assert full.store.session("loja") is None
    assert not full.place.profile("loja").exists()
    assert full.leftovers() == []
    assert full.store.last_sequence("padaria") == 1
    # With room, the same archive is taken in.
    roomy = Installation(tmp_path / "roomy")
    roomy.take_in(archive)
    assert roomy.login() == LOGIN
    full.store.close()
    roomy.store.close()


def test_a_message_file_that_finds_no_room(
    here: Installation, there: Installation, small_disk: Callable[[Path], Path]
):
    (here.place.outgoing / "photo").write_bytes(os.urandom(2 * DISK_KB * 1024))
    archive, _ = here.back_up()
    small_disk(there.place.outgoing)
    with pytest.raises(OSError, match="No space"):
        there.take_in(archive)
    assert there.store.session("loja") is None
    assert list(there.place.outgoing.iterdir()) == []
    assert there.leftovers() == []
