"""A session's profile folder."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from wppmt.browser.profile.folder import (
    CACHES,
    QUARANTINE,
    ProfileFolder,
    ProfileLocked,
    ProfileUnreadable,
    ProfileUnusable,
)


def test_a_new_profile_is_private(tokens: Path) -> None:
    with ProfileFolder(tokens, "a").writer():
        assert stat.S_IMODE((tokens / "a").stat().st_mode) == 0o700
        assert stat.S_IMODE(tokens.stat().st_mode) == 0o700


def test_an_open_profile_is_made_private(tokens: Path) -> None:
    (tokens / "a").mkdir(parents=True)
    (tokens / "a").chmod(0o755)
    with ProfileFolder(tokens, "a").writer():
        assert stat.S_IMODE((tokens / "a").stat().st_mode) == 0o700


def test_an_open_profile_is_told_of(tokens: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, object]] = []
    monkeypatch.setattr("wppmt.app.logs.log", lambda event, **more: told.append((event, more["path"])))
    (tokens / "a").mkdir(parents=True)
    (tokens / "a").chmod(0o755)
    for _ in range(2):
        with ProfileFolder(tokens, "a").writer():
            pass
    assert told == [("made_private", str(tokens / "a"))]


@pytest.mark.parametrize("exists", [True, False])
def test_a_profile_replaced_by_a_link_to_anothers_is_refused(tokens: Path, exists: bool) -> None:
    if exists:
        with ProfileFolder(tokens, "b").writer():
            (tokens / "b" / "Default").mkdir()
    tokens.mkdir(exist_ok=True)
    (tokens / "a").symlink_to(tokens / "b")
    a = ProfileFolder(tokens, "a")
    for touch in (lambda: a.writer().__enter__(), lambda: a.set_aside(3), a.prune):
        with pytest.raises(ProfileUnusable):
            touch()
    assert (tokens / "b" / "Default").exists() == exists


def test_a_link_inside_a_profile_is_refused(tokens: Path) -> None:
    for name in ("a", "b"):
        (tokens / name).mkdir(parents=True)
    (tokens / "b" / "Default").mkdir()
    (tokens / "a" / "Default").symlink_to(tokens / "b" / "Default")
    profile = ProfileFolder(tokens, "a")
    with profile.writer(), pytest.raises(ProfileUnusable):
        profile.check()


def test_what_chrome_cannot_read_is_no_login_to_overwrite(tokens: Path) -> None:
    profile = ProfileFolder(tokens, "a")
    with profile.writer():
        profile.check()
        (profile.path / "Default").write_text("rubbish")
        with pytest.raises(ProfileUnreadable):
            profile.check()


def test_what_is_set_aside_can_be_looked_at_and_the_newest_stay(tokens: Path) -> None:
    profile = ProfileFolder(tokens, "a")
    for number in range(5):
        with profile.writer():
            (profile.path / "Default").mkdir()
            (profile.path / "Default/Cookies").write_text(str(number))
        profile.set_aside(2)
        assert not profile.path.exists()
    profile.set_aside(2)
    shelf = tokens / ".quarantine" / "a"
    assert [(path / "Default/Cookies").read_text() for path in sorted(shelf.iterdir())] == ["3", "4"]
    profile.forget_quarantine()
    assert not shelf.exists()


def test_a_profile_in_use_is_not_set_aside(tokens: Path) -> None:
    profile = ProfileFolder(tokens, "a")
    with profile.writer(), pytest.raises(ProfileLocked):
        profile.set_aside(3)


def test_a_copy_takes_the_place_of_what_was_there(tokens: Path, tmp_path: Path) -> None:
    profile = ProfileFolder(tokens, "a")
    with profile.writer():
        (profile.path / "Default").mkdir()
        (profile.path / "Default/Cookies").write_text("bad")
    login = tmp_path / "copy"
    (login / "Default").mkdir(parents=True)
    (login / "Default/Cookies").write_text("good")
    (tokens / ".restored-a").mkdir()
    profile.replace(login, 3)
    assert (profile.path / "Default/Cookies").read_text() == "good"
    assert (tokens / ".quarantine/a/000001/Default/Cookies").read_text() == "bad"
    assert (profile.path / "Default").is_dir()


def test_a_symlink_is_refused_and_what_it_points_to_untouched(tokens: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    tokens.mkdir()
    (tokens / "a").symlink_to(elsewhere)
    profile = ProfileFolder(tokens, "a")
    with pytest.raises(ProfileUnusable), profile.writer():
        pass
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("exists", [True, False])
def test_removing_a_link_leaves_what_it_points_to(tokens: Path, exists: bool) -> None:
    if exists:
        (tokens / "b" / "Default").mkdir(parents=True)
    tokens.mkdir(exist_ok=True)
    (tokens / "a").symlink_to(tokens / "b")
    (tokens / QUARANTINE).mkdir()
    (tokens / QUARANTINE / "a").symlink_to(tokens / "b")
    profile = ProfileFolder(tokens, "a")
    profile.remove()
    profile.forget_quarantine()
    assert not (tokens / "a").is_symlink()
    assert not (tokens / QUARANTINE / "a").is_symlink()
    assert (tokens / "b" / "Default").exists() == exists


def test_a_symlink_in_place_of_the_lock_is_refused(tokens: Path, tmp_path: Path) -> None:
    (tokens / "a").mkdir(parents=True)
    (tokens / "a" / ".writer.lock").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic"), ProfileFolder(tokens, "a").writer():
        pass
    assert not (tmp_path / "victim").exists()


def test_a_file_in_place_of_the_folder_is_refused(tokens: Path) -> None:
    tokens.mkdir()
    (tokens / "a").touch()
    with pytest.raises((ProfileUnusable, FileExistsError)), ProfileFolder(tokens, "a").writer():
        pass


def test_the_second_writer_is_refused(tokens: Path) -> None:
    with (
        ProfileFolder(tokens, "a").writer(),
        pytest.raises(ProfileLocked),
        ProfileFolder(tokens, "a").writer(),
    ):
        pass
    with ProfileFolder(tokens, "a").writer():
        pass


def test_a_writer_on_its_way_out_is_waited_for(tokens: Path) -> None:
    profile = ProfileFolder(tokens, "a")
    with profile.writer() as descriptor:
        dying = subprocess.Popen(["sleep", "0.1"], pass_fds=[descriptor])
    with pytest.raises(ProfileLocked), profile.writer():
        pass
    with profile.writer(patience=5.0):
        assert dying.wait() == 0


def test_the_lock_lives_as_long_as_the_process_that_inherited_it(tokens: Path) -> None:
    profile = ProfileFolder(tokens, "a")
    with profile.writer() as descriptor:
        heir = subprocess.Popen(["/bin/sleep", "60"], pass_fds=[descriptor])
    try:
        with pytest.raises(ProfileLocked), profile.writer():
            pass
        with pytest.raises(ProfileLocked):
            profile.remove()
    finally:
        heir.kill()
        heir.wait()
    with profile.writer():
        pass


def test_pruning_keeps_the_login(tokens: Path) -> None:
    profile = ProfileFolder(tokens, "a")
    with profile.writer():
        pass
    kept = [
        "Default/Cookies",
        "Default/IndexedDB/x.indexeddb.blob/1",
        "Default/Local Storage/leveldb/1",
        "Local State",
    ]
    for name in [*kept, *(f"{cache}/file" for cache in CACHES)]:
        (profile.path / name).parent.mkdir(parents=True, exist_ok=True)
        (profile.path / name).write_text("x")
    profile.prune()
    assert not [cache for cache in CACHES if (profile.path / cache).exists()]
    assert [name for name in kept if (profile.path / name).read_text() == "x"] == kept
    assert (profile.path / "Default").is_dir()


def test_a_profile_in_use_is_not_pruned(tokens: Path) -> None:
    profile = ProfileFolder(tokens, "a")
    with profile.writer():
        (profile.path / "Default/Cache").mkdir(parents=True)
        profile.prune()
        assert (profile.path / "Default/Cache").is_dir()


def test_removing_leaves_nothing_and_only_that(tokens: Path) -> None:
    for name in ("a", "a2"):
        with ProfileFolder(tokens, name).writer():
            (tokens / name / "Default").mkdir()
    ProfileFolder(tokens, "a").remove()
    ProfileFolder(tokens, "a").remove()
    assert os.listdir(tokens) == ["a2"]  # noqa: PTH208 - names, hidden ones too
    assert (tokens / "a2/Default").is_dir()
