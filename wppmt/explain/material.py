"""What an explanation is made of: rows of the store and lines of the log, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wppmt.store.operator_records import Attempt, AuditEntry
from wppmt.store.outbox_records import DeliveryState
from wppmt.store.records import EventRecord, JournalEntry, SessionRecord

TOLD_EVENTS = ("connection_change", "error", "account_changed", "account_limit")
"""Of a session's events those that tell how it is, and not what people wrote."""


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Of some events to their webhook."""

    attempts: Sequence[Attempt] = ()
    """In order."""
    states: Mapping[str, DeliveryState] = field(default_factory=dict)
    """By event; one that goes to no webhook has none."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A line of the log that names the session."""

    at: float
    level: str
    event: str
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SessionMaterial:
    record: SessionRecord
    now: float
    events: Sequence[EventRecord] = ()
    """Of TOLD_EVENTS."""
    audit: Sequence[AuditEntry] = ()
    failed: Sequence[JournalEntry] = ()
    """Messages that were not sent, or of which that is not known."""
    deliveries: Deliveries = Deliveries()
    """Of the events whose delivery failed at least once."""
    logged: Sequence[Logged] = ()


@dataclass(frozen=True, slots=True)
class MessageMaterial:
    record: SessionRecord
    now: float
    entry: JournalEntry | None
    """None: it came in, or was written on the phone."""
    events: Sequence[EventRecord] = ()
    """That tell of the message."""
    around: Sequence[EventRecord] = ()
    """Of TOLD_EVENTS, from then on."""
    deliveries: Deliveries = Deliveries()
    logged: Sequence[Logged] = ()
    """From when it was accepted on."""


@dataclass(frozen=True, slots=True)
class Line:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    timeline: Sequence[Line]
    """In order; never empty."""
    advice: str
    """What to do now."""
