"""What the page's facts mean for a session: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class Facts:
    """What the page says about itself: in the answer to `facts`, in events that carry `facts`, in every Beat."""

    ready: bool = False
    """wa-js found WhatsApp's modules; without it nothing below means anything."""
    authenticated: bool = False
    registered: bool = False
    mode: str = ""
    """Stream.mode: QR, SYNCING, MAIN, OFFLINE, CONFLICT, …"""
    info: str = ""
    """Stream.displayInfo or Stream.info: OFFLINE, OPENING, PAIRING, NORMAL, …"""
    phone_online: bool = True
    """Conn.connected."""
    phone: str = ""
    pushname: str = ""
    platform: str = ""
    needs_update: bool = False
    dialog: str = ""
    """What WhatsApp shows over its screen: `passkey`, or `other` where a person has to look."""

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Facts:
        """From bridge.js's JSON; what it does not know is left as it is here."""
        return cls(
            ready=bool(facts.get("ready")),
            authenticated=bool(facts.get("authenticated")),
            registered=bool(facts.get("registered")),
            mode=str(facts.get("mode") or ""),
            info=str(facts.get("info") or ""),
            phone_online=bool(facts.get("phoneOnline", True)),
            phone=str(facts.get("phone") or ""),
            pushname=str(facts.get("pushname") or ""),
            platform=str(facts.get("platform") or ""),
            needs_update=bool(facts.get("needsUpdate")),
            dialog=str(facts.get("dialog") or ""),
        )


class PageCondition(StrEnum):
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
    "DEPRECATED_VERSION": PageCondition.UPDATE_NEEDED,
    "CONFLICT": PageCondition.CONFLICT,
    "TOS_BLOCK": PageCondition.RESTRICTED,
    "SMB_TOS_BLOCK": PageCondition.RESTRICTED,
}
"""Stream modes in which WhatsApp waits for somebody."""
UNREACHABLE = {"OFFLINE", "PROXYBLOCK"}


def classify_page(facts: Facts) -> PageCondition:
    """One meaning for one set of facts; the order is the order of what would hide what."""
    if facts.needs_update:
        return PageCondition.UPDATE_NEEDED
    if facts.mode in STOPPED:
        return STOPPED[facts.mode]
    if facts.dialog == "passkey" and not facts.authenticated:
        return PageCondition.PASSKEY
    if facts.mode == "QR" and not facts.authenticated:
        return PageCondition.QR
    if not facts.registered and not facts.authenticated:
        return PageCondition.UNDECIDED
    if facts.mode in UNREACHABLE:
        return PageCondition.NETWORK
    if facts.mode == "MAIN" and facts.authenticated:
        return PageCondition.MAIN if facts.phone_online else PageCondition.PHONE_OFFLINE
    return PageCondition.UNDECIDED
