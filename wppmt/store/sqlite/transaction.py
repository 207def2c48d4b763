"""What is written in one transaction of the store in SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from wppmt.domain.alerts import Alert
from wppmt.domain.states import State
from wppmt.store.move_records import Departure, DepartureState, Incoming
from wppmt.store.operator_records import ApiKey, AuditEntry
from wppmt.store.outbox_records import DeliveryState, Lane, SigningSecrets
from wppmt.store.records import EventDraft, EventRecord, JournalEntry, PairingLink, SessionRecord
from wppmt.store.sqlite import moves
from wppmt.store.sqlite.event_numbers import ADD_EVENT
from wppmt.store.sqlite.forgetting import clear, forget
from wppmt.store.sqlite.operator_rows import save_api_key, save_audit
from wppmt.store.sqlite.rows import (
    dump_entry,
    dump_session,
    erased_key,
)
from wppmt.store.sqlite.watch import SAVE_ALERT, dump_alert
from wppmt.webhook.envelope import envelope


class SqliteTransaction:
    """Within `SqliteStore.transaction()`."""

    def __init__(self, connection: sqlite3.Connection, step: int) -> None:
        self._connection = connection
        self._execute = connection.execute
        self._step = step
        self.recorded: set[str] = set()
        """Sessions that get a new event."""

    def save(self, record: SessionRecord) -> None:
        self._execute(
            "INSERT INTO sessions (id, created_at, desired, record) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE"
            " SET created_at = excluded.created_at, desired = excluded.desired, record = excluded.record",
            (record.id, record.created_at, record.desired, dump_session(record)),
        )

    def record(self, session_id: str, draft: EventDraft) -> EventRecord:
        [sequence] = self._execute(
            "INSERT INTO tallies (session_id, sequence) VALUES (?, 1)"
            " ON CONFLICT (session_id) DO UPDATE SET sequence = sequence + 1 RETURNING sequence",
            (session_id,),
        ).fetchone()
        if sequence == 1:
            clear(self._connection, session_id)
        body = envelope(draft.name, session_id, draft.at, draft.payload, event_id=draft.id, sequence=sequence)
        number = self._execute(
            ADD_EVENT,
            (draft.id, session_id, sequence, draft.name, draft.at, body),
        ).lastrowid
        self.recorded.add(session_id)
        event = EventRecord(draft.id, session_id, sequence, draft.name, draft.at, body)
        if _ends_codes(draft):
            # One by one: each state has its own partial index.
            for state in (DeliveryState.PENDING, DeliveryState.DEAD):
                self._execute(
                    f"DELETE FROM deliveries WHERE session_id = ? AND state = '{state}' AND name = 'qr_code'",  # noqa: S608
                    (session_id,),
                )
        if draft.endpoint:
            self._deliver(number, event, draft.endpoint)
        return event

    def _deliver(self, number: int | None, event: EventRecord, endpoint: str) -> None:
        stopped = self._execute(
            "SELECT error FROM stopped_lanes WHERE session_id = ? AND endpoint = ?",
            (event.session_id, endpoint),
        ).fetchone()
        state = DeliveryState.DEAD if stopped else DeliveryState.PENDING
        self._execute(
            "INSERT INTO deliveries (event, session_id, name, endpoint, next_at, state, last_error)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (number, event.session_id, event.name, endpoint, event.at, state, stopped[0] if stopped else ""),
        )

    def journal(self, entry: JournalEntry) -> None:
        self._execute(
            "INSERT INTO journal"
            " (session_id, id, recipient, kind, payload, handover, ack, accepted_at, handed_at, acked_at,"
            " failure, key, fingerprint, reference, contact) VALUES"
            " (:session_id, :id, :recipient, :kind, :payload, :handover, :ack, :accepted_at, :handed_at, :acked_at,"
            " :failure, :key, :fingerprint, :reference, :contact)"
            " ON CONFLICT (session_id, id) DO UPDATE SET"
            " recipient = excluded.recipient, kind = excluded.kind, payload = excluded.payload,"
            " handover = excluded.handover, ack = excluded.ack, accepted_at = excluded.accepted_at,"
            " handed_at = excluded.handed_at, acked_at = excluded.acked_at, failure = excluded.failure,"
            " key = excluded.key, contact = excluded.contact",
            dump_entry(entry),
        )

    def remember_received(self, session_id: str, message_id: str, at: float) -> bool:
        added = self._execute(
            "INSERT INTO received (session_id, message_id, at) SELECT ?1, ?2, ?3 WHERE NOT EXISTS"
            " (SELECT 1 FROM received WHERE session_id = ?1 AND message_id = ?4) ON CONFLICT DO NOTHING",
            (session_id, message_id, at, erased_key(message_id)),
        )
        return added.rowcount == 1

    def chat_key(self, session_id: str, names: Sequence[str]) -> str:
        of_names = ", ".join("?" * len(names))
        known = dict(
            self._execute(
                f"SELECT name, key FROM chat_names WHERE session_id = ? AND name IN ({of_names})",  # noqa: S608
                (session_id, *names),
            )
        )
        key: str = next((known[name] for name in names if name in known), names[0])
        for name in names:
            if name not in known:
                self._execute(
                    "INSERT INTO chat_names (session_id, name, key) VALUES (?, ?, ?)", (session_id, name, key)
                )
        return key

    def want_media(self, session_id: str, message_id: str, at: float) -> None:
        self._execute(
            "INSERT OR IGNORE INTO wanted_media (session_id, message_id, at) VALUES (?, ?, ?)",
            (session_id, message_id, at),
        )

    def settle_media(self, session_id: str, message_id: str) -> None:
        self._execute(
            "DELETE FROM wanted_media WHERE session_id = ? AND message_id = ?", (session_id, message_id)
        )

    def save_secrets(self, session_id: str, secrets: SigningSecrets) -> None:
        self._execute(
            "INSERT OR REPLACE INTO secrets (session_id, current, rotated) VALUES (?, ?, ?)",
            (session_id, secrets.current, json.dumps(secrets.rotated)),
        )

    def save_link(self, link: PairingLink) -> None:
        self._execute(
            "INSERT INTO links"
            " (digest, session_id, expires_at, expected_phone, return_url, opened_at, ended, ended_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO UPDATE SET"
            " opened_at = excluded.opened_at, ended = excluded.ended, ended_at = excluded.ended_at",
            (
                link.digest,
                link.session_id,
                link.expires_at,
                link.expected_phone,
                link.return_url,
                link.opened_at,
                link.end,
                link.ended_at,
            ),
        )

    def save_alert(self, alert: Alert) -> None:
        self._execute(SAVE_ALERT, dump_alert(alert))

    def save_api_key(self, key: ApiKey) -> None:
        save_api_key(self._connection, key)

    def delete_api_key(self, key_id: str) -> None:
        self._execute("DELETE FROM api_keys WHERE id = ?", (key_id,))

    def audit(self, entry: AuditEntry) -> None:
        save_audit(self._connection, entry)

    def save_departure(self, departure: Departure) -> None:
        moves.save_departure(self._connection, departure)

    def step_departure(self, departure: Departure, state: DepartureState, at: float) -> bool:
        return moves.step_departure(self._connection, departure, state, at)

    def drop_departure(self, session_id: str) -> None:
        moves.drop_departure(self._connection, session_id)

    def save_incoming(self, incoming: Incoming) -> None:
        moves.save_incoming(self._connection, incoming)

    def drop_incoming(self, session_id: str) -> None:
        moves.drop_incoming(self._connection, session_id)

    def dead_letter(self, lane: Lane, at: float, error: str) -> int:
        return sum(
            self._execute(
                "UPDATE deliveries SET state = 'dead', next_at = ?, last_error = ?"  # noqa: S608 - see _PENDING
                f" WHERE endpoint = ? AND session_id = ? AND {condition}",
                (at, error, lane.endpoint, lane.session_id),
            ).rowcount
            for condition in _PENDING
        )

    def stop_lane(self, lane: Lane, error: str) -> None:
        self._execute(
            "INSERT OR REPLACE INTO stopped_lanes (session_id, endpoint, error) VALUES (?, ?, ?)",
            (lane.session_id, lane.endpoint, error),
        )

    def resume_lanes(self, session_id: str) -> None:
        self._execute("DELETE FROM stopped_lanes WHERE session_id = ?", (session_id,))

    def forget(self, session_id: str) -> None:
        forget(self._connection, session_id, self._step)


def _ends_codes(draft: EventDraft) -> bool:
    """Whether undelivered codes are outdated: there is a newer one, or nothing to scan."""
    is_change = draft.name == "connection_change"
    return draft.name == "qr_code" or (is_change and draft.payload.get("status") != State.WAITING_SCAN)


_PENDING = (
    # Each as its own index has it.
    "state = 'pending' AND attempts = spent",
    "state = 'pending' AND attempts > spent",
)
