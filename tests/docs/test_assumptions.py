"""docs/assumptions.md: made from its table, whose every row leads to a place that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wppmt.browser.assumptions.document import TOPICS, document
from wppmt.browser.assumptions.row import Assumption, Mark

ROOT = Path(__file__).parents[2]
ROWS = [row for topic in TOPICS for row in topic.rows]


def test_the_document_is_the_tables():
    written = (ROOT / "docs" / "assumptions.md").read_text(encoding="utf-8")
    assert written == document(), "stale: make docs"


@pytest.mark.parametrize("row", ROWS, ids=[row.used_by for row in ROWS])
def test_what_stands_on_it_is_there(row: Assumption):
    file, _, name = row.used_by.partition("#")
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text)


@pytest.mark.parametrize("row", ROWS, ids=[row.says for row in ROWS])
def test_what_was_seen_in_the_build_names_its_modules_and_nothing_else_does(row: Assumption):
    names_modules = bool(re.match(r"(use)?WA\w+", row.source))
    assert names_modules == (row.mark is Mark.BUILD)


def test_no_assumption_is_told_twice_or_breaks_its_line():
    texts = [row.says for row in ROWS]
    assert len(set(texts)) == len(texts)
    cells = [cell for row in ROWS for cell in (row.says, row.source, row.used_by, row.if_wrong)]
    assert not [cell for cell in cells if not cell or "|" in cell or "\n" in cell]


def test_each_file_of_the_bridge_that_touches_whatsapp_has_a_row():
    """A part that is added says what it assumes."""
    of_the_page = {row.used_by.partition("#")[0] for row in ROWS}
    touching = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "wppmt" / "browser" / "page").glob("*.js")
        if re.search(r"\bWPP\.|\bmodule\(|querySelector", path.read_text(encoding="utf-8"))
    }
    assert touching - of_the_page == set()
