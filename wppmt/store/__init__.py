"""The port in front of the durable store: what is kept, and the one way to change it, a transaction.

Records are plain frozen values; the caller computes the next one and saves it. Times are epoch seconds (float).
Every method may raise StoreUnavailable (disk full, I/O error): then nothing of the transaction happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from wppmt.browser import Process
from wppmt.reasons import Reason
from wppmt.state import State

EVENT_NAMES = ("message_received", "message_ack", "connection_change", "qr_code", "error")


class StoreUnavailable(Exception):
    """The store cannot read or commit right now; nothing was changed."""


class Desired(StrEnum):
    """What people want of a session; survives crashes and reboots."""

    RUNNING = "running"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A row of the registry: everything about a session that must survive the daemon."""

    id: str
    created_at: float
    desired: Desired = Desired.RUNNING
    state: State = State.DISCONNECTED
    """The last one committed: `previousStatus` of the next change, across restarts of the daemon too."""
    reason: Reason = Reason.STOPPED
    since: float = 0.0
    description: str = ""
    webhook_url: str = ""
    """Own address; empty means the daemon's default."""
    webhook_events: tuple[str, ...] = EVENT_NAMES
    max_messages_per_day: int | None = None
    has_login: bool = False
    """A phone is linked: a QR screen would be a surprise."""
    pairing_phone: str = ""
    """Digits; a pairing code is asked for instead of a QR."""
    phone: str = ""
    pushname: str = ""
    platform: str = ""
    connected_at: float | None = None
    last_activity: float | None = None
    messages_sent: int = 0
    messages_received: int = 0
    restarts: int = 0
    failures: int = 0
    """Failed attempts in a row."""
    quick_retry: bool = True
    """The next failure is answered at once; spent by it, earned again by 60 s of health."""
    generation: int = 0
    process: Process | None = None
    """The browser of this generation, for ending or adopting it after a crash of the daemon."""
    page: str = ""
    page_event: int = 0
    """The newest page event whose effect is committed, within `page`."""


class Handover(StrEnum):
    """How far a message's way out has come (contract, section 5)."""

    ACCEPTED = "accepted"
    HANDED = "handed"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


ACK_STATUS: Mapping[int, str] = {-1: "failed", 0: "pending", 1: "sent", 2: "delivered", 3: "read", 4: "played"}
"""`status` words of contract 5; anything below zero is `failed`."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One message on its way out."""

    session_id: str
    id: str
    """`3EB0…`, chosen before the send; unique per session."""
    to: str
    """As asked until WhatsApp resolved it, then the chat id."""
    kind: str
    payload: Mapping[str, Any]
    """What the page function needs to send it (again)."""
    handover: Handover = Handover.ACCEPTED
    ack: int = 0
    accepted_at: float = 0.0
    handed_at: float | None = None
    acked_at: float | None = None


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event about to be recorded; `payload` are the fields beside the envelope's."""

    id: str
    """`evt_` + ULID."""
    name: str
    at: float
    payload: Mapping[str, Any]
    endpoint: str | None = None
    """Where it is delivered; None for the log only."""


@dataclass(frozen=True, slots=True)
class EventRecord:
    """A recorded event; `body` is the exact JSON that is logged, signed and delivered."""

    id: str
    session_id: str
    sequence: int
    name: str
    at: float
    body: bytes


class DeliveryState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one endpoint."""

    number: int
    """Grows with every new delivery of the instance."""
    event: EventRecord
    endpoint: str
    attempts: int = 0
    next_at: float = 0.0
    state: DeliveryState = DeliveryState.PENDING
    last_status: int | None = None
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class SigningSecrets:
    """`whsec_…`: the current one, and the rotated one while it is still valid."""

    current: str
    previous: str = ""
    previous_until: float = 0.0


@dataclass(frozen=True, slots=True)
class WebhookCounts:
    pending: int = 0
    dead: int = 0


class Transaction(Protocol):
    """Changes that happen together or not at all; durable when the `with` block ends."""

    def save(self, record: SessionRecord) -> None:
        """Insert or replace the registry row."""

    def record(self, session_id: str, draft: EventDraft) -> EventRecord:
        """Append to the session's event log with the next sequence number, and to the outbox if it has an endpoint.

        A `qr_code` event takes undelivered older ones of its session out of the outbox (not out of the log).
        """

    def journal(self, entry: JournalEntry) -> None:
        """Insert or replace."""

    def remember_received(self, session_id: str, message_id: str, at: float) -> bool:
        """False when this message id was received before: a re-read event must not be told twice."""

    def save_secrets(self, session_id: str, secrets: SigningSecrets) -> None: ...

    def forget(self, session_id: str) -> None:
        """Everything about the session: registry, events, outbox, journal, secrets (purge)."""


class Store(Protocol):
    """Thread-safe; calls take well under a millisecond, a commit about as long as one fsync."""

    def transaction(self) -> AbstractContextManager[Transaction]: ...

    def sessions(self) -> Sequence[SessionRecord]: ...

    def session(self, session_id: str) -> SessionRecord | None: ...

    def count_desired_running(self) -> int: ...

    def unfinished(self, session_id: str) -> Sequence[JournalEntry]:
        """Journal entries that are ACCEPTED or HANDED, oldest first."""

    def message(self, session_id: str, message_id: str) -> JournalEntry | None: ...

    def events_after(self, session_id: str, sequence: int, limit: int) -> Sequence[EventRecord]: ...

    def secrets(self, session_id: str) -> SigningSecrets | None: ...

    def deliveries_after(self, number: int, limit: int) -> Sequence[Delivery]:
        """Pending deliveries with a larger number, in order."""

    def settle(self, deliveries: Sequence[Delivery]) -> None:
        """Write back attempts, next_at, state, last_status and last_error, in one transaction."""

    def still_pending(self, number: int) -> bool:
        """False when it was delivered, given up or superseded meanwhile."""

    def webhook_counts(self) -> WebhookCounts: ...

    def prune(self, before: float) -> int:
        """Drop events (and their finished deliveries), received ids and finished journal entries older than `before`."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Qr:
    """The code on WhatsApp's screen and the epoch second at which WhatsApp rotates it."""

    text: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class SessionStatus:
    """What the Directory publishes of a session: all that status and qrcode reads need, so they never wait."""

    record: SessionRecord
    qr: Qr | None = None
    pairing_code: str = ""
    memory_mb: int | None = None
    queue: int = 0
    last_error: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
