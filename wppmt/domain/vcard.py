"""PURE: a contact card as WhatsApp's phones write it (vCard 3.0)."""

from __future__ import annotations

import re

from wppmt.domain.outgoing import ContactCard


def vcard(card: ContactCard) -> str:
    """`waid` is what lets whoever gets the card write to that number at once."""
    name = _escaped(card.name)
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:;{name};;;", f"FN:{name}"]
    if card.organization:
        lines.append(f"ORG:{_escaped(card.organization)}")
    lines += [f"TEL;type=CELL;type=VOICE;waid={card.phone}:+{card.phone}", "END:VCARD"]
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return re.sub(r"([\\;,])", r"\\\1", text)
