"""What WhatsApp has told of an account's limits on new contacts, and how it is shown beside the session's own. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from wppmt.domain.times import iso


class Source(StrEnum):
    """Who says so."""

    WHATSAPP = "whatsapp"
    """Read in WhatsApp's page."""
    GATEWAY = "gateway"
    """Counted by us, after a refusal of which WhatsApp did not tell more."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """As last told; `…_until` are epoch seconds, 0 where none holds."""

    reachout_until: float = 0.0
    """No new contact is written to before this moment: the cool-down."""
    reachout_kind: str = ""
    """WhatsApp's word for why."""
    reachout_source: Source = Source.UNKNOWN
    quota_until: float = 0.0
    """The same, for the quota of new chats."""
    quota_source: Source = Source.UNKNOWN
    quota_status: str = ""
    quota_used: int | None = None
    quota_total: int | None = None
    cycle_ends: float = 0.0

    @property
    def without_count(self) -> AccountLimits:
        """What is worth an event: not each new chat."""
        return replace(self, quota_used=None)


UNKNOWN = AccountLimits()


@dataclass(frozen=True, slots=True)
class Budget:
    """New contacts of today."""

    per_day: int | None
    """None: no budget."""
    used: int
    resets_at: float


def shown(limits: AccountLimits, budget: Budget, *, paused: bool, now: float) -> Mapping[str, Any]:
    """As GET …/limits answers it (docs/contract.md 13)."""
    return {
        "coolDown": _cool_down(limits, now),
        "newChats": _new_chats(limits, now),
        "budget": {
            "perDay": budget.per_day or 0,
            "used": budget.used,
            "resetsAt": iso(budget.resets_at),
        },
        "paused": paused,
    }


def _cool_down(limits: AccountLimits, now: float) -> Mapping[str, Any]:
    is_active = limits.reachout_until > now
    return {
        "active": is_active,
        "kind": (limits.reachout_kind or None) if is_active else None,
        "until": iso(limits.reachout_until) if is_active else None,
        "source": _source(limits.reachout_source, is_active=is_active),
    }


def _new_chats(limits: AccountLimits, now: float) -> Mapping[str, Any]:
    ends = limits.cycle_ends or limits.quota_until
    is_current = ends > now
    return {
        "status": (limits.quota_status or None) if is_current else None,
        "used": limits.quota_used if is_current else None,
        "total": limits.quota_total if is_current else None,
        "cycleEndsAt": iso(ends) if is_current else None,
        "source": _source(limits.quota_source if is_current else Source.UNKNOWN, is_active=is_current),
    }


def _source(source: Source, *, is_active: bool) -> str:
    """A pause of our own that is over says nothing of WhatsApp."""
    return (Source.UNKNOWN if source is Source.GATEWAY and not is_active else source).value
