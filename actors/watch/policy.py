"""What alerts depend on, as values; config/default.toml has them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """An alert fires above them."""

    memory_share: float
    """Of the limit."""
    cpu_share: float
    error_rate: float
    response_seconds: float
    webhooks_failed: int
    """A minute."""
    free_slots_share: float = 0.0
    """Fires at so few or fewer, of all; 0: never."""
    default_endpoint: str = ""
    """Where the events of sessions without a webhook of their own go."""


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    thresholds: Thresholds
    webhook_url: str = ""
    """Where alerts are delivered; empty: nowhere."""
    mail_url: str = ""
    """`mailto:` and whoever is written to; empty: nobody."""

    @property
    def endpoints(self) -> tuple[str, ...]:
        return tuple(url for url in (self.webhook_url, self.mail_url) if url)
