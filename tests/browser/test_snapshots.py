"""Copies of logins."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from wppmt.browser.profile.snapshots import Snapshots

KEPT = (
    "Local State",
    "Default/Cookies",
    "Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb/000003.log",
    "Default/Local Storage/leveldb/000003.log",
    "Default/Preferences",
)
DROPPED = ("Default/Cache/data_0", "SingletonLock", ".writer.lock", "Default/History")


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    path = tmp_path / "tokens" / "a"
    for name in (*KEPT, *DROPPED):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(f"{name} of a")
    return path


@pytest.fixture
def snapshots(tmp_path: Path) -> Snapshots:
    return Snapshots(tmp_path / "copies", keep=3)


def latest(snapshots: Snapshots) -> Path:
    found = snapshots.latest("a")
    assert found is not None
    return found


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_login_is_kept_and_nothing_else(snapshots: Snapshots, profile: Path) -> None:
    assert snapshots.latest("a") is None
    snapshots.take("a", profile)
    assert files(latest(snapshots)) == set(KEPT)
    assert (latest(snapshots) / "Default/Cookies").read_text() == "Default/Cookies of a"
    assert snapshots.latest("b") is None


def test_nobody_else_can_read_it(snapshots: Snapshots, profile: Path, tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        snapshots.take("a", profile)
    finally:
        os.umask(mask)
    folders = [tmp_path / "copies" / "a", latest(snapshots).parent, latest(snapshots)]
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
    copied = [path for path in latest(snapshots).rglob("*") if path.is_file()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in copied} == {0o600}


def test_the_newest_are_kept(snapshots: Snapshots, profile: Path, tmp_path: Path) -> None:
    for number in range(12):
        (profile / "Default/Cookies").write_text(str(number))
        snapshots.take("a", profile)
    kept = sorted((tmp_path / "copies" / "a").iterdir())
    assert [(path / "profile/Default/Cookies").read_text() for path in kept] == ["9", "10", "11"]
    assert (latest(snapshots) / "Default/Cookies").read_text() == "11"


def damage(file: Path) -> None:
    file.write_text("x" * file.stat().st_size)


def cut(file: Path) -> None:
    file.write_text("")


@pytest.mark.parametrize("spoil", [damage, cut, Path.unlink])
def test_a_damaged_copy_is_passed_over(snapshots: Snapshots, profile: Path, spoil) -> None:
    snapshots.take("a", profile)
    good = latest(snapshots)
    snapshots.take("a", profile)
    spoil(latest(snapshots) / "Default/Cookies")
    assert latest(snapshots) == good
    spoil(good.parent / "manifest.json")
    assert snapshots.latest("a") is None


def test_a_file_too_many_is_noticed(snapshots: Snapshots, profile: Path) -> None:
    snapshots.take("a", profile)
    (latest(snapshots) / "Default/planted").touch()
    assert snapshots.latest("a") is None


def test_an_empty_profile_makes_no_copy_to_come_back_to(snapshots: Snapshots, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    snapshots.take("a", tmp_path / "nothing")
    assert snapshots.latest("a") is None


def test_a_copy_that_was_not_finished_counts_nothing(
    snapshots: Snapshots, profile: Path, tmp_path: Path
) -> None:
    unfinished = tmp_path / "copies" / "a" / ".new" / "profile"
    unfinished.mkdir(parents=True)
    (unfinished / "rest").touch()
    assert snapshots.latest("a") is None
    snapshots.take("a", profile)
    assert files(latest(snapshots)) == set(KEPT)


def test_links_are_not_followed(snapshots: Snapshots, profile: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of another")
    (profile / "Default/Cookies").unlink()
    (profile / "Default/Cookies").symlink_to(secret)
    (profile / "Default/Network").symlink_to(tmp_path)
    snapshots.take("a", profile)
    assert files(latest(snapshots)) == set(KEPT) - {"Default/Cookies"}


def test_forgotten_is_gone(snapshots: Snapshots, profile: Path, tmp_path: Path) -> None:
    snapshots.take("a", profile)
    snapshots.take("ab", profile)
    snapshots.forget("a")
    snapshots.forget("a")
    assert snapshots.latest("a") is None
    assert snapshots.latest("ab") is not None


def test_none_are_kept_where_none_are_wanted(profile: Path, tmp_path: Path) -> None:
    Snapshots(tmp_path / "copies", keep=0).take("a", profile)
    assert not (tmp_path / "copies").exists()


def test_a_manifest_of_another_kind_is_not_believed(snapshots: Snapshots, profile: Path) -> None:
    snapshots.take("a", profile)
    manifest = latest(snapshots).parent / "manifest.json"
    for text in ("[]", "{}", "null", json.dumps({"Default/Cookies": [1, "x"]})):
        manifest.write_text(text)
        assert snapshots.latest("a") is None
