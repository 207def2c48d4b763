"""One SQLite file: opened safely, brought to the current schema, written by one connection and read by another."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from wppmt.domain.errors import SetupError
from wppmt.domain.occurrences import Committed, Count, uncounted
from wppmt.domain.system_errors import explain
from wppmt.store import fencing
from wppmt.store.port import StoreUnavailable
from wppmt.store.sqlite import peek
from wppmt.store.sqlite.schema import COMPATIBLE, STEPS, VERSION

BUSY_MILLISECONDS = 5000
CACHE_KIB = 8192
LOG_BYTES = 64 * 1024 * 1024
"""How much disk the write-ahead log may keep after a large transaction."""

_OUT_OF_ORDER = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)
"""Primary result codes that are about the disk, not about our SQL."""


class Database:
    """Thread-safe. Writers wait for each other only; a slow read never holds back a commit."""

    def __init__(
        self, path: Path, busy_milliseconds: int = BUSY_MILLISECONDS, count: Count = uncounted
    ) -> None:
        self._path = path
        self._busy_milliseconds = busy_milliseconds
        self._count = count
        self._writing = threading.RLock()
        self._reading = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._is_closed = False
        _prepare_files(path)
        try:
            with self._writing:
                migrate(self._open_writer(), path)
        except sqlite3.Error as failure:
            self.close()
            why = getattr(failure, "sqlite_errorname", type(failure).__name__)
            raise SetupError(
                f"O banco de dados {path} não pode ser aberto ({why}). Verifique o dono e o modo dos arquivos e o espaço em"
                " disco; se estiver corrompido, restaure o backup"
            ) from failure
        except SetupError:
            self.close()
            raise

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """One transaction: durable when the block ends, rolled back whatever else ends it. Cannot be nested.

        Without `durable` it does not wait for the disk: it survives the end of the process, but a power cut may undo it.
        Raises Fenced for a writer that has been replaced.
        """
        with self._writing:
            fencing.check()
            with _translated():
                connection = self._open_writer()
            if connection.in_transaction:
                raise RuntimeError("a transaction within a transaction")
            try:
                with _translated():
                    connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                    connection.execute("BEGIN IMMEDIATE")
                    yield connection
                    began = perf_counter()
                    connection.execute("COMMIT")
                    self._count(Committed(perf_counter() - began))
            except BaseException:
                self._roll_back(connection)
                raise

    def read(self, sql: str, parameters: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Rows as of the last commit."""
        with self._reading, _translated():
            if self._reader is None:
                self._reader = self._connect()
                self._reader.execute("PRAGMA query_only = ON")
            return self._reader.execute(sql, parameters).fetchall()

    def close(self) -> None:
        """Let go of the file; the last connection folds the write-ahead log into it."""
        with self._writing, self._reading:
            self._is_closed = True
            for connection in (self._reader, self._writer):
                if connection is not None:
                    connection.close()
            self._reader = self._writer = None

    def _open_writer(self) -> sqlite3.Connection:
        if self._writer is None:
            self._writer = self._connect()
        return self._writer

    def _connect(self) -> sqlite3.Connection:
        if self._is_closed:
            raise StoreUnavailable("closed")
        connection = sqlite3.connect(
            self._path,
            timeout=self._busy_milliseconds / 1000,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # Where a page is written in any case, what was deleted from it is overwritten.
        connection.execute("PRAGMA secure_delete = FAST")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
        return connection

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        """Roll back; a connection that can't is closed, and SQLite's recovery rolls back when the file is opened again."""
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            connection.close()
            self._writer = None


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as failure:
        code = getattr(failure, "sqlite_errorcode", None)
        if code is None or code & 0xFF not in _OUT_OF_ORDER:
            raise
        raise StoreUnavailable(str(failure)) from failure


def _prepare_files(path: Path) -> None:
    """Other users must not read customers' messages: folder 0700, file 0600 (-wal and -shm inherit that)."""
    folder = path.parent
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(folder.stat().st_mode) & 0o077:
            folder.chmod(0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as failure:
        raise SetupError(
            f"A pasta {folder} não pode ser usada: {explain(failure)}. Corrija a permissão ou mude WPP_STATE_DIR"
        ) from None
    if mode & 0o077:
        raise SetupError(f"Outros usuários podem ler {path}. Corrija com: chmod 600 {path}")


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the database to the current schema, from whichever before; an empty one, too.

    A newer form is left as it is where it says that this code can work with it. Raises SetupError, sqlite3.Error.
    """
    found = peek.read(connection)
    if found.version > VERSION:
        if found.oldest_reader > VERSION:
            raise SetupError(
                f"O banco {path} é de uma versão mais nova do wppmt (esquema {found.version}, este conhece {VERSION}). "
                "Atualize o wppmt ou restaure um backup"
            )
        return
    for number, step in enumerate(STEPS[found.version :], start=found.version + 1):
        # Its last statement before COMMIT: whoever sees the new form sees, too, who can work with it.
        compatible = COMPATIBLE if number == VERSION else ""
        connection.executescript(
            f"BEGIN IMMEDIATE; {step} {compatible} PRAGMA user_version = {number}; COMMIT;"
        )
