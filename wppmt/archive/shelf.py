"""A folder of archives: moving one there, and how many are kept of a session."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from secrets import token_hex

from wppmt.archive.durable import publish
from wppmt.archive.place import PART, SUFFIX

_STAMP = r"-\d{8}T\d{9}Z"


def archives_of(folder: Path, session_id: str) -> list[Path]:
    """Oldest first."""
    name = re.compile(re.escape(session_id) + _STAMP + re.escape(SUFFIX), re.ASCII)
    return sorted(path for path in folder.glob(f"*{SUFFIX}") if name.fullmatch(path.name))


def rotate(folder: Path, session_id: str, keep: int) -> list[Path]:
    """Delete all but the newest `keep` of a session; which."""
    old = archives_of(folder, session_id)[:-keep]
    for path in old:
        path.unlink()
    return old


def bring(archive: Path, folder: Path) -> Path:
    """Move it there, also to another disk. Until it is there, whole, it is where it was. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part, whole = folder / f".{archive.name}.{token_hex(4)}{PART}", folder / archive.name
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with archive.open("rb") as source, os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(source, file)
            file.flush()
            os.fsync(descriptor)
        publish(part, whole)
    finally:
        part.unlink(missing_ok=True)
    archive.unlink()
    return whole
