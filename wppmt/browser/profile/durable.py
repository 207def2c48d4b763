"""Files that must be whole after a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def to_disk(folder: Path) -> None:
    """All that is in it, and its names. Raises OSError."""
    for path in [*folder.rglob("*"), folder]:
        sync(path)


def sync(path: Path) -> None:
    """One file, or one folder's names. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
