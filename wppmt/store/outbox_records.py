"""Deliveries of events to webhooks, as the store keeps them; a delivery that was given up on is a dead letter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wppmt.store.records import EventRecord


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
    """Pending: not to be tried before. Done or dead: since when."""
    state: DeliveryState = DeliveryState.PENDING
    last_status: int | None = None
    last_error: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """The deliveries of one session to one endpoint; each lane keeps its own order."""

    endpoint: str
    session_id: str


@dataclass(frozen=True, slots=True)
class DeadLetterOrder:
    """Which pending deliveries of a lane become dead letters, and why."""

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
class DeadLetterFilter:
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
class Backlog:
    """What one session's webhook has before it."""

    session_id: str
    pending: int
    dead: int
    oldest_at: float | None
    """When the first pending event happened; None without one."""


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What was done about a session with too many pending deliveries."""

    session_id: str
    pending: int
    """Before."""
    dropped: int
    """`qr_code` deliveries."""
    dead_lettered: int
