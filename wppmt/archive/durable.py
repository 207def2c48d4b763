"""What has to be on the disk before the next step may count on it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path


def flush(path: Path) -> None:
    """A file, or a folder's list of names."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(part: Path, whole: Path, link: Callable[[Path, Path], None] = os.link) -> None:
    """Give a file that is on the disk its name, under which nothing is replaced. Raises FileExistsError, OSError.

    Where the file system knows no links (FAT, as on a USB stick), two who take one name at one moment are not told.
    """
    try:
        link(part, whole)
    except FileExistsError:
        raise
    except OSError:
        if os.path.lexists(whole):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(whole)) from None
        part.rename(whole)
    try:
        flush(whole.parent)
    except OSError as failure:
        # Some file systems cannot be asked for this.
        if failure.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise


def flush_tree(folder: Path) -> None:
    for inner, _, names in os.walk(folder):
        for name in names:
            flush(Path(inner, name))
        flush(Path(inner))
