"""A session's rows as a database of their own, of the same schema: an older one is brought up to date by the same steps.

Connections of its own, as beside a daemon: the store's are the daemon's. Raises sqlite3.Error besides what is said.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from wppmt.archive.refusal import ArchiveRefused, Why, forged
from wppmt.archive.row_checks import require_one, require_schema, sequence_of
from wppmt.archive.tables import CARRIED, NUMBERED, OF_EVENTS
from wppmt.domain.errors import SetupError
from wppmt.store.records import SessionRecord
from wppmt.store.sqlite import peek
from wppmt.store.sqlite.database import Database, migrate
from wppmt.store.sqlite.event_numbers import NEWEST
from wppmt.store.sqlite.forgetting import clear
from wppmt.store.sqlite.rows import dump_session, load_session
from wppmt.store.sqlite.schema import VERSION

BUSY_SECONDS = 10.0


def extract(database: Path, session_id: str, to: Path) -> tuple[SessionRecord, int]:
    """Copy the session's rows, as of one moment, into the new file `to`: its record, and its newest event's sequence.

    Raises ArchiveRefused for a session that is not there, or a database that another version has made.
    """
    if not database.exists():
        raise ArchiveRefused(Why.NO_SESSION, f"Não há dados em {database.parent} (WPP_STATE_DIR)")
    os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(_connect(to)) as connection:
        migrate(connection, to)
        _attach(connection, database, "source")
        _require_form(connection)
        with _transaction(connection, "BEGIN"):
            for table, owner in CARRIED.items():
                columns = ", ".join(_columns(connection, table))
                connection.execute(
                    f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM source.{table} WHERE {owner} = ?",  # noqa: S608
                    (session_id,),
                )
            return _record(connection, session_id), sequence_of(connection)


def bring_up(rows: Path, session_id: str, named_version: int) -> None:
    """Check what arrived, and make it of our own schema. Raises ArchiveRefused for what is newer, or not ours alone."""
    with _as_forged(), closing(_connect(rows)) as connection:
        connection.execute("PRAGMA cell_size_check = ON")
        form = peek.read(connection)
        if form.version > VERSION:
            text = f"Os dados são de um esquema mais novo ({form.version}; este wppmt conhece {VERSION}): atualize este"
            raise ArchiveRefused(Why.NEWER, text)
        if form.version != named_version:
            raise forged("esquema diferente do que diz o manifesto")
        # Before anything of it runs: a trigger or a view would be code.
        require_schema(connection, form.version)
        migrate(connection, rows)
        [[verdict]] = connection.execute("PRAGMA quick_check(1)")
        if verdict != "ok":
            raise forged("banco de dados danificado")
        require_one(connection, session_id)


def outgoing(rows: Path) -> dict[int, str]:
    """The files that unfinished messages name, by the message's number in these rows."""
    with closing(_connect(rows)) as connection:
        found = connection.execute(
            "SELECT number, payload ->> 'path' FROM journal WHERE handover IN ('accepted', 'handed')"
            " AND payload ->> 'path' != ''"
        )
        return {number: str(path) for number, path in found}


def move_outgoing(rows: Path, paths: Mapping[int, Path]) -> None:
    """Those messages find their files there."""
    with closing(_connect(rows)) as connection, _transaction(connection, "BEGIN"):
        connection.executemany(
            "UPDATE journal SET payload = json_set(payload, '$.path', ?) WHERE number = ?",
            [(str(path), number) for number, path in paths.items()],
        )


def exists(database: Path, session_id: str) -> bool:
    if not database.exists():
        return False
    with closing(_connect(database)) as connection:
        _require_known(peek.read(connection))
        return bool(connection.execute("SELECT 1 FROM sessions WHERE id = ?", (session_id,)).fetchone())


def admit(rows: Path, database: Path, session_id: str) -> None:
    """In one commit: all rows, or none. `rows` has been brought up. Raises ArchiveRefused where the session exists."""
    # Made, private and of our schema, where there is none yet.
    Database(database).close()
    with closing(_connect(database)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        _attach(connection, rows, "arrived")
        try:
            with _transaction(connection, "BEGIN IMMEDIATE"):
                _require_absent(connection, session_id)
                clear(connection, session_id)
                _admit_all(connection)
                _settle_in(connection, session_id)
        except sqlite3.IntegrityError:
            raise forged("linhas que já são de outra sessão daqui") from None


def _admit_all(connection: sqlite3.Connection) -> None:
    [[newest]] = connection.execute(NEWEST)
    for table in (
        "events",
        *(name for name in CARRIED if name not in {"events", "deliveries"}),
        "deliveries",
    ):
        connection.execute(_admission(connection, table), {"newest": newest} if table == "events" else {})


def _admission(connection: sqlite3.Connection, table: str) -> str:
    """How the rows of a table come in: the numbers of events and of what is theirs are the ones they get here."""
    columns = [name for name in _columns(connection, table) if name != NUMBERED.get(table)]
    listed = ", ".join(columns)
    if table == "events":
        renumbered = ":newest + row_number() OVER (ORDER BY number)"
        values = ", ".join(renumbered if name == "number" else name for name in columns)
        return f"INSERT INTO main.events ({listed}) SELECT {values} FROM arrived.events ORDER BY number"  # noqa: S608
    if table in OF_EVENTS:
        values = ", ".join("here.number" if name == "event" else f"moved.{name}" for name in columns)
        return (
            f"INSERT INTO main.{table} ({listed}) SELECT {values} FROM arrived.{table} AS moved"  # noqa: S608
            " JOIN arrived.events AS there ON there.number = moved.event JOIN main.events AS here ON here.id = there.id"
            " ORDER BY moved.number"
        )
    if table == "tallies":
        # What waits is counted by a trigger, as it comes in.
        return (
            "INSERT INTO main.tallies (session_id, sequence) SELECT session_id, sequence FROM arrived.tallies"
        )
    order = f" ORDER BY {NUMBERED[table]}" if table in NUMBERED else ""
    return f"INSERT INTO main.{table} ({listed}) SELECT {listed} FROM arrived.{table}{order}"  # noqa: S608


def _settle_in(connection: sqlite3.Connection, session_id: str) -> None:
    """No browser of it runs here, and its page is none that we ever heard of."""
    record = replace(_record(connection, session_id), process=None, page="", page_event=0)
    connection.execute("UPDATE sessions SET record = ? WHERE id = ?", (dump_session(record), session_id))


def _record(connection: sqlite3.Connection, session_id: str) -> SessionRecord:
    row = connection.execute("SELECT record FROM main.sessions WHERE id = ?", (session_id,)).fetchone()
    if row is None:
        raise ArchiveRefused(Why.NO_SESSION, f"A sessão {session_id} não existe")
    return load_session(row[0])


def _require_absent(connection: sqlite3.Connection, session_id: str) -> None:
    if connection.execute("SELECT 1 FROM main.sessions WHERE id = ?", (session_id,)).fetchone():
        raise ArchiveRefused(Why.EXISTS, f"A sessão {session_id} já existe aqui")


def _require_form(connection: sqlite3.Connection) -> None:
    [[version]] = connection.execute("PRAGMA source.user_version")
    if version < VERSION:
        text = "Os dados são de uma versão anterior do wppmt: inicie antes o serviço com esta"
        raise ArchiveRefused(Why.NO_SESSION, text)
    if version > VERSION:
        [[oldest]] = connection.execute("SELECT oldest_reader FROM source.compatibility")
        _require_known(peek.Form(version, oldest))


def _require_known(form: peek.Form) -> None:
    if form.oldest_reader > VERSION:
        raise ArchiveRefused(
            Why.NEWER, "O banco daqui é de uma versão mais nova do wppmt: use o comando dela"
        )


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    found = connection.execute("SELECT name FROM pragma_table_info(?, 'main')", (table,))
    return [name for [name] in found]


def _connect(path: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _attach(connection: sqlite3.Connection, path: Path, name: str) -> None:
    connection.execute("ATTACH ? AS " + name, (str(path),))


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # A full disk has rolled back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _as_forged() -> Iterator[None]:
    """What SQLite or we cannot read of rows that arrived."""
    try:
        yield
    except (sqlite3.DatabaseError, SetupError, ValueError, KeyError, TypeError) as failure:
        raise forged(f"banco de dados que não se pode ler ({type(failure).__name__})") from None
