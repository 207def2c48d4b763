"""What the webhook actor is told, by others and by itself."""

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


@dataclass(frozen=True, slots=True)
class Drain:
    """To be asked when the daemon stops: start nothing more. Answered when nothing is in flight or unsettled.

    Asking is worth some seconds only: what is still in flight then is sent again by the next daemon, same id.
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
class SeeTo:
    """To myself: lanes that work again may have been left with dead letters."""
