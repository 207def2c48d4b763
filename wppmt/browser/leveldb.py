"""LevelDB's write-ahead log format, as far as reading what is whole and writing it again (doc/log_format.md there)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

BLOCK = 32_768
HEADER = struct.Struct("<IHB")
"""Masked CRC-32C of kind and bytes, length, kind."""
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4
_MASK_DELTA = 0xA282EAD8


class Fragment(NamedTuple):
    """Of a record, or all of it. `at` is the place of its header in the file, `end` that of the next byte."""

    at: int
    end: int
    kind: int


class Record(NamedTuple):
    """One write. `end` is where its last fragment ends."""

    content: bytes
    end: int


class Log:
    """What of a log file is whole, in order, wherever it lies.

    A write that met a full disk leaves a piece of itself, and all that is written later is off its place: LevelDB takes
    such a log for corrupt from there on.
    """

    def __init__(self, data: bytes) -> None:
        fragments = list(_fragments(data))
        self.records: Sequence[Record] = list(_records(data, fragments))
        self.is_sound = fragments == list(_layout(len(record.content) for record in self.records)) and (
            len(data) == (fragments[-1].end if fragments else 0)
        )
        """LevelDB reads all of it, and may write on at its end."""


def framed(contents: Iterable[bytes]) -> bytes:
    """A log file of these records."""
    kept = list(contents)
    everything, made = b"".join(kept), bytearray()
    start = 0
    for at, end, kind in _layout(map(len, kept)):
        made += bytes(at - len(made))
        length = end - at - HEADER.size
        content = everything[start : start + length]
        start += length
        made += HEADER.pack(_checksum(kind, content), length, kind) + content
    return bytes(made)


def _fragments(data: bytes) -> Iterator[Fragment]:
    # A torn fragment, and what it misplaces, is shorter than two blocks: further on lies nothing that we know.
    at = whole = 0
    while at + HEADER.size <= len(data):
        checksum, length, kind = HEADER.unpack_from(data, at)
        start, end = at + HEADER.size, at + HEADER.size + length
        if FULL <= kind <= LAST and end <= len(data) and checksum == _checksum(kind, data[start:end]):
            yield Fragment(at, end, kind)
            at = whole = end
        elif at - whole < 2 * BLOCK:
            at += 1
        else:
            return


def _records(data: bytes, fragments: Iterable[Fragment]) -> Iterator[Record]:
    parts: list[bytes] = []
    for at, end, kind in fragments:
        if kind in {FULL, FIRST}:
            parts = []
        elif not parts:
            continue
        parts.append(data[at + HEADER.size : end])
        if kind in {FULL, LAST}:
            yield Record(b"".join(parts), end)
            parts = []


def _layout(lengths: Iterable[int]) -> Iterator[Fragment]:
    """Where LevelDB puts the fragments of records of these lengths: none crosses a block, headers neither."""
    at = 0
    for length in lengths:
        left, is_first, is_last = length, True, False
        while not is_last:
            room = BLOCK - at % BLOCK
            if room < HEADER.size:
                at, room = at + room, BLOCK
            taken = min(left, room - HEADER.size)
            left -= taken
            is_last = not left
            kind = (FULL if is_last else FIRST) if is_first else (LAST if is_last else MIDDLE)
            yield Fragment(at, at + HEADER.size + taken, kind)
            at += HEADER.size + taken
            is_first = False


def _checksum(kind: int, content: bytes) -> int:
    crc = _crc32c(bytes([kind]) + content)
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFF_FFFF


def _crc32c(data: bytes) -> int:
    """Two bytes at a time: a log of 4 MB is looked at before a browser starts."""
    table, crc = _table(), 0xFFFF_FFFF
    even = len(data) & ~1
    for pair in struct.unpack(f"<{even // 2}H", data[:even]):
        crc = table[(crc ^ pair) & 0xFFFF] ^ crc >> 16
    if even < len(data):
        crc = _byte_step((crc ^ data[even]) & 0xFF) ^ crc >> 8
    return crc ^ 0xFFFF_FFFF


@cache
def _table() -> Sequence[int]:
    single = [_byte_step(byte) for byte in range(256)]
    steps = (single[pair & 0xFF] ^ pair >> 8 for pair in range(65_536))
    return [single[step & 0xFF] ^ step >> 8 for step in steps]


def _byte_step(crc: int) -> int:
    for _ in range(8):
        crc = crc >> 1 ^ (0x82F6_3B78 if crc & 1 else 0)
    return crc
