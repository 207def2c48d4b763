"""How the port's records look as rows, and back."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from sqlite3 import Row
from typing import Any

from wppmt.domain.account_limits import AccountLimits, Source
from wppmt.domain.contact_policy import ContactPolicy
from wppmt.domain.hibernation import HibernationPlan
from wppmt.domain.process import Process
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.outbox_records import Delivery, DeliveryState, SigningSecrets
from wppmt.store.records import (
    Desired,
    EventRecord,
    JournalEntry,
    LinkEnd,
    PairingLink,
    SendState,
    SessionRecord,
)

_OWN: dict[str, type[AccountLimits | ContactPolicy | HibernationPlan]] = {
    "limits": AccountLimits,
    "contact_policy": ContactPolicy,
    "hibernate": HibernationPlan,
}
_NESTED = ("process", *_OWN)
"""Fields that are values of their own."""
_KNOWN = tuple(field.name for field in fields(SessionRecord))
_OF_A_PROCESS = {field.name for field in fields(Process)}

DELIVERY = (
    "deliveries.number, events.id, events.session_id, sequence, events.name, at, body, endpoint, attempts, spent, next_at, state, last_status, last_error"
    " FROM deliveries JOIN events ON events.number = deliveries.event"
)


def dump_session(record: SessionRecord) -> str:
    # Not dataclasses.asdict: its deep copies cost more than all else of a commit that is done in Python.
    values = {name: getattr(record, name) for name in _KNOWN}
    for name in _NESTED:
        if values[name] is not None:
            values[name] = asdict(values[name])
    return json.dumps(values, ensure_ascii=False)


def load_session(text: str) -> SessionRecord:
    """A field that this version does not know is passed over, one that it misses takes its default.

    So is a reason that only a later version gives: the next change brings one of ours.
    """
    row = json.loads(text)
    values: dict[str, Any] = {name: value for name, value in row.items() if name in _KNOWN}
    # As they were written before version 0.2.
    values.setdefault("limits", {end: row.get(end, 0.0) for end in ("reachout_until", "quota_until")})
    values["desired"] = Desired(values["desired"])
    values["state"] = State(values["state"])
    is_known = values["reason"] in set(Reason)
    values["reason"] = Reason(values["reason"]) if is_known else Reason.DAEMON_RESTARTED
    values["webhook_events"] = tuple(values["webhook_events"])
    if "ignore" in values:
        values["ignore"] = tuple(values["ignore"])
    for name in ("reachout_source", "quota_source"):
        said = values["limits"].get(name)
        values["limits"][name] = Source(said) if said in set(Source) else Source.UNKNOWN
    values["process"] = _load_process(values["process"])
    values |= {name: _load(kind, values[name]) for name, kind in _OWN.items() if values.get(name)}
    return SessionRecord(**values)


def _load_process(values: dict[str, Any] | None) -> Process | None:
    """One that another version has written in another form is nothing that we could adopt."""
    return Process(**values) if values and values.keys() == _OF_A_PROCESS else None


def _load(kind: type[Any], values: dict[str, Any]) -> Any:
    """As the record itself: fields may have come and gone."""
    return kind(**{field.name: values[field.name] for field in fields(kind) if field.name in values})


def load_event(row: Row) -> EventRecord:
    return EventRecord(
        id=row["id"],
        session_id=row["session_id"],
        sequence=row["sequence"],
        name=row["name"],
        at=row["at"],
        body=row["body"],
    )


def load_delivery(row: Row) -> Delivery:
    return Delivery(
        number=row["number"],
        event=load_event(row),
        endpoint=row["endpoint"],
        attempts=row["attempts"],
        spent=row["spent"],
        next_at=row["next_at"],
        state=DeliveryState(row["state"]),
        last_status=row["last_status"],
        last_error=row["last_error"],
    )


def load_secrets(row: Row) -> SigningSecrets:
    rotated = tuple((secret, until) for secret, until in json.loads(row["rotated"]))
    return SigningSecrets(row["current"], rotated)


def erased_key(message_key: str) -> str:
    """Instead of a received message's chat, writer and id: WhatsApp's random id alone, which tells of nobody."""
    return f"erased {message_key.rpartition(' ')[2]}"


def load_link(row: Row) -> PairingLink:
    return PairingLink(
        digest=row["digest"],
        session_id=row["session_id"],
        expires_at=row["expires_at"],
        expected_phone=row["expected_phone"],
        return_url=row["return_url"],
        opened_at=row["opened_at"],
        end=LinkEnd(row["ended"]) if row["ended"] else None,
        ended_at=row["ended_at"],
    )


def dump_entry(entry: JournalEntry) -> dict[str, Any]:
    """The column keeps its first name, `handover`: no row has to change for a word."""
    return {
        "session_id": entry.session_id,
        "id": entry.id,
        "recipient": entry.to,
        "kind": entry.kind,
        "payload": json.dumps(dict(entry.payload), ensure_ascii=False),
        "handover": entry.state,
        "ack": entry.ack,
        "accepted_at": entry.accepted_at,
        "handed_at": entry.handed_at,
        "acked_at": entry.acked_at,
        "failure": entry.failure,
        "key": entry.key,
        "fingerprint": entry.fingerprint,
        "reference": entry.reference,
        "contact": entry.contact,
    }


def load_entry(row: Row) -> JournalEntry:
    return JournalEntry(
        session_id=row["session_id"],
        id=row["id"],
        to=row["recipient"],
        kind=row["kind"],
        payload=json.loads(row["payload"]),
        state=SendState(row["handover"]),
        ack=row["ack"],
        accepted_at=row["accepted_at"],
        handed_at=row["handed_at"],
        acked_at=row["acked_at"],
        failure=row["failure"],
        key=row["key"],
        fingerprint=row["fingerprint"],
        reference=row["reference"],
        contact=row["contact"],
    )
