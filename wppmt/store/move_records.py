"""What the store keeps of sessions on their way between two instances. Times are epoch seconds (float)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class DepartureState(StrEnum):
    """How far a session's departure is. LEAVING → GONE is the one step by which it belongs to the other instance."""

    LEAVING = "leaving"
    """It is still ours; after a crash it goes on here."""
    GONE = "gone"
    """It is the other instance's, which may not know yet."""
    SETTLED = "settled"
    """The other instance has taken it."""
    STAYED = "stayed"
    """It never went; the other instance is still to be told."""


@dataclass(frozen=True, slots=True)
class Departure:
    session_id: str
    state: DepartureState
    owner: str
    """The other instance's URL."""
    key: str
    """What the archive is sealed with, and what the other instance knows us by; hexadecimal."""
    at: float
    """Of the last step."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A session that another instance has sent. Its archive waits, checked, until that instance gives the session away."""

    session_id: str
    digest: str
    """Of the key: SHA-256 in hexadecimal."""
    source: str
    """Who sent it, for people: the address that the request came from."""
    who: str | None
    """By whose right."""
    at: float
    is_taken: bool = False
    """It is a session of this instance."""


class MovesWritten(Protocol):
    """A part of wppmt.store.port.Transaction."""

    def save_departure(self, departure: Departure) -> None:
        """Insert or replace: there is one of a session."""

    def step_departure(self, departure: Departure, state: DepartureState, at: float) -> bool:
        """Bring it from `departure.state` to `state`; False, and nothing done, where it is not in that state any more."""

    def drop_departure(self, session_id: str) -> None: ...

    def save_incoming(self, incoming: Incoming) -> None:
        """Insert or replace."""

    def drop_incoming(self, session_id: str) -> None: ...


class MovesRead(Protocol):
    """A part of wppmt.store.port.Store."""

    def departures(self) -> Sequence[Departure]:
        """Oldest first; of a session that came back there is none."""

    def incoming(self) -> Sequence[Incoming]:
        """Oldest first, also those that were taken."""
