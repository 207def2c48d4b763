"""Copies of a login that was flushed in order: few, private, each with a manifest by which it is checked."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

# Measured: with these cookies, localStorage and IndexedDB are back. All else Chrome makes anew.
LOGIN = (
    # By whom it was written: an older program must not open a copy either.
    ".opened-by",
    "Local State",
    "Default/Cookies",
    "Default/Cookies-journal",
    "Default/IndexedDB",
    "Default/Local Storage",
    "Default/Network",
    "Default/Preferences",
    "Default/Secure Preferences",
    "Default/Service Worker/Database",
    "Default/Session Storage",
    "Default/WebStorage",
)
FILES, MANIFEST = "profile", "manifest.json"


class Snapshots:
    """`<folder>/<session id>/<number>/`, higher numbers are newer. Raises OSError wherever the disk does."""

    def __init__(self, folder: Path, keep: int) -> None:
        self._folder = folder
        self._keep = keep

    def take(self, session_id: str, profile: Path) -> None:
        """Copy the login out of a profile that nobody writes to; the oldest copies beyond `keep` go."""
        if not self._keep:
            return
        shelf = self._folder / session_id
        made = shelf / ".new"
        remove(made)
        shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
        made.mkdir(mode=0o700)
        copy_login(profile, made / FILES)
        (made / MANIFEST).write_text(json.dumps(_describe(made / FILES)))
        shelve(made, shelf, self._keep)

    def latest(self, session_id: str) -> Path | None:
        """The files of the newest copy that is as it was when it was taken."""
        for snapshot in reversed(shelved(self._folder / session_id)):
            if _is_whole(snapshot):
                return snapshot / FILES
        return None

    def forget(self, session_id: str) -> None:
        """The login was ended: its copies are worth nothing to us, and much to a thief."""
        remove(self._folder / session_id)


def copy_login(profile: Path, into: Path) -> None:
    """Regular files only: what a link points to is none of this login's."""
    into.mkdir(mode=0o700, parents=True)
    for name in LOGIN:
        for file in _files(profile / name):
            copy = into / file.relative_to(profile)
            copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
            copy.chmod(0o600)


def shelve(item: Path, shelf: Path, keep: int) -> Path:
    """Give `item` the next number on the shelf, and keep the newest ones; its place."""
    shelf.mkdir(mode=0o700, parents=True, exist_ok=True)
    there = shelved(shelf)
    number = int(there[-1].name) + 1 if there else 1
    place = item.rename(shelf / f"{number:06}")
    for old in [*there, place][:-keep]:
        remove(old)
    return place


def shelved(shelf: Path) -> list[Path]:
    """Oldest first."""
    return sorted(item for item in shelf.glob("*") if item.name.isdecimal())


def remove(folder: Path) -> None:
    """With all that is in it; of a link the link alone; nothing to do where it is not there."""
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def _files(path: Path) -> Iterator[Path]:
    if path.is_symlink():
        return
    if path.is_file():
        yield path
    elif path.is_dir():
        for entry in sorted(path.iterdir()):
            yield from _files(entry)


def _describe(files: Path) -> dict[str, list[object]]:
    return {
        str(file.relative_to(files)): [file.stat().st_size, hashlib.sha256(file.read_bytes()).hexdigest()]
        for file in _files(files)
    }


def _is_whole(snapshot: Path) -> bool:
    try:
        described: object = json.loads((snapshot / MANIFEST).read_text())
        return bool(described) and described == _describe(snapshot / FILES)
    except (OSError, ValueError):
        return False
