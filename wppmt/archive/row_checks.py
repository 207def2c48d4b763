"""Whether rows that arrived are those of one session, in tables of our own, and nothing else."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from wppmt.archive.refusal import forged
from wppmt.archive.tables import CARRIED, LEFT
from wppmt.store.sqlite.rows import load_session
from wppmt.store.sqlite.schema import STEPS


def sequence_of(connection: sqlite3.Connection) -> int:
    """Of the session's newest event."""
    row = connection.execute("SELECT sequence FROM main.tallies").fetchone()
    return int(row[0]) if row else 0


def require_schema(connection: sqlite3.Connection, version: int) -> None:
    """The tables, indexes and triggers of that version, and nothing else."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as ours:
        for step in STEPS[:version]:
            ours.executescript(step)
        if _objects(connection) != _objects(ours):
            raise forged("tabelas ou gatilhos que não são do wppmt")


def _objects(connection: sqlite3.Connection) -> set[tuple[str, str, str]]:
    """Kind, name and form of each. Of a table its columns: SQLite writes anew what it was made by, and not always alike."""
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    return {
        (kind, name, _form(connection, name) if str(sql).startswith("CREATE TABLE") else f"{table} {sql}")
        for kind, name, table, sql in rows
    }


def _form(connection: sqlite3.Connection, table: str) -> str:
    rows = connection.execute(
        "SELECT name, type, hidden, pk, dflt_value FROM pragma_table_xinfo(?)", (table,)
    )
    return repr(rows.fetchall())


def require_one(connection: sqlite3.Connection, session_id: str) -> None:
    """All rows are of the session that the manifest names, and their numbers hang together."""
    for table, owner in CARRIED.items():
        foreign = connection.execute(f"SELECT 1 FROM {table} WHERE {owner} IS NOT ? LIMIT 1", (session_id,))  # noqa: S608
        if foreign.fetchone():
            raise forged(f"linhas de outra sessão ({table})")
    for table in LEFT - {"event_numbers", "compatibility"}:
        if connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():  # noqa: S608
            raise forged(f"linhas que não são da sessão ({table})")
    [[record]] = connection.execute(
        "SELECT record FROM sessions WHERE json_type(record) = 'object'"
    ).fetchall()
    named = {load_session(record).id}
    named |= {
        found
        for [found] in connection.execute("SELECT DISTINCT CAST(body AS TEXT) ->> 'sessionId' FROM events")
    }
    if named != {session_id}:
        raise forged("linhas de outra sessão")
    if connection.execute("SELECT 1 FROM journal WHERE NOT json_valid(payload)").fetchone():
        raise forged("mensagem que não se pode ler")
    [[newest]] = connection.execute("SELECT coalesce(max(sequence), 0) FROM events")
    if newest > sequence_of(connection):
        raise forged("sequence menor que a do último evento")
