"""LevelDB's write-ahead log format, as far as reading what is whole and writing it again (doc/log_format.md there)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import google_crc32c

BLOCK = 32_768
HEADER = struct.Struct("<IHB")
"""Masked CRC-32C of kind and bytes, length, kind."""
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4
_MASK_DELTA = 0xA282EAD8
_LENGTH_HIGH = 5
_LENGTH_AND_KIND = re.compile(rb"[\x00-\x7f][\x01-\x04]")
"""The end of a header: the high byte of a length below a block's, and a kind. Zeros are none."""
COUNTERS = 12
"""Bytes before the operations of a record: sequence number, count."""
DELETION, PUT = 0, 1


class NotUnderstood(Exception):
    """A record, whole by its checksum, that is not as we know them."""


class Fragment(NamedTuple):
    """Of a record, or all of it. `at` is the place of its header in the file, `end` that of the next byte."""

    at: int
    end: int
    kind: int


class Record(NamedTuple):
    """One write. `end` is where its last fragment ends."""

    content: bytes
    end: int


class WriteAheadLog:
    """What of a log file is whole, in order, wherever it lies.

    A write that met a full disk leaves a piece of itself, and all that is written later is off its place: LevelDB takes
    such a log for corrupt from there on. Power that goes leaves zeros, over which LevelDB reads on by itself.
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


def operations(content: bytes) -> Iterator[tuple[bytes, bytes | None]]:
    """Key and value of each of a record's; the value of a deletion is None. Raises NotUnderstood."""
    at = COUNTERS
    while at < len(content):
        kind = content[at]
        if kind not in {DELETION, PUT}:
            raise NotUnderstood
        key, at = length_prefixed(content, at + 1)
        value, at = length_prefixed(content, at) if kind == PUT else (None, at)
        yield key, value


def length_prefixed(content: bytes, at: int) -> tuple[bytes, int]:
    """Bytes with their length before them, and where they end. Raises NotUnderstood."""
    length = shift = 0
    more = True
    while more:
        if at >= len(content):
            raise NotUnderstood
        length |= (content[at] & 0x7F) << shift
        more = content[at] & 0x80 != 0
        at, shift = at + 1, shift + 7
    if at + length > len(content):
        raise NotUnderstood
    return content[at : at + length], at + length


def _fragments(data: bytes) -> Iterator[Fragment]:
    at = 0
    while (at := _next_header(data, at)) >= 0:
        checksum, length, kind = HEADER.unpack_from(data, at)
        start, end = at + HEADER.size, at + HEADER.size + length
        if end <= len(data) and checksum == _checksum(kind, data[start:end]):
            yield Fragment(at, end, kind)
            at = end
        else:
            at += 1


def _next_header(data: bytes, at: int) -> int:
    """Where the next header can begin, or -1. What fails is looked through to its end, so most places are left out."""
    found = _LENGTH_AND_KIND.search(data, at + _LENGTH_HIGH)
    return found.start() - _LENGTH_HIGH if found else -1


def _records(data: bytes, fragments: Iterable[Fragment]) -> Iterator[Record]:
    parts: list[bytes] = []
    expected = 0
    for at, end, kind in fragments:
        # Up to six zeros fill a block. Over a wider hole, LevelDB joins nothing either.
        if kind in {FULL, FIRST} or at - expected >= HEADER.size:
            parts = []
        expected = end
        if kind in {MIDDLE, LAST} and not parts:
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
    crc: int = google_crc32c.extend(google_crc32c.value(bytes([kind])), content)
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFF_FFFF
