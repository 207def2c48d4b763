"""What has to be on the disk before the next step may count on it."""

from __future__ import annotations

import os
from pathlib import Path


def flush(path: Path) -> None:
    """A file, or a folder's list of names."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_tree(folder: Path) -> None:
    for inner, _, names in os.walk(folder):
        for name in names:
            flush(Path(inner, name))
        flush(Path(inner))
