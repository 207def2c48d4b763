"""How much room a file system has."""

from __future__ import annotations

import os
from pathlib import Path

from wppmt.domain.units import MEGABYTE


def free_mb(folder: Path) -> int:
    """How much this user may still write there; 0 when the folder is gone."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return 0
    return found.f_bavail * found.f_frsize // MEGABYTE
