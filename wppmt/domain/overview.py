"""The service as a whole, as it was last measured and judged."""

from __future__ import annotations

from dataclasses import dataclass

from wppmt.domain.troubles import Trouble


@dataclass(frozen=True, slots=True)
class Overview:
    """A snapshot: whoever reads it, in whatever thread, reads one moment."""

    memory_mb: int = 0
    """Of the daemon and all browsers."""
    daemon_memory_mb: int = 0
    """Of it alone."""
    alert: str | None = None
    """What is wrong with the whole, for people."""
    troubles: tuple[Trouble, ...] = ()
    """What keeps the service as a whole from its work, as far as the sessions' states do not show it."""
