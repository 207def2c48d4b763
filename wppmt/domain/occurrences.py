"""What is counted, and said by whoever sees it happen: the front, or a mind by an effect. Seconds throughout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from wppmt.domain.reasons import Reason
from wppmt.domain.sends import Sent


class SendOutcome(StrEnum):
    """What a send came to, at its first answer."""

    SENT = "sent"
    PENDING = "pending"
    """Accepted; WhatsApp has not acknowledged it yet."""
    REFUSED = "refused"
    """Before it reached WhatsApp's page."""
    FAILED = "failed"
    """WhatsApp refused it, or something broke."""
    UNKNOWN = "unknown"


class WebhookOutcome(StrEnum):
    """What one attempt came to."""

    DELIVERED = "delivered"
    FAILED = "failed"
    """Another one follows."""
    DEAD = "dead"
    """It was the last one."""


class BackupOutcome(StrEnum):
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RequestAnswered:
    route: str
    """With its placeholders; `?` for an unknown address."""
    method: str
    status: int
    seconds: float
    waited: float = 0.0
    """Of these, for WhatsApp's acknowledgement."""
    failed: bool = False
    """By the service or by WhatsApp: a status of 5xx, or a send with `SendOutcome.FAILED`."""
    by_watcher: bool = False
    """Health or metrics: neither traffic nor failure."""


@dataclass(frozen=True, slots=True)
class SendAnswered:
    session_id: str
    outcome: SendOutcome
    seconds: float
    """From the request to its answer."""
    route: str = ""
    at: float = 0.0
    """When it was answered, in epoch seconds."""
    asked_at: float = 0.0
    """When the session was asked, in epoch seconds; 0 where it never was."""
    sent: Sent | None = None
    traceparent: str = ""
    """The caller's own trace (W3C Trace Context), as its header says it."""


@dataclass(frozen=True, slots=True)
class SendFailedLater:
    """After its request had been answered."""

    session_id: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """WhatsApp's server has a message."""

    seconds: float
    """Since it was handed to the page."""
    message_id: str = ""
    at: float = 0.0
    """Epoch seconds."""


@dataclass(frozen=True, slots=True)
class PageCalled:
    """The page was given a message; moments in epoch seconds."""

    message_id: str
    function: str
    began: float
    ended: float
    is_done: bool


@dataclass(frozen=True, slots=True)
class BrowserRestarted:
    session_id: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class WebhookAttempted:
    session_id: str
    outcome: WebhookOutcome


@dataclass(frozen=True, slots=True)
class InboundMissed:
    """Messages that the page held and no event had told of."""

    session_id: str
    messages: int


@dataclass(frozen=True, slots=True)
class Committed:
    """The store has written a transaction to the disk."""

    seconds: float


@dataclass(frozen=True, slots=True)
class BackupEnded:
    session_id: str
    outcome: BackupOutcome


Occurrence = (
    RequestAnswered
    | SendAnswered
    | SendFailedLater
    | Acknowledged
    | PageCalled
    | BrowserRestarted
    | WebhookAttempted
    | InboundMissed
    | Committed
    | BackupEnded
)
Count = Callable[[Occurrence], None]
"""Cheap, from any thread."""


def uncounted(occurrence: Occurrence) -> None:
    """Where nobody counts."""
