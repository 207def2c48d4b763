"""What a checked token or key allows."""

from __future__ import annotations

from dataclasses import dataclass

from wppmt.domain.scopes import OF_TENANTS, Scope


@dataclass(frozen=True, slots=True)
class Grant:
    """`sessions` None: TurboZap's own token, every session (option C)."""

    sessions: frozenset[str] | None
    scopes: frozenset[Scope] = OF_TENANTS
    who: str | None = None
    """Of a token its `sub`, of a key its name; for the audit trail."""
    expires_at: float = float("inf")
    """Epoch second from which on a stream ends; a token's next request has the leeway on top."""
    key_id: str = ""
    """Of a key; empty for a token."""

    @property
    def is_admin(self) -> bool:
        return Scope.ADMIN in self.scopes

    def may(self, session_id: str) -> bool:
        return self.sessions is None or session_id in self.sessions

    def covers(self, sessions: frozenset[str] | None) -> bool:
        """Whether all of these (None: every session) are its own, too."""
        return self.sessions is None or (sessions is not None and sessions <= self.sessions)
