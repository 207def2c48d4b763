"""The service as a whole, as it was last measured and judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wppmt.domain.shortages import Shortage


@dataclass(frozen=True, slots=True)
class CommonFailure:
    """Many sessions that failed at the same time. `reasons`: how many for each reason code."""

    sessions: frozenset[str]
    running: int
    reasons: Mapping[str, int]

    def __str__(self) -> str:
        why = ", ".join(f"{reason}: {count}" for reason, count in sorted(self.reasons.items()))
        return (
            f"{len(self.sessions)} de {self.running} sessões falharam no primeiro reinício ({why})."
            " Causa comum provável: verifique disco, memória, Chromium e rede"
        )


@dataclass(frozen=True, slots=True)
class Overview:
    """A snapshot: whoever reads it, in whatever thread, reads one moment."""

    memory_mb: int = 0
    """Of the daemon and all browsers."""
    daemon_memory_mb: int = 0
    """Of it alone."""
    shortages: tuple[Shortage, ...] = ()
    """Of memory and disk: no session starts."""
    pressure_percent: float | None = None
    """Of the last seconds in which programs waited for memory; None where the kernel does not tell."""
    common_cause: CommonFailure | None = None
    stopped_renewal: str | None = None
    """The session at which an upgrade's exchange of browsers stands still, and what to do."""
