"""The messages of the webhook actor, from others and from itself."""

from __future__ import annotations

from dataclasses import dataclass

from wppmt.webhook.classify import AttemptResult


@dataclass(frozen=True, slots=True)
class OutboxGrew:
    """Deliveries were committed. Also the actor's first message."""


@dataclass(frozen=True, slots=True)
class Attempted:
    """The outcome of a Post."""

    number: int
    outcome: AttemptResult
    duration_ms: int = 0
    answer: str | None = None
    """What is kept of the receiver's words."""


@dataclass(frozen=True, slots=True)
class Drain:
    """Asked when the daemon stops: start no more attempts. Answered when none is in flight or unsettled.

    The daemon waits for some seconds only: what is still in flight then is sent again by the next one, with the same id.
    """


@dataclass(frozen=True, slots=True)
class Look:
    """To myself: something may be due.

    `alarm` is the moment it was set for. It may come a little early, by the wall's clock, and is then set again.
    """

    alarm: float | None = None


@dataclass(frozen=True, slots=True)
class TrimOutbox:
    """To myself: drop what has been kept long enough, and what is too much."""


@dataclass(frozen=True, slots=True)
class ReplayDue:
    """To myself: lanes that work again may have been left with dead letters."""
