"""PURE: contact cards: written as WhatsApp's phones do (vCard 3.0), and read as strangers' phones wrote them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wppmt.domain.outgoing import ContactCard

_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r"(?:[\w-]+\.)?(?P<name>[\w-]+)(?P<parameters>;[^:\n]*)?:(?P<value>.*)")
"""A name may stand in a group: `item1.TEL`."""
_ESCAPED = re.compile(r"\\([\\;,nN])")
_WAID = re.compile(r"waid=(\d+)", re.IGNORECASE)


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


@dataclass(frozen=True, slots=True)
class Card:
    """`phones` are digits: WhatsApp's own form of a number where the card names it."""

    name: str
    phones: tuple[str, ...]


def read_card(vcard: str) -> Card:
    """Never fails: what can't be read is empty."""
    lines = [found for line in _FOLD.sub("", vcard).splitlines() if (found := _LINE.fullmatch(line.strip()))]
    full = [_plain(line["value"]) for line in lines if line["name"].upper() == "FN"]
    parts = [_name_of(line["value"]) for line in lines if line["name"].upper() == "N"]
    phones = [_digits(line) for line in lines if line["name"].upper() == "TEL"]
    name = next((name for name in (*full, *parts) if name), "")
    return Card(name, tuple(dict.fromkeys(phone for phone in phones if phone)))


def _digits(line: re.Match[str]) -> str:
    known = _WAID.search(line["parameters"] or "")
    return known[1] if known else re.sub(r"\D", "", line["value"])


def _name_of(value: str) -> str:
    """`family;given;…`."""
    parts = [_plain(part) for part in re.split(r"(?<!\\);", value)]
    return " ".join(part for part in (*parts[1:2], *parts[:1]) if part)


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], value).strip()
