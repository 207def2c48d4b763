"""Short ways to put events into a store."""

from __future__ import annotations

from itertools import count

from wppmt.store.outbox_records import Lane
from wppmt.store.port import Store
from wppmt.store.records import EventDraft, EventRecord

ENDPOINT = "http://turbozap.test/webhook"
LANE = Lane(ENDPOINT, "a")
_numbers = count(1)


def draft(name: str = "message_received", at: float = 100.0, endpoint: str | None = ENDPOINT) -> EventDraft:
    return EventDraft(f"evt_{next(_numbers):026d}", name, at, {"message": {"body": "olá"}}, endpoint)


def record(store: Store, session_id: str = "a", draft_: EventDraft | None = None) -> EventRecord:
    with store.transaction() as transaction:
        return transaction.record(session_id, draft_ or draft())
