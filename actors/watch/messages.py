"""The messages of who watches, from others and from itself."""

from __future__ import annotations

from dataclasses import dataclass

from actors.watch.seen import Seen

HISTORY_ACTOR = "history"


@dataclass(frozen=True, slots=True)
class Begin:
    """The first message of the alerts' actor."""


@dataclass(frozen=True, slots=True)
class Observed:
    """To the alerts' actor, every few seconds: how the service is."""

    seen: Seen


@dataclass(frozen=True, slots=True)
class EndpointExhausted:
    """To the alerts' actor: an event of this session was given up on, and became a dead letter."""

    session_id: str
    endpoint: str


@dataclass(frozen=True, slots=True)
class EndpointDelivered:
    """To the alerts' actor: the endpoint has taken an event; told when it was not known, or not the case before."""

    endpoint: str


@dataclass(frozen=True, slots=True)
class Sample:
    """To the history's actor itself."""
