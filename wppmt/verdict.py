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
    RESTRICTED = "restricted"
    PASSKEY = "passkey"
    UNDECIDED = "undecided"
    """On the way: opening, pairing, synchronising."""


STOPPED = {
    "DEPRECATED_VERSION": Verdict.UPDATE_NEEDED,
    "CONFLICT": Verdict.CONFLICT,
    "TOS_BLOCK": Verdict.RESTRICTED,
    "SMB_TOS_BLOCK": Verdict.RESTRICTED,
}
"""Stream modes in which WhatsApp waits for somebody."""
UNREACHABLE = {"OFFLINE", "PROXYBLOCK"}


def verdict(facts: Facts) -> Verdict:
    """One meaning for one set of facts; the order is the order of what would hide what."""
    if facts.needs_update:
        return Verdict.UPDATE_NEEDED
    if facts.mode in STOPPED:
        return STOPPED[facts.mode]
    if facts.dialog == "passkey" and not facts.authenticated:
        return Verdict.PASSKEY
    if facts.mode == "QR" and not facts.authenticated:
        return Verdict.QR
    if not facts.registered and not facts.authenticated:
        return Verdict.UNDECIDED
    if facts.mode in UNREACHABLE:
        return Verdict.NETWORK
    if facts.mode == "MAIN" and facts.authenticated:
        return Verdict.MAIN if facts.phone_online else Verdict.PHONE_OFFLINE
    return Verdict.UNDECIDED
