"""What a caller may do at all; which sessions it may do it to is another question. No scope includes another."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Scope(StrEnum):
    READ = "read"
    SEND = "send"
    CONTROL = "control"
    """Starts, stops and configures."""
    ADMIN = "admin"


ADMIN_CLAIM = "wpp:admin"
"""How a token says it: its issuer's `admin` may mean anything."""
OF_TENANTS = frozenset({Scope.READ, Scope.SEND, Scope.CONTROL})


def scopes_of_claims(words: Iterable[str]) -> frozenset[Scope]:
    """Of a token: one that names none of read, send and control has these three."""
    said = frozenset(words)
    named = frozenset(scope for scope in OF_TENANTS if scope in said)
    admin = frozenset({Scope.ADMIN} if ADMIN_CLAIM in said else ())
    return (named or OF_TENANTS) | admin
