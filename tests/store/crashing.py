"""A process for test_database.py: commits without end, and says so after each, until it is killed."""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path

from wppmt.store.records import EventDraft, SessionRecord
from wppmt.store.sqlite.store import SqliteStore


def main() -> None:
    store = SqliteStore(Path(sys.argv[1]))
    known = store.session("a")
    for number in count(known.messages_received + 1 if known else 1):
        with store.transaction() as transaction:
            transaction.save(SessionRecord("a", 1.0, messages_received=number))
            transaction.remember_received("a", f"m{number}", 1.0)
            draft = EventDraft(f"evt_{number}", "message_received", 1.0, {"n": number}, "http://x.test/")
            event = transaction.record("a", draft)
        sys.stdout.write(f"{event.sequence}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
