"""Which login is taken: the newest that nobody writes to."""

from __future__ import annotations

import pytest

from tests.archive.installation import Installation
from wppmt.archive.login import Logins
from wppmt.archive.refusal import ArchiveRefused, Why
from wppmt.browser.profile.folder import ProfileFolder
from wppmt.browser.profile.snapshots import Snapshots


@pytest.fixture
def logins(here: Installation) -> Logins:
    return Logins(here.place.tokens, Snapshots(here.place.database.parent / "logins", 3))


def take_copy(logins: Logins) -> None:
    logins.copies.take("loja", logins.tokens / "loja")


def test_a_copy_that_came_since_is_the_newest(logins: Logins):
    take_copy(logins)
    before = logins.newest_copy("loja")
    take_copy(logins)
    with logins.of("loja", before) as login:
        assert login == logins.newest_copy("loja") != before


def test_else_the_profile_which_is_held_meanwhile(logins: Logins):
    take_copy(logins)
    with logins.of("loja", logins.newest_copy("loja")) as login:
        assert login == logins.tokens / "loja"
        with pytest.raises(Exception, match="loja"), ProfileFolder(logins.tokens, "loja").writer():
            pass
    with ProfileFolder(logins.tokens, "loja").writer():
        pass


def test_else_the_last_good_copy(logins: Logins):
    take_copy(logins)
    with (
        ProfileFolder(logins.tokens, "loja").writer(),
        logins.of("loja", logins.newest_copy("loja")) as login,
    ):
        assert login == logins.newest_copy("loja")


@pytest.mark.parametrize("has_profile", [True, False])
def test_else_none(logins: Logins, has_profile: bool):
    if not has_profile:
        (logins.tokens / "loja").rename(logins.tokens / "other")
    with (
        ProfileFolder(logins.tokens, "loja" if has_profile else "other").writer(),
        pytest.raises(ArchiveRefused) as refused,
        logins.of("loja", None),
    ):
        pass
    assert refused.value.why is Why.NO_LOGIN
    assert (logins.tokens / "loja").exists() is has_profile
