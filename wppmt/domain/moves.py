"""What two instances tell each other of a session that moves."""

from __future__ import annotations

from dataclasses import dataclass

from wppmt.domain.states import State


@dataclass(frozen=True, slots=True)
class Offer:
    """Of the archive that would come."""

    schema_version: int
    chrome: str
    """The version that wrote the profile; empty: none did."""
    size: int
    """About so many bytes, unpacked."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose request it was: the address that it came from, and by whose right."""

    address: str
    who: str | None


@dataclass(frozen=True, slots=True)
class Arrived:
    """How an archive that came stands."""

    is_taken: bool
    state: State | None
    """Of the session; None while it is none."""
