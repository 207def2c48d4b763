"""What the simulator keeps: accounts, devices, groups, messages and their arrivals, as plain records."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

STATUS = "status@broadcast"
"""Where posts go that all contacts see for a day."""


def is_group(wid: str) -> bool:
    return wid.endswith("@g.us")


@dataclass(frozen=True)
class Account:
    """A number that exists on WhatsApp.

    ``lid_addressed`` accounts reach others under their hidden id (``…@lid``), as WhatsApp does after its
    migration; the others under their number (``…@c.us``). ``saved``: in whose address books it is, all or some.
    ``number_unknown``: whoever has not saved it, nor asked for its number, sees its hidden id only.
    """

    phone: str
    name: str
    pushname: str
    is_business: bool
    lid: str
    lid_addressed: bool = False
    online: bool = True
    saved: bool | tuple[str, ...] = False
    number_unknown: bool = False
    about: str = "Hey there! I am using WhatsApp."
    picture: str | None = None
    blocked: tuple[str, ...] = ()

    @property
    def wid(self) -> str:
        return f"{self.phone}@c.us"

    @property
    def lid_wid(self) -> str:
        return f"{self.lid}@lid"

    def is_saved_by(self, phone: str) -> bool:
        return self.saved if isinstance(self.saved, bool) else phone in self.saved

    @property
    def address(self) -> str:
        """The id under which others see this account."""
        return self.lid_wid if self.lid_addressed else self.wid


@dataclass(frozen=True)
class Device:
    """A linked WhatsApp Web. ``linked`` turns true when the page says that it has stored its login."""

    id: str
    phone: str
    number: int
    token: str
    since: float
    linked: bool = False


@dataclass(frozen=True)
class Group:
    """``participants`` and ``admins`` are phones; ``requests`` and ``past`` are phones with epoch seconds.

    ``kind`` is WhatsApp's own: DEFAULT, COMMUNITY, LINKED_ANNOUNCEMENT_GROUP, LINKED_SUBGROUP.
    """

    id: str
    subject: str
    participants: tuple[str, ...]
    created: int
    admins: tuple[str, ...] = ()
    description: str | None = None
    description_id: str | None = None
    announce: bool = False
    restrict: bool = False
    approval: bool = False
    everyone_adds: bool = False
    ephemeral: int = 0
    invite: str | None = None
    requests: tuple[tuple[str, int], ...] = ()
    past: tuple[tuple[str, int], ...] = ()
    parent: str | None = None
    kind: str = "DEFAULT"
    picture: str | None = None
    creator: str | None = None


@dataclass(frozen=True)
class Media:
    """``sha256`` in hex; the bytes lie in the state folder under that name."""

    sha256: str
    size: int
    mimetype: str
    file_name: str | None = None


@dataclass
class Message:
    """One message as the server accepted it. ``to`` is ``phone@c.us`` or a group id; ``acks`` by recipient.

    ``content`` are the page's attributes of its kind; ``target`` is the message that a reaction, an edit … is about.
    """

    id: str
    sender: str
    to: str
    type: str
    t: int
    body: str | None = None
    caption: str | None = None
    quoted: str | None = None
    mentions: tuple[str, ...] = ()
    media: Media | None = None
    acks: dict[str, int] = field(default_factory=dict)
    target: str | None = None
    content: Json | None = None

    @property
    def key(self) -> str:
        """Message ids are unique per sender only."""
        return f"{self.sender}/{self.id}"


@dataclass(frozen=True)
class Arrival:
    """A line of an inbox."""

    seq: int
    phone: str
    message: str


@dataclass(frozen=True)
class Delivery:
    """Something a device has not confirmed yet. ``n`` orders all deliveries."""

    n: int
    device: str
    type: str
    data: Json


@dataclass(frozen=True)
class Call:
    """``caller`` and ``callee`` are phones; ``t`` in epoch seconds."""

    id: str
    caller: str
    callee: str
    video: bool
    t: int
    state: str = "ringing"
