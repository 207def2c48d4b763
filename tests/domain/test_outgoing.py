"""What a reaction may be, and how a contact card is written."""

from __future__ import annotations

import pytest

from wppmt.domain.emoji import is_emoji
from wppmt.domain.outgoing import ContactCard
from wppmt.domain.vcard import vcard


@pytest.mark.parametrize("emoji", ["👍", "👍🏽", "❤️", "❤", "🇧🇷", "👨‍👩‍👧", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "™", "↔️", "🫶"])
def test_one_emoji_is_one(emoji: str):
    assert is_emoji(emoji)


@pytest.mark.parametrize("text", ["", "a", "1", "👍👍", "👍 ", "ok👍", "\u200d", "🇧", "<b>"])
def test_anything_else_is_none(text: str):
    assert not is_emoji(text)


def test_a_card_is_escaped():
    assert vcard(ContactCard("Silva, Ana; ME\\EPP", "5511988887777", "Pão & Cia; Ltda")).split("\n") == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        "N:;Silva\\, Ana\\; ME\\\\EPP;;;",
        "FN:Silva\\, Ana\\; ME\\\\EPP",
        "ORG:Pão & Cia\\; Ltda",
        "TEL;type=CELL;type=VOICE;waid=5511988887777:+5511988887777",
        "END:VCARD",
    ]
