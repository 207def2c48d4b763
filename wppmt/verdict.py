"""What the page's facts mean for a session: pure (design.md, rule 7)."""

from __future__ import annotations

from enum import StrEnum

from wppmt.browser import Facts


class Verdict(StrEnum):
    """The page's own account of itself, reduced to what a session reacts to."""

    MAIN = "main"
    QR = "qr"
    PHONE_OFFLINE = "phone_offline"
    NETWORK = "network"
    CONFLICT = "conflict"
    UPDATE_NEEDED = "update_needed"
    UNDECIDED = "undecided"
    """On the way: opening, pairing, synchronising."""


def verdict(facts: Facts) -> Verdict:
    """One meaning for one set of facts; the order is the order of what would hide what."""
    if facts.needs_update or facts.mode == "DEPRECATED_VERSION":
        return Verdict.UPDATE_NEEDED
    if facts.mode == "CONFLICT":
        return Verdict.CONFLICT
    if facts.mode == "QR" and not facts.authenticated:
        return Verdict.QR
    if not facts.registered and not facts.authenticated:
        return Verdict.UNDECIDED
    if facts.mode == "OFFLINE":
        return Verdict.NETWORK
    if facts.mode == "MAIN" and facts.authenticated:
        return Verdict.MAIN if facts.phone_online else Verdict.PHONE_OFFLINE
    return Verdict.UNDECIDED
