"""How the service is at one moment, as far as alerts depend on it."""

from __future__ import annotations

from dataclasses import dataclass

from wppmt.domain.overview import CommonFailure
from wppmt.domain.shortages import Shortage
from wppmt.store.records import SessionRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    at: float
    """Epoch seconds."""
    uptime: float
    """Seconds since the daemon began: no count reaches further back."""
    memory_mb: int = 0
    """Of the daemon and all browsers; 0 before it was measured."""
    cpu_share: float = 0.0
    """1.0 is every processor that the service may use."""
    requests: int = 0
    """Of the last 5 minutes."""
    error_rate: float = 0.0
    """From 0 to 1, of these."""
    response_seconds: float = 0.0
    """Within which most of these were answered, without the wait for WhatsApp's acknowledgement."""
    webhooks_failed: int = 0
    """Attempts of the last minute."""
    disk: Shortage | None = None
    common_cause: CommonFailure | None = None
    sessions: tuple[SessionRecord, ...] = ()
