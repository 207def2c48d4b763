"""What earlier versions wrote is read for ever: `frozen/` has an archive of each format, never made anew."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.archive.forging import described, put_together, taken_apart
from tests.archive.installation import ENDPOINT, LOGIN, NOW, Installation
from wppmt.archive.manifest import FORMAT
from wppmt.store.outbox_records import Lane
from wppmt.store.sqlite.schema import STEPS

FROZEN = Path(__file__).parent / "frozen"


def test_every_format_has_its_archive():
    assert [path.name for path in sorted(FROZEN.iterdir())] == [
        f"format-{number}.wppmt" for number in range(1, FORMAT + 1)
    ]


@pytest.mark.parametrize("archive", sorted(FROZEN.iterdir()), ids=lambda path: path.stem)
def test_it_is_restored(archive: Path, there: Installation):
    there.take_in(archive)
    record = there.store.session("loja")
    assert record is not None
    assert (record.phone, record.messages_sent, record.has_login) == ("5511999990001", 7, True)
    assert there.login() == LOGIN
    assert [event.sequence for event in there.store.events_after("loja", 0, 10)] == [1, 2, 3, 4, 5]
    delivery = there.store.first_attempt(Lane(ENDPOINT, "loja"))
    assert delivery is not None
    assert delivery.event.sequence == 3
    entry = there.store.keyed("loja", "k1", NOW - 1)
    assert entry is not None
    assert entry.id == "3EB01"
    secrets = there.store.secrets("loja")
    assert secrets is not None
    assert secrets.current == "whsec_a"


@pytest.mark.parametrize("version", range(1, len(STEPS) + 1))
def test_rows_of_every_earlier_schema_come_up_to_date(version: int, there: Installation, tmp_path: Path):
    """Before there were archives there were none of these; but each step from here on is one of them."""
    manifest, files = taken_apart((FROZEN / "format-1.wppmt").read_bytes())
    old = tmp_path / "old.sqlite"
    with closing(sqlite3.connect(old, isolation_level=None)) as connection:
        for step in STEPS[:version]:
            connection.executescript(step)
        connection.execute(f"PRAGMA user_version = {version}")
        (tmp_path / "rows").write_bytes(files["rows.sqlite"])
        connection.execute("ATTACH ? AS new", (str(tmp_path / "rows"),))
        for table in ("sessions", "events", "tallies"):
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM new.{table}")  # noqa: S608 - names of ours
        connection.execute("DETACH new")
    files["rows.sqlite"] = old.read_bytes()
    manifest |= {"schema_version": version, "files": described(files)}
    archive = tmp_path / "old.wppmt"
    archive.write_bytes(put_together(manifest, list(files.values())))
    there.take_in(archive)
    assert there.store.last_sequence("loja") == 5
    assert len(there.store.events_after("loja", 0, 10)) == 5
