"""How many streams there may be, and how each is kept going."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamPolicy:
    """Times in seconds."""

    most: int
    """Open at once."""
    per_owner: int = 100
    """Of one session, and of all streams over the same sessions: one customer does not take the others' places."""
    heartbeat: float = 15.0
    look: float = 5.0
    """How often a silent stream looks whether it may go on."""
    unread: float = 10.0
    """A reader that takes nothing for so long is hung up on: it comes back with the last id that it has."""
    retry: float = 3.0
    """When a reader that has lost its stream comes back."""
