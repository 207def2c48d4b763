"""The messages of Root: from the daemon, from workers and from its own timers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Boot:
    """Take up every session of the registry."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Look at the children."""


@dataclass(frozen=True, slots=True)
class PingDue:
    """These are pinged a while after the others."""

    sessions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemoryMeasured:
    """What all sessions and the daemon hold together."""

    total_mb: int
    daemon_mb: int
    """Of the daemon alone."""


@dataclass(frozen=True, slots=True)
class PressureMeasured:
    """So much of the last seconds programs waited for memory, in per cent; None where the kernel does not tell."""

    percent: float | None


@dataclass(frozen=True, slots=True)
class ShutDown:
    """Asked by the daemon: close every browser, keep every login. Answered with the ids that had to be killed."""

    deadline: float


@dataclass(frozen=True, slots=True)
class ShutDownDue:
    pass


@dataclass(frozen=True, slots=True)
class PauseOver:
    """Sessions may start again."""


@dataclass(frozen=True, slots=True)
class DiskMeasured:
    """So much is free on the disk of the logins."""

    free_mb: int
