"""The port in front of the durable store: what is kept, and the one way to change it, a transaction.

Records are plain frozen values; the caller computes the next one and saves it. Times are epoch seconds (float).
Every method may raise StoreUnavailable (disk full, I/O error): then nothing of the transaction happened.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from wppmt.process import Process
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
    heard_until: float = 0.0
    """What WhatsApp had for this phone before this moment is in the event log; 0 while none is linked."""
    reachout_until: float = 0.0
    """No new contact is written to before this moment: WhatsApp has refused one."""


NO_LOGIN: Mapping[str, Any] = {
    "has_login": False,
    "phone": "",
    "pushname": "",
    "platform": "",
    "connected_at": None,
}
"""What a SessionRecord says of its login when there is none (any more)."""


class Handover(StrEnum):
    """How far a message's way out has come (contract, section 5)."""

    ACCEPTED = "accepted"
    HANDED = "handed"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


ACK_STATUS: Mapping[int, str] = {
    -1: "failed",
    0: "pending",
    1: "sent",
    2: "delivered",
    3: "read",
    4: "played",
}
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
    failure: str = ""
    """Of a FAILED one: the code it was refused with."""
    key: str = ""
    """Idempotency-Key under which it was asked for; `fingerprint` tells what was asked."""
    fingerprint: str = ""


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
    """Grows with every new delivery of the instance; a replay is given a new one, so it goes to the end."""
    event: EventRecord
    endpoint: str
    attempts: int = 0
    """All that were ever made; the `X-Webhook-Attempt` of the last one."""
    spent: int = 0
    """Attempts made before the last replay: the schedule counts from here."""
    next_at: float = 0.0
    """Of a pending one: not before. Of a done or dead one: since when it is so."""
    state: DeliveryState = DeliveryState.PENDING
    last_status: int | None = None
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """What has an order of its own: the deliveries of one session to one endpoint."""

    endpoint: str
    session_id: str


@dataclass(frozen=True, slots=True)
class Lapse:
    """Which pending deliveries of a lane are given up, and why."""

    lane: Lane
    error: str
    due_before: float = float("inf")
    """Since when they are pending, or their next attempt is due."""
    up_to: int = 2**63 - 1
    """The largest number."""


@dataclass(frozen=True, slots=True)
class LaneTip:
    """A lane that has pending deliveries, and the number of its newest."""

    lane: Lane
    newest: int


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """Which dead letters of a session are meant; every condition that is given must hold."""

    session_id: str
    event_ids: tuple[str, ...] = ()
    """Empty: whatever the id."""
    name: str = ""
    """Of the event, e.g. `message_received`."""
    endpoint: str = ""
    since: float = 0.0
    """Events that happened at this epoch second or later…"""
    until: float = float("inf")
    """… and before this one."""
    never_replayed: bool = False


@dataclass(frozen=True, slots=True)
class SigningSecrets:
    """`whsec_…`: the current one, and those before it, each until its own epoch second."""

    current: str
    rotated: tuple[tuple[str, float], ...] = ()
    """Newest first."""

    def live(self, now: float) -> list[str]:
        """All that are valid, newest first."""
        return [self.current, *(secret for secret, until in self.rotated if now < until)]


@dataclass(frozen=True, slots=True)
class WebhookCounts:
    pending: int = 0
    dead: int = 0


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What was done about a session with too many pending deliveries."""

    session_id: str
    pending: int
    """Before."""
    dropped: int
    """`qr_code` deliveries."""
    buried: int


class Transaction(Protocol):
    """Changes that happen together or not at all; durable when the `with` block ends."""

    def save(self, record: SessionRecord) -> None:
        """Insert or replace the registry row."""

    def record(self, session_id: str, draft: EventDraft) -> EventRecord:
        """Append to the session's event log with the next sequence number, and to the outbox if it has an endpoint.

        A `qr_code` event, and a `connection_change` away from the code, takes undelivered older codes of its session
        out of the outbox, dead ones too (not out of the log).
        An event for an endpoint that answered 410 becomes a dead letter at once.
        """

    def journal(self, entry: JournalEntry) -> None:
        """Insert or replace."""

    def remember_received(self, session_id: str, message_id: str, at: float) -> bool:
        """False when this message id was received before: a re-read event must not be told twice."""

    def save_secrets(self, session_id: str, secrets: SigningSecrets) -> None: ...

    def bury(self, lane: Lane, at: float, error: str) -> int:
        """Make the lane's pending deliveries dead letters; says how many.

        For a webhook that was removed. A webhook that is merely changed leaves its deliveries their old address.
        """

    def stop_lane(self, lane: Lane, error: str) -> None:
        """The endpoint answered 410: what comes is a dead letter from its beginning, until `resume_lanes`."""

    def resume_lanes(self, session_id: str) -> None:
        """The session's webhook was set anew: its endpoints get events again."""

    def forget(self, session_id: str) -> None:
        """Everything about the session: registry, events, outbox, journal, secrets (purge).

        Nothing of it can be read any more; of a long history most rows are left for `prune` to delete.
        """


class Store(Protocol):
    """Thread-safe; calls take well under a millisecond, a commit about as long as one fsync."""

    def transaction(self) -> AbstractContextManager[Transaction]: ...

    def sessions(self) -> Sequence[SessionRecord]: ...

    def session(self, session_id: str) -> SessionRecord | None: ...

    def unfinished(self, session_id: str) -> Sequence[JournalEntry]:
        """Journal entries that are ACCEPTED or HANDED, oldest first."""

    def message(self, session_id: str, message_id: str) -> JournalEntry | None: ...

    def keyed(self, session_id: str, key: str, since: float) -> JournalEntry | None:
        """The message accepted under this idempotency key at `since` or later."""

    def events_after(self, session_id: str, sequence: int, limit: int) -> Sequence[EventRecord]: ...

    def last_sequence(self, session_id: str) -> int:
        """Of the session's newest event; 0 when it never had one, or was forgotten since."""

    def secrets(self, session_id: str) -> SigningSecrets | None: ...

    def lanes(self, after: int = 0) -> Sequence[LaneTip]:
        """The lanes with pending deliveries whose number is larger than `after`."""

    def first_attempt(self, lane: Lane, after: int = 0) -> Delivery | None:
        """The lane's next delivery that was never tried in this series, with a number larger than `after`."""

    def retry(
        self, lane: Lane, besides: Collection[int] = (), *, after: int = 0, horizon: float = float("inf")
    ) -> Delivery | None:
        """The lane's failed delivery whose next attempt is due first, be it due or not; not one of `besides`, and
        with a number larger than `after`.

        One that is due only after `horizon` comes before all others: the clock must have been set back.
        """

    def settle(self, deliveries: Sequence[Delivery]) -> None:
        """Write back attempts, next_at, state, last_status and last_error, in one transaction.

        Survives the daemon's end; a power cut may undo the last ones, which are then attempted again.
        What was superseded or buried meanwhile stays so, unless it turns out delivered.
        """

    def dead_letters(self, which: DeadLetters, after: int = 0, limit: int = 100) -> Sequence[Delivery]:
        """In order, with numbers larger than `after`."""

    def count_dead_letters(self, which: DeadLetters, most: int | None = None) -> int:
        """`most`: further ones are not counted, which takes time by their number."""

    def bury(self, lapse: Lapse, at: float, limit: int) -> int:
        """Make at most `limit` of these pending deliveries dead letters, in order; says how many.

        Fewer than `limit`: there are no more.
        """

    def replay(self, which: DeadLetters, at: float, endpoint: str = "", limit: int = 500) -> int:
        """Make at most `limit` of them pending anew, in order, ids and bodies unchanged; says how many.

        `endpoint` is where they go from now on; empty: where they went before. Tell the webhook actor OutboxGrew.
        """

    def webhook_counts(self, session_id: str | None = None) -> WebhookCounts:
        """Of one session, or of all. Cheap whatever the number of rows."""

    def trim(self, most: int, at: float) -> Sequence[Trimmed]:
        """Of each session with more than `most` pending deliveries, put some hundred of the surplus aside.

        First the oldest `qr_code` ones, which are dropped, then other events, which become dead letters; messages stay.
        """

    def prune(self, before: float) -> int:
        """Drop events with their finished deliveries, received ids and finished journal entries older than `before`,
        and what is left of forgotten sessions.

        One call is one small step of at most some hundred rows of each kind, so that nobody waits for it; it says
        how many rows went, and there may be more until it says 0. What is pending stays, however old.
        """

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
