"""What the store keeps for whoever runs the service, as plain frozen values. Times are epoch seconds (float)."""

from __future__ import annotations

from dataclasses import dataclass

from wppmt.domain.scopes import Scope


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A static key for programs that can't renew a token; of the key itself only the digest is kept."""

    id: str
    digest: str
    """Of the whole key: SHA-256 in hexadecimal."""
    name: str
    sessions: frozenset[str] | None
    """None: all, also those to come."""
    scopes: frozenset[Scope]
    created_at: float
    expires_at: float
    networks: tuple[str, ...] = ()
    """From where it may be used, each as `10.0.0.0/8`; empty: from anywhere."""
    last_used_at: float | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, and when; never changed."""

    at: float
    action: str
    """A word of wppmt.domain.actions."""
    who: str | None = None
    """A token's `sub`, a key's name, or the service itself; None: a token that does not say."""
    address: str | None = None
    session_id: str | None = None
    target: str | None = None
    """What it was done to, beside the session: a key's name, a reason code."""
    request_id: str | None = None
    """Of the request, as in its answer and its log line."""
    id: int = 0
    """The store's; grows."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to deliver an event."""

    event_id: str
    session_id: str
    at: float
    """When it began."""
    status: int | None
    """None: there was no answer."""
    duration_ms: int
    answer: str | None = None
    """Its beginning; None where it is no text, or is not kept."""
    error: str = ""
    """Why it failed, in a sentence; empty: it did not."""
