"""How the service is at one moment, as far as alerts depend on it."""

from __future__ import annotations

from dataclasses import dataclass, field

from wppmt.domain.figures import Figures
from wppmt.domain.overview import CommonFailure
from wppmt.domain.shortages import Shortage
from wppmt.store.records import SessionRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    at: float
    """Epoch seconds."""
    uptime: float
    """Seconds since the daemon began: no count reaches further back."""
    figures: Figures = field(default_factory=Figures)
    disk: Shortage | None = None
    pressure: Shortage | None = None
    """Of memory, as programs that wait for it show."""
    common_cause: CommonFailure | None = None
    sessions: tuple[SessionRecord, ...] = ()
