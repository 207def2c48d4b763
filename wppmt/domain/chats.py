"""Which kinds of chats there are beside those with a person."""

from __future__ import annotations

from collections.abc import Collection

IGNORABLE = ("groups", "channels", "status", "broadcasts")
"""What a session may choose not to hear of."""
IGNORED_AT_FIRST = ("channels", "status")
"""Who answers customers wants neither: it would answer what nobody asked it."""


def kind_of(chat_id: str) -> str:
    """One of IGNORABLE; empty for a person's."""
    if chat_id == "status@broadcast":
        return "status"
    kinds = {"g.us": "groups", "newsletter": "channels", "broadcast": "broadcasts"}
    return kinds.get(chat_id.partition("@")[2], "")


def is_ignored(chat_id: str, ignored: Collection[str]) -> bool:
    return kind_of(chat_id) in ignored
