"""Loading modules: nobody looks for garbage meanwhile, and who works beside it gets its turn."""

from __future__ import annotations

import gc
import sys

import pytest

from wppmt.app import loading


def test_nobody_looks_for_garbage_meanwhile():
    with loading.at_once():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.unfreeze()


def test_whoever_works_beside_it_gets_a_turn_sooner():
    usual = sys.getswitchinterval()
    with pytest.raises(ImportError), loading.giving_way():
        assert sys.getswitchinterval() < usual
        raise ImportError
    assert sys.getswitchinterval() == usual
