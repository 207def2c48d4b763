"""What the store keeps, as plain frozen values. Times are epoch seconds (float)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from wppmt.domain.account_limits import UNKNOWN, AccountLimits
from wppmt.domain.chats import IGNORED_AT_FIRST
from wppmt.domain.contact_policy import ContactPolicy
from wppmt.domain.hibernation import HibernationPlan
from wppmt.domain.inventory import WHOLE, Inventory
from wppmt.domain.process import Process
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State

EVENT_NAMES = ("message_received", "message_ack", "connection_change", "qr_code", "error")
"""What a webhook gets that asks for nothing in particular."""
FURTHER_EVENT_NAMES = (
    "message_sent",
    "message_edited",
    "message_revoked",
    "message_reaction",
    "poll_vote",
    "call_received",
    "group_change",
    "presence_change",
    "label_change",
    "account_changed",
    "account_limit",
)
"""Delivered to who asks for them, by name or by `ALL_EVENTS`; in the log in any case."""
ALL_EVENTS = "*"
ALERTS = "#alerts"
"""Instead of a session's id, and unlike any: under it the events to the operator are logged, delivered and signed."""


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
    ignore: tuple[str, ...] = IGNORED_AT_FIRST
    """Kinds of chats of which nothing is told: `groups`, `channels`, `status`, `broadcasts`."""
    has_login: bool = False
    """A phone is linked, so no QR screen is expected."""
    pairing_phone: str = ""
    """Digits; a pairing code is asked for instead of a QR."""
    phone: str = ""
    last_phone: str = ""
    """The number that was linked last, also after its login has ended."""
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
    """The next failure is retried at once; then False until 60 s without a failure have passed."""
    generation: int = 0
    process: Process | None = None
    """The browser of this generation, for ending or adopting it after a crash of the daemon."""
    page: str = ""
    page_event: int = 0
    """The newest page event whose effect is committed, within `page`."""
    heard_until: float = 0.0
    """The mark of the last inbound audit: messages that WhatsApp had for this phone before this moment are in the event
    log; 0 while none is linked."""
    inbound_missed: int = 0
    """Messages that no event of the page told of, found by audits since the session was made."""
    missed_in_a_row: int = 0
    """So many audits in a row, of a page that was connected all the while, found something."""
    missing: str = ""
    """With reason WHATSAPP_CHANGED: the names of what WhatsApp's page does not have any more."""
    retaken_at: float = 0.0
    """When a login that was used elsewhere was last taken back by a restart."""
    limits: AccountLimits = UNKNOWN
    """WhatsApp's, on messages to new contacts."""
    contact_policy: ContactPolicy | None = None
    """The session's own; None: the daemon's default."""
    linked_at: float = 0.0
    """When this phone number was linked first; 0 where that is not known."""
    next_first: float = 0.0
    """From this moment on the policy's gap lets a stranger be written to."""
    first_handed_at: float = 0.0
    """When a first message to a stranger was last handed over."""
    proxy: str = ""
    """Own proxy of the browser, with its password; empty means the daemon's default."""
    engine: str = ""
    """Own engine (wppmt.domain.engines.Engine); empty means the daemon's default."""
    login_saved: bool = True
    """False from the scan on until the login is seen on the disk: a browser that dies before has lost it."""
    hibernate: HibernationPlan | None = None
    """None: it never hibernates."""
    asleep_since: float = 0.0
    """Of a session that hibernates, or when it last began to."""
    wake_at: float = 0.0
    """When the schedule wakes one that hibernates."""
    long_awake_at: float = 0.0
    """When it was last awake for long; 0 where that was never noted."""

    @property
    def is_hibernating(self) -> bool:
        """Also while its browser still goes down, or comes back: until its page can be used, or the wake has failed."""
        return self.state is State.CONNECTED and self.reason is Reason.HIBERNATING

    @property
    def is_login_in_use(self) -> bool:
        """Whether there is a login that may be good, and so must not be replaced by an older copy."""
        return self.has_login and self.reason is not Reason.TOKEN_CORRUPT


def imported(session_id: str, now: float) -> SessionRecord:
    """Of a login that came from elsewhere: nobody has asked for its browser yet."""
    return SessionRecord(session_id, now, desired=Desired.STOPPED, since=now, has_login=True)


NO_LOGIN: Mapping[str, Any] = {
    "has_login": False,
    "phone": "",
    "pushname": "",
    "platform": "",
    "connected_at": None,
}
"""The fields of a SessionRecord when there is no login (any more)."""


class SendState(StrEnum):
    """How far an outgoing message is (docs/contract.md 5)."""

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
"""`status` of docs/contract.md 5; anything below zero is `failed`."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One outgoing message."""

    session_id: str
    id: str
    """`3EB0…`, chosen before the send; unique per session."""
    to: str
    """As asked until WhatsApp resolved it, then the chat id."""
    kind: str
    payload: Mapping[str, Any]
    """What the page function needs to send it (again)."""
    state: SendState = SendState.ACCEPTED
    ack: int = 0
    accepted_at: float = 0.0
    handed_at: float | None = None
    acked_at: float | None = None
    failure: str = ""
    """Of a FAILED one: the code it was refused with."""
    key: str = ""
    """The Idempotency-Key of the request; `fingerprint` identifies its content."""
    fingerprint: str = ""
    reference: str = ""
    """The caller's own reference."""
    contact: str = ""
    """Of a message to somebody who never wrote and had not been written to: who counts as a new contact of the day."""


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


class LinkEnd(StrEnum):
    """Why a pairing link is dead."""

    USED = "used"
    EXPIRED = "expired"
    REPLACED = "replaced"
    REVOKED = "revoked"
    CODES_SPENT = "codes_spent"
    WRONG_PHONE = "wrong_phone"


@dataclass(frozen=True, slots=True)
class PairingLink:
    """A link by which a customer connects a number (docs/contract.md 14); of its token only the digest is kept."""

    digest: str
    """Of the token: SHA-256 in hexadecimal."""
    session_id: str
    expires_at: float
    expected_phone: str = ""
    """Digits; empty: whichever number is paired."""
    return_url: str = ""
    opened_at: float | None = None
    """When somebody first looked at its page: from then on the codes that are shown count."""
    end: LinkEnd | None = None
    ended_at: float | None = None

    def end_at(self, now: float) -> LinkEnd | None:
        """Why it is dead; None while it lives."""
        return self.end or (LinkEnd.EXPIRED if now >= self.expires_at else None)


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
    inventory: Inventory = WHOLE
    """Of the page that is open now."""
    is_linking: bool = False
    """A phone has scanned, and WhatsApp's page is on its way to its main screen."""
    outdated: str = ""
    """Why its browser waits to be opened anew: an earlier version of the gateway opened it; empty: it does not."""


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """How a session was at a moment."""

    session_id: str
    at: float
    state: State
    memory_mb: int | None
    is_coarse: bool
    """Kept as long as any: a change of state, or one of few. The others are dropped after some days."""
