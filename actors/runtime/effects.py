"""What a mind may ask for: `handle(message, now)` returns effects, and the interpreter performs them.

A mind never touches a thread, a socket or the clock, so the same code runs under Pykka in production and under
a seeded single-threaded scheduler in tests. The store is the one exception: it is injected and called directly,
because a refused commit must leave the logic's own state untouched.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from actors.runtime.browser_effects import BrowserEffect
from wppmt.domain.errors import Refusal
from wppmt.domain.log import LogLevel
from wppmt.domain.occurrences import Occurrence
from wppmt.domain.overview import Overview
from wppmt.store.outbox_records import Delivery, SigningSecrets
from wppmt.store.records import SessionStatus


class Reply(Protocol):
    """Where the answer of an Ask goes. A mind never calls it; it returns an Answer effect."""

    @property
    def request_id(self) -> str:
        """Of the HTTP request behind it, which log lines and events then name; empty where there is none."""

    def take(self) -> bool: ...

    def answer(self, value: Any) -> None: ...


@dataclass(frozen=True, slots=True)
class Ask:
    """A request that waits for an answer. Give it, at once or later, with an Answer effect."""

    message: Any
    reply: Reply


def request_of(message: object) -> str:
    """The id of the HTTP request that this message is, or stands for; empty where there is none."""
    return message.reply.request_id if isinstance(message, Ask) else ""


@dataclass(frozen=True, slots=True)
class Answer:
    reply: Reply
    value: Any | Refusal


@dataclass(frozen=True, slots=True)
class Tell:
    """Put a message into another actor's mailbox; without such an actor it is dropped."""

    to: str
    message: object


@dataclass(frozen=True, slots=True)
class Wake:
    """Send `message` to this actor itself, after so many seconds. Never cancelled: the message shows whether it is stale."""

    seconds: float
    message: object


@dataclass(frozen=True, slots=True)
class Publish:
    """Make this the session's published status."""

    status: SessionStatus


@dataclass(frozen=True, slots=True)
class PublishOverview:
    """Make this what everybody reads of the service as a whole."""

    overview: Overview


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Remove the status of a purged session."""

    session_id: str


@dataclass(frozen=True, slots=True)
class SpawnSession:
    """A new SessionActor for the registry row, replacing what the Directory held under its address."""

    session_id: str


@dataclass(frozen=True, slots=True)
class SpawnSharedActor:
    """A new actor for what all sessions share (webhooks, monitor), with its first message."""

    address: str


@dataclass(frozen=True, slots=True)
class AbandonSession:
    """Take the session's actor out of the Directory: it is dead, hung or no longer needed."""

    session_id: str


@dataclass(frozen=True, slots=True)
class DeleteFile:
    """A file that was sent, or never will be."""

    path: str


@dataclass(frozen=True, slots=True)
class Post:
    """Sign and deliver one webhook attempt; the webhook actor gets Attempted."""

    delivery: Delivery
    attempt: int
    secrets: SigningSecrets | None


@dataclass(frozen=True, slots=True)
class Log:
    """One log line (docs/contract.md 9). No phone, text, QR or secret in `details`."""

    level: LogLevel
    event: str
    session_id: str | None = None
    details: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """What has happened is counted."""

    occurrence: Occurrence


@dataclass(frozen=True, slots=True)
class Stop:
    """End the actor that returns this."""


Effect = (
    BrowserEffect
    | Answer
    | Tell
    | Wake
    | Publish
    | PublishOverview
    | Withdraw
    | SpawnSession
    | SpawnSharedActor
    | AbandonSession
    | DeleteFile
    | Post
    | Log
    | Count
    | Stop
)


class Mind(Protocol):
    """An actor that decides. It touches no thread, socket, file or clock, and so never blocks."""

    def handle(self, message: object, now: float) -> Iterable[Effect]:
        """What to do about `message` at epoch second `now`."""


@runtime_checkable
class Worker(Protocol):
    """An actor that acts, and may block as long as that takes: nobody but itself waits for it."""

    def do(self, message: object, now: float) -> Iterable[Effect]:
        """Do what `message` asks for, from epoch second `now` on; effects that tell others of it."""
