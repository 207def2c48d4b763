"""What the service measures of itself: one snapshot for metrics, alerts, status, dashboard and command line alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sample:
    """What was last weighed, all at one moment. Memory in MB, as PSS: pages that are shared count once."""

    at: float = 0.0
    """Epoch seconds; 0 before the first."""
    memory_mb: Mapping[str, int] = field(default_factory=dict)
    """Of each session that has a browser."""
    cpu_seconds: Mapping[str, float] = field(default_factory=dict)
    """Processor time of each session's browsers, also of those that are gone, since the daemon began."""
    total_memory_mb: int = 0
    """Of the daemon and all browsers."""
    daemon_memory_mb: int = 0
    """Of it alone."""
    daemon_cpu_seconds: float = 0.0
    cpu_share: float = 0.0
    """Of daemon and browsers since the sample before: 1.0 is every processor that they may use."""


@dataclass(frozen=True, slots=True)
class Recent:
    """What happened lately; what watchers ask (health, metrics) is not in it."""

    requests: int = 0
    """Answered in the last 5 minutes."""
    failures: int = 0
    """Answered with 5xx; and sends that failed, before or after their answer."""
    response_seconds: float = 0.0
    """Within which 95 % of them were answered, without the wait for WhatsApp's acknowledgement."""
    webhooks_failed: int = 0
    """Attempts without success in the last minute."""

    @property
    def error_rate(self) -> float:
        """From 0 to 1; 0 without a request."""
        return min(1.0, self.failures / self.requests) if self.requests else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """A snapshot: whoever reads it, in whatever thread, reads one moment."""

    sample: Sample = Sample()
    recent: Recent = Recent()
    memory_limit_mb: int = 0
    disk_free_mb: int = 0
    """Where the logins are."""
    wanted: int = 0
    """Sessions that should run and have a login, or had one."""
    connected: int = 0
    """Of these."""
    hibernating: int = 0
    """Of those that are connected."""
    max_sessions: int = 0
    """That may run at once; 0 where that is not known."""
    running: int = 0
    """Sessions that should run, whether they were ever paired or not."""
    pressure_percent: float | None = None
    """Of the last seconds in which programs waited for memory; None where the kernel does not tell."""

    @property
    def free_slots(self) -> int:
        """Sessions that may still be started."""
        return max(0, self.max_sessions - self.running)

    @property
    def memory_share(self) -> float:
        """Of the limit; 1.0 is all of it."""
        return self.sample.total_memory_mb / self.memory_limit_mb if self.memory_limit_mb else 0.0
