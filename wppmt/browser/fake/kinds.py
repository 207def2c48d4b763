"""PURE: kinds of messages as the fake's inboxes show them, which is as the simulator's do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Arguments = Mapping[str, Any]


def _location(arguments: Arguments) -> dict[str, Any]:
    where = {"latitude": arguments["latitude"], "longitude": arguments["longitude"]}
    return {"location": where | {name: arguments[name] or None for name in ("name", "address")}}


def _contacts(arguments: Arguments) -> dict[str, Any]:
    return {
        "contacts": [
            {"name": card["displayName"], "phones": re.findall(r"waid=(\d+)", card["vcard"])}
            for card in arguments["cards"]
        ]
    }


def _poll(arguments: Arguments) -> dict[str, Any]:
    return {"poll": {name: arguments[name] for name in ("question", "options", "multiple")}}


def _pix(arguments: Arguments) -> dict[str, Any]:
    return {"pix": {name: arguments[name] for name in ("keyType", "key", "name")}}


def media_type(arguments: Arguments) -> str:
    """WhatsApp's word."""
    if arguments.get("ptt"):
        return "ptt"
    return "ptv" if arguments.get("note") else str(arguments["kind"])


SHOWN: Mapping[str, tuple[str, Callable[[Arguments], dict[str, Any]]]] = {
    "send_location": ("location", _location),
    "send_contacts": ("vcard", _contacts),
    "send_poll": ("poll_creation", _poll),
    "send_pix": ("interactive", _pix),
}
"""By bridge.js's function: WhatsApp's type, and what else is shown."""
