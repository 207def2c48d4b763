"""How webhooks are delivered, as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPolicy:
    """What has no default here is a setting: config/default.toml."""

    hold_seconds: float
    """How long events wait, without spending attempts, while their origin cannot be connected to; 0: not at all."""
    auto_replay: bool
    """Replay a lane's dead letters, each once, when its endpoint works again and is still the session's."""
    default_url: str
    """Where the events of sessions without a webhook of their own go."""
    pending_max: int
    """Deliveries that one session may have waiting; beyond it, all but messages are put aside."""
    keep_seconds: float
    """How long an event, a delivery that is over, a received message's id and a dead link are kept."""
    audit_keep_seconds: float
    """How long an entry of the audit trail is kept."""
    journal_keep_seconds: float
    """How long a message that is over, with its idempotency key, is kept."""
