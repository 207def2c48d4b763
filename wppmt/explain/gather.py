"""Reads from store and log what an explanation is made of. Blocks; raises StoreUnavailable."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from wppmt.domain.message_ids import parse_message_id
from wppmt.explain.material import TOLD_EVENTS, Deliveries, Logged, MessageMaterial, SessionMaterial
from wppmt.explain.words import body_of
from wppmt.store.port import Store
from wppmt.store.records import EventRecord, SessionRecord

MOST_ROWS = 500
"""Of each kind."""

ReadLog = Callable[[str, float], Sequence[Logged]]
"""What the log says of a session since an epoch second, in order; nothing where it cannot be read."""


def of_session(
    store: Store, logged: ReadLog, record: SessionRecord, since: float, now: float
) -> SessionMaterial:
    troubled = store.troubled(record.id, since, MOST_ROWS)
    return SessionMaterial(
        record=record,
        now=now,
        events=store.events_named(record.id, TOLD_EVENTS, since, MOST_ROWS),
        audit=store.last_audit_entries(MOST_ROWS, (record.id,), since),
        failed=store.failed(record.id, since, MOST_ROWS),
        deliveries=_deliveries(store, record.id, troubled),
        logged=logged(record.id, since),
    )


def of_message(
    store: Store, logged: ReadLog, record: SessionRecord, message_id: str, now: float
) -> MessageMaterial | None:
    """By its short or its whole id; None: nothing is known of it."""
    short = parse_message_id(message_id).id
    if not short:
        return None
    entry = store.message(record.id, short)
    # As the log writes them: a text in which the id stands is not even looked at.
    said = json.dumps(short, ensure_ascii=False)
    found = store.events_with(record.id, (f'"id":{said}', f'"messageId":{said}'))
    events = [event for event in found if _tells_of(event, short)][-MOST_ROWS:]
    if entry is None and not events:
        return None
    around = store.events_named(record.id, TOLD_EVENTS, entry.accepted_at, MOST_ROWS) if entry else ()
    deliveries = _deliveries(store, record.id, [event.id for event in events])
    lines = logged(record.id, entry.accepted_at) if entry else ()
    return MessageMaterial(record, now, entry, events, around, deliveries, lines)


def _deliveries(store: Store, session_id: str, event_ids: Sequence[str]) -> Deliveries:
    return Deliveries(store.attempts_of(session_id, event_ids), store.delivery_states(session_id, event_ids))


def _tells_of(event: EventRecord, short: str) -> bool:
    """Not a message that only quotes it, or in whose text the id happens to stand."""
    body = body_of(event)
    message = body.get("message")
    ids = (body.get("messageId"), message.get("id") if isinstance(message, dict) else None)
    return any(isinstance(said, str) and parse_message_id(said).id == short for said in ids)
