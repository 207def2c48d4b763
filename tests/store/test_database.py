"""The file behind the SQLite store: who may read it, which versions it takes, what it survives."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.drafts import draft, record
from wppmt.domain.errors import SetupError
from wppmt.domain.occurrences import Committed, Occurrence
from wppmt.domain.reasons import Reason
from wppmt.store.fencing import Fenced, fenced
from wppmt.store.outbox_records import SigningSecrets, WebhookCounts
from wppmt.store.port import StoreUnavailable
from wppmt.store.records import SessionRecord
from wppmt.store.sqlite import rows
from wppmt.store.sqlite.database import Database
from wppmt.store.sqlite.peek import Form, form
from wppmt.store.sqlite.schema import OLDEST_READER, STEPS, VERSION
from wppmt.store.sqlite.store import SqliteStore

ROOT = Path(__file__).parents[2]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_may_read_it(tmp_path: Path):
    path = tmp_path / "state" / "wppmt.sqlite"
    store = SqliteStore(path)
    record(store)
    assert mode(path.parent) == 0o700
    assert {mode(file) for file in path.parent.iterdir()} == {0o600}
    assert len(list(path.parent.iterdir())) == 3  # the file, its log and the log's index
    store.close()


def test_an_open_folder_is_closed_to_others(tmp_path: Path):
    folder = tmp_path / "var"
    folder.mkdir(mode=0o755)
    SqliteStore(folder / "wppmt.sqlite").close()
    assert mode(folder) == 0o700


def test_a_readable_file_is_refused(tmp_path: Path):
    path = tmp_path / "wppmt.sqlite"
    SqliteStore(path).close()
    path.chmod(0o644)
    with pytest.raises(SetupError, match="chmod 600"):
        SqliteStore(path)


def test_a_symbolic_link_is_refused(tmp_path: Path):
    (tmp_path / "elsewhere").touch(mode=0o600)
    (tmp_path / "wppmt.sqlite").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SetupError):
        SqliteStore(tmp_path / "wppmt.sqlite")


def test_a_folder_that_cannot_be_used_is_reported(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match="WPP_STATE_DIR"):
        SqliteStore(tmp_path / "file" / "wppmt.sqlite")


def test_a_newer_schema_is_refused(tmp_path: Path):
    path = tmp_path / "wppmt.sqlite"
    SqliteStore(path).close()
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE compatibility")
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(SetupError, match="mais nova"):
        SqliteStore(path)


def newer(path: Path, oldest_reader: int) -> None:
    """As a later version leaves it."""
    SqliteStore(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE of_later (text TEXT); ALTER TABLE journal ADD COLUMN later TEXT NOT NULL DEFAULT ''"
        )
        connection.execute("UPDATE compatibility SET oldest_reader = ?", (oldest_reader,))
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
        connection.commit()


def test_a_newer_schema_that_this_version_can_work_with_is_left_as_it_is(tmp_path: Path):
    path = tmp_path / "wppmt.sqlite"
    newer(path, VERSION)
    with closing(SqliteStore(path)) as store:
        with store.transaction() as transaction:
            transaction.save(SessionRecord("a", 1.0))
        assert [session.id for session in store.sessions()] == ["a"]
    assert form(path) == Form(VERSION + 1, VERSION)


def test_a_newer_schema_that_dropped_what_this_version_needs_is_refused(tmp_path: Path):
    path = tmp_path / "wppmt.sqlite"
    newer(path, VERSION + 1)
    with pytest.raises(SetupError, match="mais nova"):
        SqliteStore(path)
    assert form(path) == Form(VERSION + 1, VERSION + 1)


def test_looking_at_the_form_makes_no_database(tmp_path: Path):
    assert form(tmp_path / "none.sqlite") is None
    assert not list(tmp_path.iterdir())


def shape(connection: sqlite3.Connection) -> dict[str, dict[str, tuple[object, ...]]]:
    """Every table's columns, and what reacts to a change of its rows."""
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {
        table: {column[1]: tuple(column[2:]) for column in connection.execute(f"PRAGMA table_info({table})")}
        for table in tables
    }
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    return found | {"triggers": {name: (sql,) for name, sql in triggers}}


def test_what_the_oldest_release_that_may_work_with_it_knew_is_still_there(tmp_path: Path):
    """Else whoever goes back to that release loses events: see OLDEST_READER."""
    with closing(sqlite3.connect(tmp_path / "any.sqlite")) as connection:
        connection.executescript("".join(STEPS[:OLDEST_READER]))
        before = shape(connection)
        connection.executescript("".join(STEPS[OLDEST_READER:]))
        after = shape(connection)
    for table, columns in before.items():
        assert columns.items() <= after[table].items(), table
        for name in after[table].keys() - columns.keys():
            kind, not_null, default, _ = after[table][name]
            assert table != "triggers"
            assert not not_null or default is not None, (table, name, kind)


def test_a_reason_of_a_later_version_is_read_as_one_of_ours():
    text = rows.dump_session(SessionRecord("a", 1.0)).replace('"STOPPED"', '"OF_A_LATER_VERSION"')
    assert rows.load_session(text).reason is Reason.DAEMON_RESTARTED


def test_an_older_schema_is_brought_up_to_date_with_what_it_holds(tmp_path: Path):
    path = tmp_path / "wppmt.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(STEPS[0] + "PRAGMA user_version = 1;")
    connection.executescript(
        "INSERT INTO tallies (session_id, sequence) VALUES ('a', 1);"
        "INSERT INTO events VALUES (1, 'evt_1', 'a', 1, 'error', 5.0, '{}');"
        "INSERT INTO deliveries (event, session_id, name, endpoint, next_at, state)"
        " VALUES (1, 'a', 'error', 'http://x.test/', 5.0, 'pending');"
        "INSERT INTO secrets VALUES ('a', 'whsec_2', 'whsec_1', 86400.5), ('b', 'whsec_3', '', 0.0);"
    )
    connection.close()
    path.chmod(0o600)
    store = SqliteStore(path)
    assert store.webhook_counts("a") == WebhookCounts(pending=1)
    assert [trimmed.dead_lettered for trimmed in store.trim(0, 9.0)] == [1]
    assert record(store).sequence == 2
    assert store.secrets("a") == SigningSecrets("whsec_2", (("whsec_1", 86_400.5),))
    assert store.secrets("b") == SigningSecrets("whsec_3")
    store.close()


def test_what_is_no_database_is_reported(tmp_path: Path):
    path = tmp_path / "wppmt.sqlite"
    path.write_bytes(b"not a database" * 1000)
    path.chmod(0o600)
    with pytest.raises(SetupError, match="não pode ser aberto"):
        SqliteStore(path)


def test_commits_are_durable_and_logged_ahead(tmp_path: Path):
    database = Database(tmp_path / "x.sqlite")
    with database.write() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL
    database.close()


def test_outcomes_do_not_wait_for_the_disk_and_the_next_commit_does(tmp_path: Path):
    database = Database(tmp_path / "x.sqlite")
    for durable, synchronous in ((False, 1), (True, 2), (False, 1)):
        with database.write(durable=durable) as connection:
            assert connection.execute("PRAGMA synchronous").fetchone()[0] == synchronous
    database.close()


def test_what_was_committed_is_counted_and_what_was_rolled_back_is_not(tmp_path: Path):
    counted: list[Occurrence] = []
    database = Database(tmp_path / "x.sqlite", count=counted.append)
    with database.write():
        pass
    with pytest.raises(RuntimeError, match="no"), database.write():
        raise RuntimeError("no")
    [committed] = counted
    assert isinstance(committed, Committed)
    assert committed.seconds >= 0
    database.close()


def test_a_closed_store_stays_closed(tmp_path: Path):
    store = SqliteStore(tmp_path / "wppmt.sqlite")
    store.close()
    with pytest.raises(StoreUnavailable):
        store.sessions()
    with pytest.raises(StoreUnavailable):
        record(store)
    store.close()


def test_a_mistake_of_ours_is_no_store_trouble(tmp_path: Path):
    database = Database(tmp_path / "x.sqlite")
    with pytest.raises(sqlite3.OperationalError):
        database.read("SELECT * FROM nothing")
    database.close()


@pytest.mark.slow
def test_a_slow_read_does_not_hold_back_a_commit(tmp_path: Path):
    database = Database(tmp_path / "x.sqlite")
    finished = threading.Event()
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000000) SELECT max(x) FROM n"

    def read() -> None:
        database.read(endless)
        finished.set()

    reader = threading.Thread(target=read, daemon=True)
    database.read("SELECT 1")
    reader.start()
    with database.write() as connection:
        connection.execute("INSERT INTO secrets VALUES ('a', 'x', '[]')")
    assert not finished.is_set()
    reader.join()
    database.close()


@pytest.mark.slow
def test_kill_9_loses_no_acknowledged_commit(tmp_path: Path):
    path = tmp_path / "wppmt.sqlite"
    pick = random.Random(7)
    acknowledged = 0
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.store.crashing", path],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        for _ in range(pick.randrange(1, 60)):
            acknowledged = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        acknowledged = max([acknowledged, *map(int, process.stdout.read().split())])
        process.wait()
        process.stdout.close()
        acknowledged = check_after_crash(path, acknowledged)


def check_after_crash(path: Path, acknowledged: int) -> int:
    """How many commits there are: all that were acknowledged, at most one more, none by halves."""
    store = SqliteStore(path)
    events = store.events_after("a", 0, 100_000)
    session = store.session("a")
    assert session
    assert acknowledged <= len(events) <= acknowledged + 1
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert [json.loads(event.body)["n"] for event in events] == list(range(1, len(events) + 1))
    assert session.messages_received == len(events)
    assert store.webhook_counts() == WebhookCounts(pending=len(events))
    with store.transaction() as transaction:
        assert not transaction.remember_received("a", f"m{len(events)}", 1.0)
    store.close()
    return len(events)


FULL_DISK = textwrap.dedent("""
    import resource, signal, sys
    from pathlib import Path
    from tests.store.drafts import draft, record
    from wppmt.store.port import StoreUnavailable
    from wppmt.store.sqlite.store import SqliteStore

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    store = SqliteStore(Path(sys.argv[1]))
    committed = record(store).sequence
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    refused = 0
    for full in (True, False, True, False):
        size = Path(sys.argv[1] + "-wal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 9000 if full else hard, hard))
        for _ in range(50):
            try:
                assert record(store).sequence == committed + 1
                committed += 1
            except StoreUnavailable:
                assert full
                refused += 1
            assert len(store.events_after("a", 0, 1000)) == committed
    print(committed, refused)
""")


@pytest.mark.slow
def test_a_full_disk_refuses_commits_until_it_is_free_again(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path / "wppmt.sqlite"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    committed, refused = map(int, done.stdout.split())
    assert committed >= 101
    assert refused >= 80
    store = SqliteStore(tmp_path / "wppmt.sqlite")
    assert [e.sequence for e in store.events_after("a", 0, 1000)] == list(range(1, committed + 1))
    store.close()


def test_a_database_locked_by_another_process_is_store_trouble(tmp_path: Path):
    path = tmp_path / "wppmt.sqlite"
    store = SqliteStore(path, busy_milliseconds=20)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable):
        record(store)
    other.execute("ROLLBACK")
    other.close()
    assert record(store, "a", draft()).sequence == 1
    store.close()


def test_who_was_replaced_while_it_waited_to_write_changes_nothing(tmp_path: Path):
    store = SqliteStore(tmp_path / "wppmt.sqlite")
    may_write, refused = threading.Event(), threading.Event()
    may_write.set()

    def write_late() -> None:
        try:
            with fenced(may_write.is_set), store.transaction() as transaction:
                transaction.record("a", draft())
        except Fenced:
            refused.set()

    with fenced(lambda: True), store.transaction() as transaction:
        late = threading.Thread(target=write_late)
        late.start()
        may_write.clear()
        event = transaction.record("a", draft())
    late.join(5)
    assert refused.is_set()
    assert store.events_after("a", 0, 9) == [event]
    with store.transaction() as transaction:
        transaction.record("a", draft())
    assert len(store.events_after("a", 0, 9)) == 2
    store.close()
