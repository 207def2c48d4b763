"""The code, the Debian package and the changelog speak of the same version."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from wppmt import __version__

ROOT = Path(__file__).parents[2]


def text(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


def first(file: str, pattern: str) -> str:
    found = re.search(pattern, text(file), re.MULTILINE)
    assert found, file
    return found[1]


def test_all_name_the_same_version():
    assert first("debian/changelog", r"^wppmt \(([^)]+)\)") == __version__
    assert first("CHANGELOG.md", r"^## \[(\d[^]]*)\] - \d{4}-\d\d-\d\d$") == __version__
    assert first("debian/wppmt.1", r'^\.TH WPPMT 1 "[^"]+" "wppmt ([^"]+)"') == __version__


def test_debian_s_changelog_has_each_release_of_the_other_with_its_date():
    """The newest first; what is under way is in neither."""
    own = re.findall(r"^## \[(\d[^]]*)\] - (\S+)$", text("CHANGELOG.md"), re.MULTILINE)
    dates = re.findall(r"^ -- .*>  (.*)$", text("debian/changelog"), re.MULTILINE)
    versions = re.findall(r"^wppmt \(([^)]+)\)", text("debian/changelog"), re.MULTILINE)
    debian_s = [
        (version, datetime.strptime(date, "%a, %d %b %Y %H:%M:%S %z").date().isoformat())
        for version, date in zip(versions, dates, strict=True)
    ]
    assert own[: len(debian_s)] == debian_s
    assert debian_s
