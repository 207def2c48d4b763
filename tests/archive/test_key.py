"""Without a strong key there is no archive; where the key lies in a file, what is around it does not count."""

from __future__ import annotations

from pathlib import Path

import pytest

from wppmt.archive.key import archive_key
from wppmt.archive.refusal import ArchiveRefused, Why

STRONG = "0123456789abcdef0123456789abcdef"


def test_the_key_itself_goes_before_its_file(tmp_path: Path):
    file = tmp_path / "key"
    file.write_text(f"{STRONG[::-1]}\n")
    assert archive_key("", str(file)) == STRONG[::-1].encode()
    assert archive_key(STRONG, str(file)) == STRONG.encode()


@pytest.mark.parametrize(
    ("given", "content", "said"),
    [
        ("", None, "WPP_ARCHIVE_KEY_FILE) não pode ser lido"),
        ("", "curta", "menos de 32 bytes"),
        ("", STRONG[1:] + " \n", "menos de 32 bytes"),
        (STRONG[1:], STRONG, "WPP_ARCHIVE_KEY tem menos de 32 bytes"),
    ],
)
def test_none_that_is_weak_or_missing(tmp_path: Path, given: str, content: str | None, said: str):
    file = tmp_path / "key"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ArchiveRefused) as refused:
        archive_key(given, str(file))
    assert refused.value.why is Why.NO_KEY
    assert said in str(refused.value)
    assert (content or "----") not in str(refused.value)


def test_without_any_it_says_what_it_is_for():
    with pytest.raises(ArchiveRefused, match="openssl rand -hex 32"):
        archive_key("", "")
