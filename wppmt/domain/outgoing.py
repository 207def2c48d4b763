"""What goes out beside texts and files: every kind of message that needs no file, and acts on a message that is there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """In degrees; `name` and `address` may be empty."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class ContactCards:
    """One or several."""

    cards: tuple[ContactCard, ...]


@dataclass(frozen=True, slots=True)
class ContactCard:
    """`phone` in digits."""

    name: str
    phone: str
    organization: str = ""


@dataclass(frozen=True, slots=True)
class Poll:
    """`multiple`: several options may be chosen."""

    question: str
    options: tuple[str, ...]
    multiple: bool = False


@dataclass(frozen=True, slots=True)
class PixKey:
    """`key` as `wppmt.domain.pix` writes it."""

    key_type: str
    key: str
    name: str
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class Forward:
    """The message with this id, sent or received, is sent on. Ids are short, or whole with their chat."""

    message_id: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """An empty `emoji` takes it back."""

    message_id: str
    emoji: str


@dataclass(frozen=True, slots=True)
class Edit:
    message_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Deletion:
    """For everyone, or in this account only."""

    message_id: str
    for_everyone: bool


Act = Reaction | Edit | Deletion
"""No message of its own: it changes one that is there, and goes to that one's chat."""
Content = Location | ContactCards | Poll | PixKey | Forward | Act
