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
