"""A profile of wppconnect becomes the profile of a session, or nothing is changed."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.dying import deaths
from tests.wppconnect.ground import LOGIN, OURS, files, profile
from wppmt.archive.chrome import LAST_VERSION, profile_version
from wppmt.wppconnect.checks import DATABASES, NotTaken, Why
from wppmt.wppconnect.folders import Found
from wppmt.wppconnect.taking import MARK, Shelf, waits

HOLDER = """
import fcntl, sys
lock = open(sys.argv[1], "w")
fcntl.lockf(lock, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    (tmp_path / "tokens").mkdir()
    return Shelf(tmp_path / "tokens", OURS, least_free_mb=0)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return profile(tmp_path / "userDataDir" / "Loja")


def found(source: Path | None) -> Found:
    return Found("Loja", "loja", source)


def refused(shelf: Shelf, one: Found) -> NotTaken:
    before = files(shelf.tokens)
    with pytest.raises(NotTaken) as refusal:
        shelf.take(one)
    assert files(shelf.tokens) == before
    assert not list(shelf.tokens.glob(".*"))
    return refusal.value


def test_the_login_is_copied_and_nothing_else(shelf: Shelf, source: Path):
    before = files(source)
    shelf.take(found(source))
    made = shelf.tokens / "loja"
    assert files(source) == before
    assert files(made).keys() == {*LOGIN, LAST_VERSION, MARK}
    assert {name: (made / name).read_text() for name in LOGIN} == LOGIN
    assert profile_version(made) == "155.0.7000.1"
    assert waits(shelf.tokens, "loja")
    assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_links_are_not_followed(shelf: Shelf, source: Path, tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("of somebody else")
    (source / "Default" / "Local Storage" / "leveldb" / "000009.log").symlink_to(secret)
    shelf.take(found(source))
    assert "of somebody else" not in files(shelf.tokens).values()


def test_a_token_alone(shelf: Shelf):
    assert refused(shelf, found(None)).why is Why.TOKEN_ONLY


def test_no_name(shelf: Shelf, source: Path):
    assert refused(shelf, Found("___", "", source)).why is Why.NO_NAME


def test_no_login_in_it(shelf: Shelf, source: Path):
    shutil.rmtree(source / "Default" / "IndexedDB")
    assert refused(shelf, found(source)).why is Why.NO_LOGIN


def test_a_newer_chromium_s(shelf: Shelf, tmp_path: Path):
    refusal = refused(shelf, found(profile(tmp_path / "newer", "157.0.1.1")))
    assert refusal.why is Why.NEWER_CHROME
    assert "157.0.1.1" in str(refusal)
    assert OURS in str(refusal)
    shelf.take(found(profile(tmp_path / "same", "156.0.9999.1")))


@pytest.mark.parametrize("database", DATABASES)
def test_one_that_a_chrome_has_open(shelf: Shelf, source: Path, database: str):
    """By the lock that it holds, wherever it runs: a container's pid and host name say nothing here."""
    with held(source / database / "LOCK"):
        assert refused(shelf, found(source)).why is Why.IN_USE
    shelf.take(found(source))


def test_one_that_a_chrome_of_this_machine_says_it_has(shelf: Shelf, source: Path):
    (source / "SingletonLock").symlink_to(f"{socket.gethostname()}-{os.getpid()}")
    assert refused(shelf, found(source)).why is Why.IN_USE


def test_the_mark_of_a_dead_chrome_does_not_count(shelf: Shelf, source: Path):
    (source / "SingletonLock").symlink_to("3f2a1b0c9d8e-77")
    shelf.take(found(source))


def test_a_profile_that_is_here_stays(shelf: Shelf, source: Path):
    profile(shelf.tokens / "loja")
    assert refused(shelf, found(source)).why is Why.SESSION_EXISTS


def test_no_room(shelf: Shelf, source: Path):
    least = 10**9
    assert refused(Shelf(shelf.tokens, OURS, least), found(source)).why is Why.NO_ROOM


def test_killed_at_any_step_it_can_be_done_again(shelf: Shelf, source: Path):
    before, steps = files(source), 0
    for died_at in deaths(lambda: shelf.take(found(source))):
        steps = died_at
        left = [path.name for path in shelf.tokens.iterdir() if not path.name.startswith(".")]
        assert left in ([], ["loja"])
        assert files(source) == before
        if left:
            assert files(shelf.tokens / "loja").keys() == {*LOGIN, LAST_VERSION, MARK}
        shelf.take(found(source))
        assert {name: (shelf.tokens / "loja" / name).read_text() for name in LOGIN} == LOGIN
        assert [path.name for path in shelf.tokens.iterdir()] == ["loja"]
        shutil.rmtree(shelf.tokens / "loja")
    assert steps > len(LOGIN)


@contextmanager
def held(lock: Path) -> Iterator[None]:
    """By another process, as LevelDB holds it."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline()
        yield
        holder.communicate()
