"""Backup and restore where no daemon runs: on its folders, locked as it would lock them, and in its audit trail."""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO

from wppmt.app import archives, host
from wppmt.app.archives import Surroundings
from wppmt.app.settings import Settings
from wppmt.archive.arrival import check_archive, read_archive, sweep
from wppmt.archive.writing import write_archive
from wppmt.cli.errors import CommandFailed
from wppmt.domain.actions import Action
from wppmt.domain.errors import SetupError
from wppmt.store.operator_records import AuditEntry
from wppmt.store.sqlite.store import SqliteStore


class Folders:
    """Nobody else works on them within `locked`. What goes wrong is ArchiveRefused, OSError, sqlite3.Error, StoreUnavailable."""

    def __init__(self, where: Surroundings, store: SqliteStore) -> None:
        self._where = where
        self._store = store

    def session_ids(self) -> list[str]:
        return sorted(record.id for record in self._store.sessions())

    def back_up(self, session_id: str, folder: Path) -> Path:
        """The archive."""
        where, record, key = self._where, self._store.session(session_id), self._where.key()
        before = where.logins.newest_copy(session_id)
        has_login = record is not None and record.has_login
        with where.logins.of(session_id, before) if has_login else nullcontext() as login:
            path, _ = write_archive(where.place, session_id, login, folder, key, time.time())
        with path.open("rb") as file:
            check_archive(file, key)
        self._note(Action.BACK_UP, session_id)
        return path

    def restore(self, archive: BinaryIO) -> str:
        """The session's id."""
        where = self._where
        with read_archive(archive, where.key(), where.place, where.chrome()) as arrival:
            arrival.install()
        session_id = arrival.manifest.session_id
        self._note(Action.TAKE_IN, session_id)
        return session_id

    def _note(self, action: Action, session_id: str) -> None:
        with self._store.transaction() as transaction:
            transaction.audit(AuditEntry(time.time(), action, getpass.getuser(), session_id=session_id))


@contextmanager
def locked(settings: Settings) -> Iterator[Folders]:
    """Raises CommandFailed where a daemon has just begun to work on them."""
    where, store = archives.surroundings(settings), settings.store
    try:
        with (
            host.only_one(store.state_dir, store.tokens_dir, simulated=settings.simulator.used),
            closing(SqliteStore(where.place.database)) as opened,
        ):
            sweep(where.place, where.backups)
            yield Folders(where, opened)
    except SetupError as refusal:
        raise CommandFailed(str(refusal)) from None
