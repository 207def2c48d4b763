"""The messages of the fake's account that something may be done to, by a caller's id; and how long it may be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wppmt.browser.fake.world import FakeProfile
from wppmt.domain.content import body_of
from wppmt.domain.message_ids import parse_message_id

EDIT_SECONDS = 20 * 60
REVOKE_SECONDS = 2.5 * 86400


class Untargeted(Exception):
    """No such message, or several; `about` are their whole ids."""

    def __init__(self, reason: str, about: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.about = about


@dataclass(frozen=True, slots=True)
class Target:
    """A message sent or received."""

    id: str
    chat: str
    type: str
    text: str
    at: float
    is_own: bool = False

    @property
    def whole_id(self) -> str:
        return f"{str(self.is_own).lower()}_{self.chat}_{self.id}"


def meant(profile: FakeProfile, message_id: str) -> Target:
    """The one that a short or whole id means. Raises Untargeted."""
    parts = parse_message_id(message_id)
    found = [
        one
        for one in _targets(profile)
        if one.id == parts.id and (not parts.chat or (one.chat, one.is_own) == (parts.chat, parts.is_own))
    ]
    if not found:
        raise Untargeted("message_not_found")
    if len(found) > 1:
        raise Untargeted("ambiguous_message_id", tuple(one.whole_id for one in found))
    return found[0]


def _targets(profile: FakeProfile) -> Iterator[Target]:
    for message_id, sent in profile.sent.items():
        if "target" not in sent["more"]:
            type_ = sent["more"].get("type", "chat")
            yield Target(message_id, sent["to"], type_, sent["text"], sent["at"], is_own=True)
    for one in profile.received:
        yield Target(
            one["id"], one["chatId"], one["type"], body_of(one["type"], one["content"]), one["timestamp"]
        )
