"""File names from elsewhere, made fit to be shown and to be saved under."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

MAX_NAME = 120
_NOT_IN_A_NAME = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


def clean_name(name: str) -> str:
    """A file name as a person may see it: no path, control or direction characters, of bearable length."""
    last = PurePosixPath(name.replace("\\", "/")).name
    visible = "".join(
        char for char in last if unicodedata.category(char) not in {"Cf", "Cc", "Cs", "Co", "Cn"}
    )
    cleaned = _NOT_IN_A_NAME.sub("_", visible).strip(" .")
    stem, dot, ending = cleaned.rpartition(".")
    if dot and len(ending) <= 10:
        return f"{stem[: MAX_NAME - len(ending) - 1]}.{ending}" if stem else "arquivo"
    return cleaned[:MAX_NAME] or "arquivo"
