"""LevelDB's log files: what is whole is found, wherever it lies."""

from __future__ import annotations

from random import Random

import google_crc32c
from hypothesis import given
from hypothesis import strategies as st

from wppmt.browser.profile.leveldb import BLOCK, WriteAheadLog, framed

SIZES = st.one_of(st.integers(0, 300), st.sampled_from([BLOCK - 20, BLOCK - 14, BLOCK - 7, BLOCK + 40]))
LISTS = st.lists(SIZES, max_size=3)
PLACE = st.floats(0, 1)


def made(sizes: list[int]) -> list[bytes]:
    return [Random(number).randbytes(size) for number, size in enumerate(sizes)]


def contents(data: bytes) -> list[bytes]:
    return [record.content for record in WriteAheadLog(data).records]


def test_a_file_that_chrome_wrote() -> None:
    """The first manifest of a new database."""
    manifest = bytes.fromhex(
        "957cb9c5220001 011a6c6576656c64622e4279746577697365436f6d70617261746f72020003020400"
    )
    assert WriteAheadLog(manifest).is_sound
    assert framed(contents(manifest)) == manifest
    assert b"leveldb.BytewiseComparator" in manifest


@given(LISTS)
def test_what_is_framed_is_sound_and_read_again(sizes: list[int]) -> None:
    records = made(sizes)
    data = framed(records)
    assert WriteAheadLog(data).is_sound
    assert contents(data) == records


@given(LISTS, PLACE)
def test_a_cut_loses_only_what_lies_behind_it(sizes: list[int], place: float) -> None:
    data = framed(made(sizes))
    cut = data[: int(place * len(data))]
    whole = [record for record in WriteAheadLog(data).records if record.end <= len(cut)]
    assert contents(cut) == [record.content for record in whole]
    assert WriteAheadLog(cut).is_sound == (len(cut) == (whole[-1].end if whole else 0))


@given(LISTS, LISTS, PLACE)
def test_what_was_written_behind_a_torn_record_is_kept(
    sizes: list[int], later: list[int], place: float
) -> None:
    """A full disk: the writer goes on as if its record were there in full."""
    before, after, torn = made(sizes), made(later), b"\xee" * 500
    ground, whole = framed(before), framed([*before, torn])
    kept = len(ground) + 1 + int(place * (len(whole) - len(ground) - 2))
    data = whole[:kept] + framed([*before, torn, *after])[len(whole) :]
    assert not WriteAheadLog(data).is_sound
    assert contents(data) == [*before, *after]


def torn_write(sizes: list[int], torn: list[int]) -> bytes:
    """As a log is written whose disk is full from time to time; half of each of the records `torn` fits."""
    found, written = b"", list[bytes]()
    for number, record in enumerate(made(sizes)):
        before, written = len(framed(written)), [*written, record]
        piece = framed(written)[before:]
        found += piece[: len(piece) // 2] if number in torn else piece
    return found


def test_failed_writes_in_a_row_cost_none_of_the_later_ones() -> None:
    """Each goes on where it believes itself to be: what is found in the end is off its place by more than two blocks."""
    sizes, torn = [100] * 3 + [24_000] * 6 + [300] * 200, list(range(3, 9))
    records = made(sizes)
    data = torn_write(sizes, torn)
    assert not WriteAheadLog(data).is_sound
    assert contents(data) == [record for number, record in enumerate(records) if number not in torn]


@given(LISTS, LISTS, st.integers(0, 5 * BLOCK))
def test_zeros_are_read_over(sizes: list[int], later: list[int], zeros: int) -> None:
    """Blocks that never reached the disk when the power went: LevelDB goes on behind them, too."""
    before, after = made(sizes), made(later)
    data = framed(before)
    start = -(-(len(data) + zeros) // BLOCK) * BLOCK
    assert contents(data + bytes(start - len(data)) + framed(after)) == [*before, *after]


def test_over_a_hole_nothing_is_joined() -> None:
    """Two records, each over two blocks: the end of the first is lost, and so is the beginning of the second."""
    sizes = [100, BLOCK, BLOCK, 50]
    data, records = bytearray(framed(made(sizes))), made(sizes)
    data[BLOCK : 2 * BLOCK] = bytes(BLOCK)
    assert contents(bytes(data)) == [records[0], records[3]]


def test_its_checksums_are_not_made_in_python() -> None:
    """A browser's start waits for them: ten times as long, on a log of some megabytes."""
    assert google_crc32c.implementation == "c"
    assert WriteAheadLog(framed(made([80] * 4_500))).is_sound
