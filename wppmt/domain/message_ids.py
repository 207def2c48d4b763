"""WhatsApp's ids of messages, as callers keep them: short, or whole with the chat they are in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MessageId:
    """`chat` is empty when only the short id was given; it may be the phone's or the hidden form of a person."""

    id: str
    chat: str = ""
    is_own: bool = False


def parse_message_id(text: str) -> MessageId:
    """`3A…`, or `false_5511…@c.us_3A…`, or in a group `false_…@g.us_3A…_5511…@c.us`."""
    side, is_whole, rest = text.partition("_")
    if not is_whole:
        return MessageId(text)
    chat, _, message_id = rest.partition("_")
    return MessageId(message_id.partition("_")[0], chat.replace("@s.whatsapp.net", "@c.us"), side == "true")
