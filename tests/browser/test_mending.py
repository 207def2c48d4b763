"""Databases that Chrome would delete, and the login with them, are mended before it sees them."""

from __future__ import annotations

import os
import resource
import signal
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.conftest import pair
from tests.browser.ground import ChromeGround, Life, chrome_settings
from tests.browser.test_chrome import evaluate
from tests.support import wait_until
from wppmt.browser.cdp.devtools import runtime
from wppmt.browser.chrome.browsers import ChromeBrowsers
from wppmt.browser.port import StartFailed
from wppmt.browser.profile.folder import ProfileFolder, ProfileLocked
from wppmt.browser.profile.leveldb import COUNTERS, WriteAheadLog, framed
from wppmt.browser.profile.mending import MADE, SCOPE, Dropped, mend, mended, mended_manifest

INDEXED_DB = Path("Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb")
DATABASE = b"\x12\x0a\x0a\x08whatsapp"
"""The lock of a database, as Chrome writes it; below, that of one of its stores."""
STORE_1, STORE_2 = (b"\x08\x01\x12\x12\x0a\x10" + struct.pack(">QQ", 1, store) for store in (1, 2))


def batch(*operations: tuple[bytes, bytes | None]) -> bytes:
    """A record of LevelDB: key and value, or None for a deletion."""
    body = b"".join(
        bytes([0, len(key)]) + key
        if value is None
        else bytes([1, len(key)]) + key + bytes([len(value)]) + value
        for key, value in operations
    )
    return struct.pack("<QI", 2**40, len(operations)) + body


def begun(number: int, *locks: bytes) -> bytes:
    """IndexedDB notes a transaction that is under way."""
    rows = b"".join(b"\x0a" + bytes([len(lock)]) + lock for lock in locks)
    return batch((SCOPE + bytes([number]), rows))


def committed(number: int) -> bytes:
    return batch((SCOPE + bytes([number]), b""))


def cleaned(number: int) -> bytes:
    return batch((SCOPE + bytes([number]), None))


ONE = [begun(1, DATABASE, STORE_1), committed(1), cleaned(1)]
OVERLAP = [begun(2, DATABASE, STORE_1), begun(3, DATABASE, STORE_2)]


@pytest.mark.parametrize(
    "records",
    [
        [],
        ONE,
        [*ONE, begun(2, DATABASE, STORE_1)],
        [*ONE, *OVERLAP, committed(2)],
        [*ONE, *OVERLAP, cleaned(3)],
        [*ONE, begun(2, DATABASE, STORE_1), begun(3, b"another", STORE_2)],
    ],
    ids=["empty", "at rest", "one under way", "one committed", "one gone", "nothing shared"],
)
def test_what_chrome_can_read_is_left_alone(records: list[bytes]) -> None:
    data = framed(records)
    assert mended(data) == [data]


@pytest.mark.parametrize("later", [[], [batch((b"more", b"value"))]], ids=["last", "not last"])
def test_transactions_that_share_a_lock_are_dropped_back_to_the_first(later: list[bytes]) -> None:
    """The one that began first may stay: it is undone by Chrome."""
    data = framed([*ONE, *OVERLAP, *later])
    assert mended(data) == [framed([*ONE, OVERLAP[0]])]


def test_only_the_last_overlap_counts() -> None:
    records = [*OVERLAP, committed(2), cleaned(2), committed(3), cleaned(3), *ONE]
    assert mended(framed([*records, *OVERLAP])) == [framed([*records, OVERLAP[0]])]


def test_a_torn_record_is_dropped_and_later_ones_are_kept() -> None:
    before, after = framed(ONE), [batch((b"later", b"value"))]
    torn = framed([*ONE, batch((b"torn", b"x" * 90))])[: len(before) + 40]
    assert mended(torn) == [before]
    assert mended(torn + framed(after)) == [framed([*ONE, *after])]


def test_an_overlap_that_ends_in_the_next_file_is_none() -> None:
    logs = framed([*ONE, *OVERLAP]), framed([committed(2), committed(3)])
    assert list(mended(*logs)) == list(logs)


def test_what_is_dropped_may_reach_over_files() -> None:
    assert mended(framed([*ONE, *OVERLAP]), framed(ONE)) == [framed([*ONE, OVERLAP[0]]), b""]
    assert mended(framed([*ONE, OVERLAP[0]]), framed([OVERLAP[1], *ONE])) == [framed([*ONE, OVERLAP[0]]), b""]


def test_a_manifest_has_no_transactions_and_is_never_emptied() -> None:
    data = framed([*ONE, *OVERLAP])
    assert mended_manifest(data) == data
    assert mended_manifest(data + b"torn") == data
    assert mended_manifest(data[:5]) == data[:5]
    assert mended(data[:5]) == [b""]


def test_what_is_no_log_is_left_alone() -> None:
    """A later Chrome may write something else; and then it is not for us to touch."""
    other, log = b"SQLite format 3\x00" * 4096, framed([*ONE, *OVERLAP])
    assert list(mended(log, other)) == [log, other]


ODD = [
    SCOPE,
    b"\x07" + SCOPE,
    b"\x01\x06" + SCOPE,
    b"\x01\x06" + SCOPE + b"\x09\x0a",
    b"\x01\x06" + SCOPE + b"\x02\x0a\x70",
    b"\x01\x06" + SCOPE + b"\x02\x0a\xf0",
    b"\x00\x7f" + SCOPE,
    b"\x00\xff" + SCOPE + b"\xff" * 20,
]


@pytest.mark.parametrize("odd", ODD)
def test_of_transactions_that_are_not_understood_none_is_touched(odd: bytes) -> None:
    """A later Chrome may write others; they are whole by their checksum. The piece of a write goes all the same."""
    data = framed([*ONE, bytes(COUNTERS) + odd, *OVERLAP])
    assert list(mended(data)) == [data]
    assert list(mended(data + b"torn")) == [data]


def database(profile: Path) -> Path:
    folder = profile / INDEXED_DB
    folder.mkdir(parents=True)
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_are_replaced_and_told_of(tmp_path: Path) -> None:
    folder = database(tmp_path)
    torn, overlap, sound = folder / "000003.log", folder / "000005.log", folder / "MANIFEST-000001"
    torn.write_bytes(framed(ONE) + b"torn")
    overlap.write_bytes(framed([*OVERLAP, *ONE]))
    sound.write_bytes(framed(ONE))
    (folder / "000004.log").symlink_to(torn)
    assert mend(tmp_path) == {
        str(INDEXED_DB / "000003.log"): Dropped(bytes=4, records=0),
        str(INDEXED_DB / "000005.log"): Dropped(bytes=len(framed([OVERLAP[1], *ONE])), records=1 + len(ONE)),
    }
    assert torn.read_bytes() == framed(ONE)
    assert mend(tmp_path) == {}
    assert names(folder) == ["000003.log", "000004.log", "000005.log", "MANIFEST-000001"]


def obstruct(file: Path) -> Path:
    """Where a new file would be made lies a folder: no disk has room for it."""
    obstacle = file.with_name(f"{file.name}{MADE}")
    obstacle.mkdir()
    return obstacle


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_whoever_breaks_off_leaves_something_that_can_be_mended(tmp_path: Path, broken: int) -> None:
    """History ends earlier, and has no hole."""
    folder = database(tmp_path)
    logs = [folder / f"00000{number}.log" for number in (3, 4, 5)]
    damaged = framed([*ONE, *OVERLAP]), framed(ONE), framed([*ONE, *ONE])
    for log, content in zip(logs, damaged, strict=True):
        log.write_bytes(content)
    whole = [framed([*ONE, OVERLAP[0]]), b"", b""]
    obstacle = obstruct(logs[broken])
    with pytest.raises(OSError):
        mend(tmp_path)
    assert [log.read_bytes() for log in logs] == [*damaged[: broken + 1], *whole[broken + 1 :]]
    obstacle.rmdir()
    mend(tmp_path)
    assert [log.read_bytes() for log in logs] == whole


@contextmanager
def full_disk(bytes_left: int) -> Iterator[None]:
    """No file of this process grows beyond that; a write that would, fails in the middle."""
    before, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_left, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_a_full_disk_leaves_the_file_and_nothing_beside_it(tmp_path: Path) -> None:
    folder = database(tmp_path)
    log = folder / "000003.log"
    log.write_bytes(framed([bytes(5000)]) + b"torn")
    with full_disk(1000), pytest.raises(OSError):
        mend(tmp_path)
    assert log.read_bytes() == framed([bytes(5000)]) + b"torn"
    assert names(folder) == ["000003.log"]


def test_what_a_killed_mend_left_is_swept_away(tmp_path: Path) -> None:
    folder = database(tmp_path)
    for name in ("000003.log", "MANIFEST-000001"):
        (folder / name).write_bytes(framed(ONE))
        (folder / f"{name}{MADE}").write_bytes(framed(ONE)[:-3])
    assert mend(tmp_path) == {}
    assert names(folder) == ["000003.log", "MANIFEST-000001"]


def test_no_copy_is_taken_of_a_damaged_login(tmp_path: Path) -> None:
    settings = chrome_settings(tmp_path / "tokens")
    browsers, log = ChromeBrowsers(settings), tmp_path / "tokens" / "a" / INDEXED_DB / "000003.log"
    log.parent.mkdir(parents=True)
    log.write_bytes(framed(ONE) + b"torn")
    browsers.keep_copy("a")
    assert not (tmp_path / "copies").exists()
    # It is whole from here on.
    browsers.keep_copy("a")
    assert list((tmp_path / "copies" / "a").rglob("*.log"))


def test_a_kill_does_not_wait_for_a_mend(tmp_path: Path) -> None:
    """Root calls it. The mend here stands still at a pipe that nobody reads yet."""
    program = tmp_path / "chrome"
    program.write_text("#!/bin/sh\necho Chromium 156.0\n")
    program.chmod(0o700)
    settings = chrome_settings(tmp_path / "tokens", chrome_path=program)
    log = database(tmp_path / "tokens" / "a") / "000003.log"
    log.write_bytes(framed(ONE) + b"torn")
    pipe = log.with_name(f"{log.name}{MADE}")
    os.mkfifo(pipe)
    browser, profile = ChromeBrowsers(settings).open("a"), ProfileFolder(tmp_path / "tokens", "a")
    with ThreadPoolExecutor(2) as threads:
        start = threads.submit(browser.start, lambda _: None)
        wait_until(lambda: is_locked(profile))
        kill = threads.submit(browser.kill)
        try:
            kill.result(timeout=2)
        finally:
            pipe.open("rb").close()
        assert isinstance(start.exception(), StartFailed)


def is_locked(profile: ProfileFolder) -> bool:
    try:
        with profile.writer():
            return False
    except ProfileLocked:
        return True


# ---- what Chrome makes of it


def tear(log: Path) -> None:
    """As a full disk does; and room again for a write that happened before, which changes nothing."""
    records = [record.content for record in WriteAheadLog(log.read_bytes()).records]
    torn = framed([*records, batch((b"torn", b"x" * 100))])[: len(framed(records)) + 50]
    log.write_bytes(torn + framed(records[-1:]))


def leave_under_way(log: Path) -> None:
    """As `kill -9` does between two writes."""
    records = [record.content for record in WriteAheadLog(log.read_bytes()).records]
    log.write_bytes(framed([*records, *OVERLAP]))


@pytest.mark.chrome
@pytest.mark.parametrize("damage", [tear, leave_under_way])
def test_a_login_that_chrome_would_delete_is_there(
    chrome_ground: ChromeGround,
    open_on: Callable[[ChromeGround, str], Life],
    new_phone: Callable[[], str],
    damage: Callable[[Path], None],
) -> None:
    name = damage.__name__.replace("_", "-")
    first, again = open_on(chrome_ground, name), open_on(chrome_ground, name)
    pair(chrome_ground, first, new_phone())
    assert first.browser.stop()
    [log] = (chrome_ground.settings.tokens_dir / name / INDEXED_DB).glob("*.log")
    damage(log)
    again.start()
    again.facts(authenticated=True, mode="MAIN")


BUSY = """() => {
  const asked = indexedDB.open('busy', 1);
  asked.onupgradeneeded = () => [...'abc'].forEach((name) => asked.result.createObjectStore(name));
  asked.onsuccess = () => [...'abc'].forEach((name) => (function write(round) {
    const transaction = asked.result.transaction(name, 'readwrite');
    for (let row = 0; row < 6; row += 1) {
      transaction.objectStore(name).put('x'.repeat(300 + Math.random() * 900), round % 50 * 6 + row);
    }
    transaction.oncomplete = () => write(round + 1);
  })(0));
}"""
"""Transactions side by side, without a pause: what WhatsApp's page does while it reads old messages."""
KILLS = 12


def make_busy(life: Life, database: Path) -> None:
    """Until a megabyte is written, in logs that grow and begin anew."""

    def written() -> int:
        return sum(file.stat().st_size for file in database.glob("*.log"))

    before = written()
    assert not isinstance(evaluate(life, BUSY).get(timeout=10), runtime.ExceptionDetails)
    wait_until(lambda: abs(written() - before) > 1_000_000, 20)


@pytest.mark.chrome
@pytest.mark.long
def test_no_kill_of_a_busy_chrome_costs_the_login(
    chrome_ground: ChromeGround,
    open_on: Callable[[ChromeGround, str], Life],
    new_phone: Callable[[], str],
) -> None:
    """Without mending, three of eight kills did (Chromium 156)."""
    folder = chrome_ground.settings.tokens_dir / "busy" / INDEXED_DB
    life = open_on(chrome_ground, "busy")
    pair(chrome_ground, life, new_phone())
    for _ in range(KILLS):
        make_busy(life, folder)
        chrome_ground.crash(life)
        life.browser.stop()
        life = open_on(chrome_ground, "busy")
        life.start()
        life.facts(authenticated=True, mode="MAIN")
