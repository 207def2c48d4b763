"""How a session's account stands towards strangers, from what the store keeps."""

from __future__ import annotations

from collections.abc import Callable

from wppmt.domain.contact_policy import ContactPolicy
from wppmt.domain.stranger_gate import StrangerGate
from wppmt.store.records import SessionRecord

ContactsSince = Callable[[float], frozenset[str]]
"""New contacts since a moment (Store.contacts_since)."""


def gate_of(
    record: SessionRecord, default: ContactPolicy, contacts_since: ContactsSince, now: float
) -> StrangerGate:
    """`default`: the daemon's policy, for a session that has none of its own."""
    policy = record.contact_policy or default
    today, _ = policy.day_of(now)
    return StrangerGate(
        policy=policy,
        linked_at=record.linked_at or record.created_at,
        contacts=contacts_since(today),
        next_first=max(record.next_first, record.first_handed_at + policy.gap_min),
        now=now,
    )
