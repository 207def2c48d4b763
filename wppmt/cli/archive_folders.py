"""Backup and restore where no daemon runs: on its folders, locked as it would lock them, and in its audit trail."""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

from wppmt.app import archives, host
from wppmt.app.archives import Surroundings
from wppmt.app.settings import Settings
from wppmt.archive.arrival import sweep
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
        record, before = self._store.session(session_id), self._where.logins.newest_copy(session_id)
        path = self._where.back_up(record, session_id, before, folder, time.time())
        self._note(Action.BACK_UP, session_id)
        return path

    def restore(self, archive: BinaryIO) -> str:
        """The session's id."""
        session_id = self._where.restore(archive)
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
