"""What can be asked of a session's page about chats, people, groups, labels and calls, or be changed there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Question(StrEnum):
    """The value is the name of the page's function."""

    CHATS = "chats"
    CHAT_MESSAGES = "chat_messages"
    CHANGE_CHAT = "change_chat"
    CHAT_PRESENCE = "chat_presence"
    CONTACTS = "contacts"
    CONTACT = "contact"
    PICTURE = "picture"
    BLOCKED = "blocked"
    BLOCK = "block"
    PROFILE = "profile"
    CHANGE_PROFILE = "change_profile"
    GROUPS = "groups"
    GROUP = "group"
    CREATE_GROUP = "create_group"
    CHANGE_GROUP = "change_group"
    LEAVE_GROUP = "leave_group"
    CHANGE_PARTICIPANTS = "change_participants"
    GROUP_INVITE = "group_invite"
    JOIN_GROUP = "join_group"
    LABELS = "labels"
    CREATE_LABEL = "create_label"
    DELETE_LABEL = "delete_label"
    REJECT_CALL = "reject_call"


READS = {
    Question.CHATS,
    Question.CHAT_MESSAGES,
    Question.CONTACTS,
    Question.CONTACT,
    Question.PICTURE,
    Question.BLOCKED,
    Question.PROFILE,
    Question.GROUPS,
    Question.GROUP,
    Question.LABELS,
}
"""These change nothing: one that was not answered may be asked again."""


@dataclass(frozen=True, slots=True)
class PageQuery:
    """To a session. Answered with the page's JSON; chats and messages in it as callers know them."""

    question: Question
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)
