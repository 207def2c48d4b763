"""Mends a profile's databases before Chrome opens them, because it deletes what it calls corrupt: the login.

Measured with Chromium 156. Two things make it do so:

- A full disk. A write that does not fit leaves a piece of itself in the log, and the next one is put behind it, by this
  browser or by the next one, which goes on in the same log.
- An end at the wrong moment (kill, power, full disk). IndexedDB keeps an undo list for each unfinished transaction and
  locks what it touches before it is undone; two that ran side by side share the lock of their database, and that
  is "corruption".

What was written in full stays. The piece of a write was never promised to the page. Of transactions that share a lock,
all goes that was written since the last moment without such a pair: nothing where one at a time writes; on a busy page
the time for which some two always were under way, with no other limit than the logs themselves, some 4 MB.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from wppmt.browser.profile.leveldb import (
    BLOCK,
    NotUnderstood,
    Record,
    WriteAheadLog,
    framed,
    length_prefixed,
    operations,
)

DATABASES = ("Default/IndexedDB/*.leveldb", "Default/Local Storage/leveldb")
SCOPE = bytes.fromhex("00000000 32 01")
"""How the key of an IndexedDB transaction's row begins, while it is under way; its number follows."""
LOCK = 0x0A
MADE = ".mended"
"""How a new file's name ends, until it takes the place of the old one."""


class Dropped(NamedTuple):
    """From one file."""

    bytes: int
    records: int
    """Writes that were whole, but not undoable; what was torn is no record."""


def mend(profile: Path) -> Mapping[str, Dropped]:
    """By the profile's writer, while no browser runs. What was dropped, by file; nothing in most cases."""
    dropped = {}
    for database in DATABASES:
        for folder in sorted(profile.glob(database)):
            _sweep(folder)
            # The newest first: whoever breaks off in between leaves older history without newer, and never a hole.
            for file, found, whole in reversed(_mended_files(folder)):
                if whole != found:
                    _replace(file, whole)
                    dropped[str(file.relative_to(profile))] = _dropped(found, whole)
    return dropped


def mended(*logs: bytes) -> Sequence[bytes]:
    """A database's log files, oldest first, as Chrome reads them without complaint."""
    read = [WriteAheadLog(data) for data in logs]
    if any(not log.records and len(data) > BLOCK for log, data in zip(read, logs, strict=True)):
        # Nothing we know, so nothing to touch.
        return logs
    left, made = _known_undoable([record for log in read for record in log.records]), []
    for log, data in zip(read, logs, strict=True):
        kept = log.records[:left]
        left -= len(kept)
        made.append(_cut(log, data, kept))
    return made


def mended_manifest(data: bytes) -> bytes:
    """The same for the list of a database's files, in which there are no transactions."""
    log = WriteAheadLog(data)
    return _cut(log, data, log.records) if log.records else data


def _cut(log: WriteAheadLog, data: bytes, kept: Sequence[Record]) -> bytes:
    if log.is_sound:
        return data[: kept[-1].end] if kept else b""
    return framed(record.content for record in kept)


def _dropped(found: bytes, whole: bytes) -> Dropped:
    return Dropped(
        len(found) - len(whole), len(WriteAheadLog(found).records) - len(WriteAheadLog(whole).records)
    )


def _known_undoable(records: Sequence[Record]) -> int:
    """Of transactions that are not understood, none is touched."""
    try:
        return _undoable(records)
    except NotUnderstood:
        return len(records)


def _undoable(records: Sequence[Record]) -> int:
    """So many records, from the first on, leave no two transactions under way that share a lock."""
    under_way: dict[bytes, frozenset[bytes]] = {}
    good = len(records)
    for number, record in enumerate(records):
        if SCOPE not in record.content:
            continue
        was_clear = _is_clear(under_way)
        for key, value in operations(record.content):
            if key.startswith(SCOPE):
                under_way[key] = _locks(value or b"")
        if _is_clear(under_way):
            good = len(records)
        elif was_clear:
            good = number
    return good


def _is_clear(under_way: Mapping[bytes, frozenset[bytes]]) -> bool:
    locks = [lock for locks in under_way.values() for lock in locks]
    return len(locks) == len(set(locks))


def _locks(scope: bytes) -> frozenset[bytes]:
    """Of a transaction under way. One that is committed, or gone, holds none. Raises NotUnderstood."""
    locks, at = set(), 0
    while at < len(scope) and scope[at] == LOCK:
        lock, at = length_prefixed(scope, at + 1)
        locks.add(lock)
    return frozenset(locks)


def _mended_files(folder: Path) -> Sequence[tuple[Path, bytes, bytes]]:
    """Of one database: each file, what it holds, and what it should hold; the logs oldest first."""
    manifests = [(manifest, manifest.read_bytes()) for manifest in _files(folder, "MANIFEST-*")]
    logs = sorted(_files(folder, "*.log"), key=lambda log: (len(log.name), log.name))
    contents = [log.read_bytes() for log in logs]
    return [
        *((manifest, found, mended_manifest(found)) for manifest, found in manifests),
        *zip(logs, contents, mended(*contents), strict=True),
    ]


def _files(folder: Path, pattern: str) -> Iterator[Path]:
    return (file for file in folder.glob(pattern) if file.is_file() and not file.is_symlink())


def _sweep(folder: Path) -> None:
    """What an earlier mend left that was killed."""
    for left in list(_files(folder, f"*{MADE}")):
        left.unlink()


def _replace(file: Path, content: bytes) -> None:
    """All or nothing: a disk that is full again leaves the file as it was, and no other beside it."""
    made = file.with_name(file.name + MADE)
    try:
        with made.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        made.chmod(0o600)
        made.rename(file)
    finally:
        made.unlink(missing_ok=True)
    _keep_order(file.parent)


def _keep_order(folder: Path) -> None:
    """No later change of the folder's names outlives a power failure without the earlier ones."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
