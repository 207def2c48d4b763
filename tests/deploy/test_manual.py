"""The operator's manual and the product agree."""

from __future__ import annotations

import re
from pathlib import Path

from wppmt.app.settings import keys
from wppmt.domain.reasons import Reason

MANUAL = (Path(__file__).parents[2] / "docs" / "operacao.md").read_text(encoding="utf-8")


def test_every_reason_is_explained_once():
    explained = re.findall(r"^\| `([A-Z_]+)` \| [^|]{5,} \| [^|]{4,} \|$", MANUAL, re.MULTILINE)
    assert sorted(explained) == sorted(Reason)


def test_every_variable_named_exists():
    known = {env.name for _, _, env in keys()}
    assert set(re.findall(r"`((?:WPP|WEBHOOK|REDIS)_[A-Z_]+)`", MANUAL)) <= known
