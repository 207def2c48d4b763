"""What the page's facts mean for a session: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from wppmt.domain.inventory import Inventory


@dataclass(frozen=True, slots=True)
class Facts:
    """The page's own state: in the answer to `facts`, in events that carry `facts`, in every Beat."""

    ready: bool = False
    """wa-js found WhatsApp's modules; without it nothing below means anything."""
    authenticated: bool = False
    registered: bool = False
    mode: str = ""
    """Stream.mode: QR, SYNCING, MAIN, OFFLINE, …"""
    info: str = ""
    """Stream.info: OFFLINE, OPENING, PAIRING, SYNCING, RESUMING, NORMAL. (displayInfo hides trouble for 18 s.)"""
    socket: str = ""
    """Socket.state: OPENING, PAIRING, UNPAIRED, UNPAIRED_IDLE, CONNECTED, UNLAUNCHED."""
    stream: str = ""
    """Socket.stream: DISCONNECTED, SYNCING, RESUMING, CONNECTED."""
    caught_up: bool = True
    """False while WhatsApp's server delivers what came when the page was away."""
    phone_online: bool = True
    """False only where the page says that the phone is away, which a multi-device page never does."""
    phone: str = ""
    pushname: str = ""
    platform: str = ""
    needs_update: bool = False
    banned: bool = False
    """WhatsApp has suspended the account for a while."""
    inventory: Inventory | None = None
    """None until the page is sure of what it has of what the gateway uses."""
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
            socket=str(facts.get("socket") or ""),
            stream=str(facts.get("stream") or ""),
            caught_up=bool(facts.get("caughtUp", True)),
            phone_online=bool(facts.get("phoneOnline", True)),
            phone=str(facts.get("phone") or ""),
            pushname=str(facts.get("pushname") or ""),
            platform=str(facts.get("platform") or ""),
            needs_update=bool(facts.get("needsUpdate")),
            banned=bool(facts.get("banned")),
            inventory=Inventory.of(facts.get("inventory")),
            dialog=str(facts.get("dialog") or ""),
        )


class PageCondition(StrEnum):
    """The facts, reduced to what a session reacts to."""

    MAIN = "main"
    QR = "qr"
    QR_IDLE = "qr_idle"
    """A batch of codes is spent, and no further one comes by itself."""
    PHONE_OFFLINE = "phone_offline"
    NETWORK = "network"
    CONFLICT = "conflict"
    UPDATE_NEEDED = "update_needed"
    CHANGED = "changed"
    """WhatsApp has changed: what the gateway receives by is not there."""
    RESTRICTED = "restricted"
    BANNED = "banned"
    PASSKEY = "passkey"
    UNDECIDED = "undecided"
    """On the way: opening, pairing, synchronising."""


STOPPED = {
    "DEPRECATED_VERSION": PageCondition.UPDATE_NEEDED,
    "CONFLICT": PageCondition.CONFLICT,
    "TOS_BLOCK": PageCondition.RESTRICTED,
    "SMB_TOS_BLOCK": PageCondition.RESTRICTED,
}
"""Stream modes in which WhatsApp waits for somebody. Nothing in the builds of 2026 sets one of them."""
CUT_OFF_MODES = {"OFFLINE", "PROXYBLOCK"}
CUT_OFF_INFOS = {"OFFLINE", "OPENING"}
DISCONNECTED = "DISCONNECTED"
NOT_LAUNCHED = "UNLAUNCHED"
NO_MORE_CODES = "UNPAIRED_IDLE"


def classify_page(facts: Facts) -> PageCondition:
    """The condition for a set of facts; the first rule that matches wins."""
    if facts.needs_update:
        return PageCondition.UPDATE_NEEDED
    if facts.inventory and not facts.inventory.can_receive:
        return PageCondition.CHANGED
    if facts.banned:
        return PageCondition.BANNED
    if facts.mode in STOPPED:
        return STOPPED[facts.mode]
    if not facts.authenticated and (facts.dialog == "passkey" or facts.mode == "QR"):
        return _at_the_codes(facts)
    return _with_login(facts) if facts.registered or facts.authenticated else PageCondition.UNDECIDED


def _at_the_codes(facts: Facts) -> PageCondition:
    if facts.dialog == "passkey":
        return PageCondition.PASSKEY
    return PageCondition.QR_IDLE if facts.socket == NO_MORE_CODES else PageCondition.QR


def _with_login(facts: Facts) -> PageCondition:
    if _is_cut_off(facts):
        return PageCondition.NETWORK
    if facts.mode == "MAIN" and facts.authenticated and facts.inventory:
        return PageCondition.MAIN if facts.phone_online else PageCondition.PHONE_OFFLINE
    return PageCondition.UNDECIDED


def _is_cut_off(facts: Facts) -> bool:
    """Whether WhatsApp's server is away; a page that was synced once stays in MAIN then."""
    looks_for_it = facts.stream == DISCONNECTED and facts.socket != NOT_LAUNCHED
    return looks_for_it or facts.mode in CUT_OFF_MODES or facts.info in CUT_OFF_INFOS
