"""What a command notes in the database of a daemon that goes on meanwhile, or does not run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from wppmt.store.operator_records import AuditEntry
from wppmt.store.sqlite import peek
from wppmt.store.sqlite.operator_rows import save_audit

BUSY_SECONDS = 10.0


def audit(path: Path, entry: AuditEntry) -> bool:
    """False: there is no database yet, or one of another version's form. As its owner. Raises sqlite3.Error."""
    if peek.form(path) != peek.THIS:
        return False
    beside = sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=BUSY_SECONDS)
    with closing(beside) as connection, connection:
        save_audit(connection, entry)
    return True
