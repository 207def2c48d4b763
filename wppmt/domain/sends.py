"""What the HTTP front asks of a session to send, and what it answers (docs/contract.md 5)."""

from __future__ import annotations

from dataclasses import dataclass, field

from wppmt.domain.outgoing import Content
from wppmt.domain.units import MEGABYTE


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The caller's key, and what was asked under it: the same key may come again only with the same fingerprint."""

    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class SendText:
    """To a session. `to` is digits or a chat id. Answered with Sent; refuses NOT_CONNECTED, QUEUE_FULL, …"""

    to: str
    text: str
    typing_ms: int = 0
    quoted_id: str | None = None
    mentions: tuple[str, ...] = ()
    link_preview: bool = False
    reference: str = ""
    """The caller's own: repeated in every answer and event about the message, and never interpreted."""
    respond_async: bool = False
    idempotency: Idempotency | None = None


@dataclass(frozen=True, slots=True)
class SendMedia:
    """To a session, as SendText. The file at `path` is the session's from now on: it is deleted when it is settled."""

    to: str
    kind: str
    """image, video, audio, voice, sticker or document."""
    path: str
    size: int
    mimetype: str
    file_name: str
    caption: str = ""
    view_once: bool = False
    gif: bool = False
    """A video that plays by itself, over and over."""
    note: bool = False
    """A round video note."""
    waveform: bytes = b""
    """Of a voice note, as phones draw it, with its length; empty: the page looks."""
    seconds: int = 0
    typing_ms: int = 0
    quoted_id: str | None = None
    mentions: tuple[str, ...] = ()
    reference: str = ""
    respond_async: bool = False
    idempotency: Idempotency | None = None


@dataclass(frozen=True, slots=True)
class AnnounceMedia:
    """To a session, before a file is fetched for a SendMedia: could it be sent, or was it accepted before?

    Answered with None, or with the Sent of the message accepted under this key; refuses as SendMedia would now.
    """

    idempotency: Idempotency | None = None


@dataclass(frozen=True, slots=True)
class SendContent:
    """To a session, as SendText, of any kind that needs no file. `to` of an act is its message's chat, or empty."""

    to: str
    content: Content
    typing_ms: int = 0
    quoted_id: str | None = None
    mentions: tuple[str, ...] = ()
    reference: str = ""
    respond_async: bool = False
    idempotency: Idempotency | None = None


Send = SendText | SendMedia | SendContent

MEDIA_SECONDS_PER_MB = 4.0
"""What moving, encrypting and handing over a file may take on top of a text's deadline."""


def extra_seconds(typing_ms: int, size: int) -> float:
    """How much longer than a text without typing a send may take; `size` in bytes, 0 for texts."""
    return typing_ms / 1000 + MEDIA_SECONDS_PER_MB * size / MEGABYTE


@dataclass(frozen=True, slots=True)
class Sent:
    """`ack` 1 and more: WhatsApp's server has it (200). 0: pending, the rest comes by `message_ack` (202)."""

    id: str
    to: str
    ack: int
    timestamp: float
    reference: str = ""
    accepted_at: float | None = None
    """When the session took it on."""
    handed_at: float | None = None
    """When it was given to WhatsApp's page; from then on WhatsApp was waited for."""
    is_repeat: bool = field(default=False, compare=False)
    """What was answered before, under the same idempotency key."""
