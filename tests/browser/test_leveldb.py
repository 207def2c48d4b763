"""LevelDB's log files: what is whole is found, wherever it lies."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from wppmt.browser.leveldb import BLOCK, Log, _crc32c, framed

SIZES = st.one_of(st.integers(0, 300), st.sampled_from([BLOCK - 20, BLOCK - 14, BLOCK - 7, BLOCK + 40]))
LISTS = st.lists(SIZES, max_size=3)
PLACE = st.floats(0, 1)


def made(sizes: list[int]) -> list[bytes]:
    return [Random(number).randbytes(size) for number, size in enumerate(sizes)]


def contents(data: bytes) -> list[bytes]:
    return [record.content for record in Log(data).records]


def test_the_checksum_is_crc32c() -> None:
    """Its check value, of an even and an odd length: RFC 3720, B.4, and the catalogue of CRC algorithms."""
    assert _crc32c(b"123456789") == 0xE3069283
    assert _crc32c(bytes(32)) == 0x8A9136AA


def test_a_file_that_chrome_wrote() -> None:
    """The first manifest of a new database."""
    manifest = bytes.fromhex(
        "957cb9c5220001 011a6c6576656c64622e4279746577697365436f6d70617261746f72020003020400"
    )
    assert Log(manifest).is_sound
    assert framed(contents(manifest)) == manifest
    assert b"leveldb.BytewiseComparator" in manifest


@given(LISTS)
def test_what_is_framed_is_sound_and_read_again(sizes: list[int]) -> None:
    records = made(sizes)
    data = framed(records)
    assert Log(data).is_sound
    assert contents(data) == records


@given(LISTS, PLACE)
def test_a_cut_loses_only_what_lies_behind_it(sizes: list[int], place: float) -> None:
    data = framed(made(sizes))
    cut = data[: int(place * len(data))]
    whole = [record for record in Log(data).records if record.end <= len(cut)]
    assert contents(cut) == [record.content for record in whole]
    assert Log(cut).is_sound == (len(cut) == (whole[-1].end if whole else 0))


@given(LISTS, LISTS, PLACE)
def test_what_was_written_behind_a_torn_record_is_kept(
    sizes: list[int], later: list[int], place: float
) -> None:
    """A full disk: the writer goes on as if its record were there in full."""
    before, after, torn = made(sizes), made(later), b"\xee" * 500
    ground, whole = framed(before), framed([*before, torn])
    kept = len(ground) + 1 + int(place * (len(whole) - len(ground) - 2))
    data = whole[:kept] + framed([*before, torn, *after])[len(whole) :]
    assert not Log(data).is_sound
    assert contents(data) == [*before, *after]
