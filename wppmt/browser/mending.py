"""Mends a profile's databases before Chrome opens them, because it deletes what it calls corrupt: the login.

Measured with Chromium 156. Two things make it do so:

- A full disk. A write that does not fit leaves a piece of itself in the log, and the next one is put behind it, by this
  browser or by the next one, which goes on in the same log.
- An end at the wrong moment (kill, power, full disk). IndexedDB keeps an undo list for each unfinished transaction and
  locks what it touches before it is undone; two that ran side by side share the lock of their database, and that
  is "corruption".

What was written in full stays; what is dropped was never promised to the page, or is a few milliseconds old.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from wppmt.browser.leveldb import BLOCK, Log, Record, framed

DATABASES = ("Default/IndexedDB/*.leveldb", "Default/Local Storage/leveldb")
SCOPE = bytes.fromhex("00000000 32 01")
"""How the key of an IndexedDB transaction's row begins, while it is under way; its number follows."""
COUNTERS = 12
"""Bytes before the operations of a record: sequence number, count."""
LOCK = 0x0A
PUT = 1


def mend(profile: Path) -> Mapping[str, int]:
    """By the profile's writer, while no browser runs. How many bytes were dropped, by file; nothing in most cases."""
    dropped = {}
    for database in DATABASES:
        for folder in sorted(profile.glob(database)):
            for file, found, whole in _mended_files(folder):
                if whole != found:
                    _replace(file, whole)
                    dropped[str(file.relative_to(profile))] = len(found) - len(whole)
    return dropped


def mended(*logs: bytes) -> Sequence[bytes]:
    """A database's log files, oldest first, as Chrome reads them without complaint."""
    read = [Log(data) for data in logs]
    if any(not log.records and len(data) > BLOCK for log, data in zip(read, logs, strict=True)):
        # Nothing we know, so nothing to touch.
        return logs
    left, made = _undoable([record for log in read for record in log.records]), []
    for log, data in zip(read, logs, strict=True):
        kept = log.records[:left]
        left -= len(kept)
        made.append(_cut(log, data, kept))
    return made


def mended_manifest(data: bytes) -> bytes:
    """The same for the list of a database's files, in which there are no transactions."""
    log = Log(data)
    return _cut(log, data, log.records) if log.records else data


def _cut(log: Log, data: bytes, kept: Sequence[Record]) -> bytes:
    if log.is_sound:
        return data[: kept[-1].end] if kept else b""
    return framed(record.content for record in kept)


def _undoable(records: Sequence[Record]) -> int:
    """So many records, from the first on, leave no two transactions under way that share a lock."""
    under_way: dict[bytes, frozenset[bytes]] = {}
    good = len(records)
    for number, record in enumerate(records):
        if SCOPE not in record.content:
            continue
        was_clear = _is_clear(under_way)
        for key, value in _operations(record.content):
            if key.startswith(SCOPE):
                under_way[key] = _locks(value)
        if _is_clear(under_way):
            good = len(records)
        elif was_clear:
            good = number
    return good


def _is_clear(under_way: Mapping[bytes, frozenset[bytes]]) -> bool:
    locks = [lock for locks in under_way.values() for lock in locks]
    return len(locks) == len(set(locks))


def _operations(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of each; the value of a deletion is empty."""
    at = COUNTERS
    while at < len(content):
        is_put = content[at] == PUT
        key, at = _text(content, at + 1)
        value, at = _text(content, at) if is_put else (b"", at)
        yield key, value


def _locks(scope: bytes) -> frozenset[bytes]:
    """Of a transaction under way. One that is committed, or gone, holds none."""
    locks, at = set(), 0
    while at < len(scope) and scope[at] == LOCK:
        lock, at = _text(scope, at + 1)
        locks.add(lock)
    return frozenset(locks)


def _text(content: bytes, at: int) -> tuple[bytes, int]:
    """Bytes with their length before them, and where they end."""
    length = shift = 0
    while content[at] & 0x80:
        length |= (content[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    length |= content[at] << shift
    return content[at + 1 : at + 1 + length], at + 1 + length


def _mended_files(folder: Path) -> Iterator[tuple[Path, bytes, bytes]]:
    """Of one database: each file, what it holds, and what it should hold."""
    for manifest in _files(folder, "MANIFEST-*"):
        found = manifest.read_bytes()
        yield manifest, found, mended_manifest(found)
    logs = sorted(_files(folder, "*.log"), key=lambda log: (len(log.name), log.name))
    contents = [log.read_bytes() for log in logs]
    yield from zip(logs, contents, mended(*contents), strict=True)


def _files(folder: Path, pattern: str) -> Iterator[Path]:
    return (file for file in folder.glob(pattern) if file.is_file() and not file.is_symlink())


def _replace(file: Path, content: bytes) -> None:
    """All or nothing: a disk that is full again leaves the file as it was."""
    made = file.with_name(f"{file.name}.mended")
    with made.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    made.chmod(0o600)
    made.rename(file)
