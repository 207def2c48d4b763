"""What comes out of an archive is the session that went in, and nothing else was touched."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from tests.archive.installation import ENDPOINT, KEY, LOGIN, NOW, Installation, payload
from wppmt.archive import tables
from wppmt.archive.arrival import check_archive, read_archive, sweep
from wppmt.archive.refusal import ArchiveRefused, Why
from wppmt.archive.writing import write_archive
from wppmt.store.outbox_records import Lane, WebhookCounts
from wppmt.store.records import EventDraft


def test_all_rows_and_the_login_arrive(here: Installation, there: Installation):
    archive, manifest = here.back_up()
    there.take_in(archive)
    before, after = here.rows(), there.rows()
    moved = before["sessions"], after["sessions"], before["journal"], after["journal"]
    for table in tables.CARRIED.keys() - {"sessions", "journal"}:
        assert after[table] == before[table], table
    assert [
        json.loads(row["record"]) | {"process": None, "page": "", "page_event": 0} for row in moved[0]
    ] == [json.loads(row["record"]) for row in moved[1]]
    assert [row["key"] for row in moved[3]] == [row["key"] for row in moved[2]] == ["k1", ""]
    assert there.login() == LOGIN
    assert (manifest.session_id, manifest.sequence, manifest.chrome) == ("loja", 5, "156.0.8078.79")
    assert stat.S_IMODE(there.place.profile("loja").stat().st_mode) == 0o700


def test_the_sequence_and_the_keys_go_on(here: Installation, there: Installation):
    there.take_in(here.back_up()[0])
    there.happens("loja", 1)
    assert there.store.last_sequence("loja") == 6
    assert [event.sequence for event in there.store.events_after("loja", 0, 10)] == [1, 2, 3, 4, 5, 6]
    found = there.store.keyed("loja", "k1", NOW - 1)
    assert found is not None
    assert found.id == "3EB01"


def test_deliveries_wait_once_and_in_order(here: Installation, there: Installation):
    there.take_in(here.back_up()[0])
    assert there.store.webhook_counts("loja") == WebhookCounts(3, 1)
    lane, number, seen = Lane(ENDPOINT, "loja"), 0, []
    while delivery := there.store.first_attempt(lane, number):
        number = delivery.number
        seen.append(delivery.event.sequence)
    assert seen == [3, 4, 5]
    attempts = there.store.attempts("loja", "evt_loja_0_0")
    assert attempts is not None
    assert [attempt.status for attempt in attempts] == [200]


def test_a_message_that_waits_finds_its_file_and_no_other_of_the_machine(
    here: Installation, there: Installation, tmp_path: Path
):
    (tmp_path / "secret").write_bytes(b"of the machine")
    with here.store.transaction() as transaction:
        [entry] = here.store.unfinished("loja")
        transaction.journal(replace(entry, id="3EB03", payload={"path": str(tmp_path / "secret")}))
    there.take_in(here.back_up()[0])
    paths = [Path(payload(row)["path"]) for row in there.rows()["journal"] if "path" in payload(row)]
    assert [path.parent for path in paths] == [there.place.outgoing] * 2
    assert [path.read_bytes() for path in paths if path.exists()] == [b"photo"]


def test_a_backup_leaves_no_mark(here: Installation):
    before, login = here.rows(), here.login()
    here.back_up()
    assert here.rows() == before
    assert here.login() == login
    assert here.leftovers() == []


def test_an_archive_is_private_and_tells_nothing(here: Installation):
    archive, _ = here.back_up()
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    content = archive.read_bytes()
    assert not any(word in content for word in (b"loja", b"5511999990001", b"cookies", b"SQLite"))
    with archive.open("rb") as file:
        assert check_archive(file, KEY).session_id == "loja"


def test_an_archive_of_the_same_second_is_not_replaced(here: Installation):
    archive, _ = here.back_up()
    before = archive.read_bytes()
    with pytest.raises(FileExistsError):
        here.back_up()
    assert archive.read_bytes() == before
    assert here.leftovers() == []


def test_a_session_without_a_login_has_an_archive_too(here: Installation, there: Installation):
    archive, manifest = write_archive(here.place, "padaria", None, here.backups, KEY, NOW)
    assert not manifest.has_login
    empty = Installation(there.place.tokens.parent.parent / "empty")
    empty.take_in(archive)
    assert empty.store.last_sequence("padaria") == 4
    assert not empty.place.profile("padaria").exists()
    empty.store.close()


def test_a_login_that_is_missing_is_said(here: Installation):
    with pytest.raises(ArchiveRefused) as refused:
        write_archive(here.place, "loja", None, here.backups, KEY, NOW)
    assert refused.value.why is Why.NO_LOGIN


def test_an_unknown_session_has_none(here: Installation):
    with pytest.raises(ArchiveRefused) as refused:
        write_archive(here.place, "nobody", None, here.backups, KEY, NOW)
    assert refused.value.why is Why.NO_SESSION
    assert here.leftovers() == []


def test_a_purged_session_comes_back_on_the_same_machine(here: Installation):
    archive, _ = here.back_up()
    with here.store.transaction() as transaction:
        transaction.forget("loja")
    here.place.profile("loja").rename(here.place.tokens.parent / "gone")
    here.take_in(archive)
    assert here.store.last_sequence("loja") == 5
    while here.store.prune(0.0):
        pass
    assert len(here.store.events_after("loja", 0, 10)) == 5
    assert len(here.store.events_after("padaria", 0, 10)) == 4


def test_a_session_that_exists_is_left_as_it_is(here: Installation):
    archive, _ = here.back_up()
    here.happens("loja", 1)
    with pytest.raises(ArchiveRefused) as refused:
        here.take_in(archive)
    assert refused.value.why is Why.EXISTS
    assert here.store.last_sequence("loja") == 6
    assert here.leftovers() == []


def test_a_session_that_began_meanwhile_is_left_as_it_is(here: Installation, there: Installation):
    archive, _ = here.back_up()
    with archive.open("rb") as file, read_archive(file, KEY, there.place, "") as arrival:
        there.happens("loja", 1)
        with pytest.raises(ArchiveRefused):
            arrival.install()
    assert there.store.last_sequence("loja") == 1
    assert not there.place.profile("loja").exists()
    assert there.leftovers() == []
    assert list(there.place.outgoing.glob("*")) == []


def test_a_folder_without_a_session_may_be_a_login(here: Installation, there: Installation):
    archive, _ = here.back_up()
    there.place.profile("loja").mkdir()
    with pytest.raises(ArchiveRefused) as refused:
        there.take_in(archive)
    assert refused.value.why is Why.EXISTS


def test_one_restore_of_a_session_at_a_time(here: Installation, there: Installation):
    archive, _ = here.back_up()
    there.place.arriving("loja").mkdir()
    with pytest.raises(ArchiveRefused) as refused:
        there.take_in(archive)
    assert refused.value.why is Why.EXISTS
    sweep(there.place)
    there.take_in(archive)


def test_numbers_of_events_are_new_ones(here: Installation, there: Installation):
    """A cursor over all sessions' events goes on, and meets them once."""
    newest = there.store.last_event_number()
    there.take_in(here.back_up()[0])
    found = there.store.events_of_all_after(newest, 10)
    assert [event.sequence for _, event in found] == [1, 2, 3, 4, 5]
    with there.store.transaction() as transaction:
        transaction.record("padaria", EventDraft("evt_next", "error", NOW, {}))
    assert there.store.last_event_number() == newest + 6


def test_every_table_is_carried_or_left(here: Installation):
    """A new table has to be given one or the other."""
    found = set(here.rows()) - {"sqlite_sequence"}
    assert found == set(tables.CARRIED) | tables.LEFT
