from __future__ import annotations

import pytest

from tests.mutation.control.functions import ends, noticed, unnoticed


def test_every_change_of_this_is_noticed():
    assert [noticed(0), noticed(2)] == [1, 7]


@pytest.mark.timeout(2)
def test_what_never_ends_is_noticed():
    assert ends(0) == 3


def test_no_change_of_this_is_noticed():
    assert unnoticed(1)
