"""The code, the Debian package and the changelog speak of the same version."""

from __future__ import annotations

import re
from pathlib import Path

from wppmt import __version__

ROOT = Path(__file__).parents[2]


def first(file: str, pattern: str) -> str:
    found = re.search(pattern, (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    assert found, file
    return found[1]


def test_all_name_the_same_version():
    assert first("debian/changelog", r"^wppmt \(([^)]+)\)") == __version__
    assert first("CHANGELOG.md", r"^## \[(\d[^]]*)\] - \d{4}-\d\d-\d\d$") == __version__
    assert first("debian/wppmt.1", r'^\.TH WPPMT 1 "[^"]+" "wppmt ([^"]+)"') == __version__
