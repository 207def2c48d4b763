"""What the HTTP front asks of the actors and what they answer. Requests are imperative, answers are nouns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from wppmt.domain.contact_policy import PolicyChange
from wppmt.domain.hibernation import HibernationPlan
from wppmt.domain.reasons import Reason
from wppmt.store.outbox_records import DeadLetterFilter
from wppmt.store.records import SessionStatus

ROOT_ACTOR = "root"
WEBHOOK_ACTOR = "webhook"
ALERT_ACTOR = "alerts"
PRESSURE_ACTOR = "pressure"
"""Addresses of actors of which there is one."""


def session_address(session_id: str) -> str:
    """The mailbox of a session's actor."""
    return f"session:{session_id}"


@dataclass(frozen=True, slots=True)
class MayRunBrowsers:
    """Told to Root whenever it changes: whether this machine can prove, in its cluster, that its sessions are its own."""

    may: bool


@dataclass(frozen=True, slots=True)
class StartSession:
    """To Root. None leaves a setting of an existing session as it is. Answered with Started.

    Refuses RESOURCE_LIMIT (too many sessions, memory or disk short) and DRAINING.
    """

    session_id: str
    webhook_url: str | None = None
    description: str | None = None
    events: tuple[str, ...] | None = None
    max_messages_per_day: int | None = None
    pairing_phone: str | None = None
    proxy: str | None = None
    engine: str | None = None
    ignore: tuple[str, ...] | None = None
    """Kinds of chats of which nothing is told (wppmt.domain.chats.IGNORABLE)."""
    policy: PolicyChange | None = None
    hibernate: HibernationPlan | None = None
    """NEVER takes the plan away."""


@dataclass(frozen=True, slots=True)
class Started:
    """`created` tells 201 from 200; `webhook_secret` only when it was made by this very start."""

    created: bool
    status: SessionStatus
    webhook_secret: str | None = None


@dataclass(frozen=True, slots=True)
class RestartSession:
    """To Root; works in every state and for a hung actor. Clears counters and backoff. Answered with SessionStatus."""

    session_id: str


@dataclass(frozen=True, slots=True)
class RestartCrashed:
    """To Root: all in `error`, dead or hung; of these, if named, only `sessions`. Answered with CrashedRestarted."""

    sessions: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class CrashedRestarted:
    """`skipped`: left as they were, each with the reason: its login awaits a person's choice, or there is no room."""

    restarted: tuple[str, ...]
    skipped: tuple[tuple[str, Reason], ...] = ()


@dataclass(frozen=True, slots=True)
class Describe:
    """To Root: the live actor tree, answered with ActorTree."""


@dataclass(frozen=True, slots=True)
class CloseSession:
    """To a session: close the browser, keep the login, stay stopped. Answered with SessionStatus when closed."""


@dataclass(frozen=True, slots=True)
class ResetLogin:
    """To a session after TOKEN_CORRUPT: start anew with a QR. Answered with SessionStatus; else LOGIN_NOT_CORRUPT."""


@dataclass(frozen=True, slots=True)
class RestoreLogin:
    """To Root: start without a usable login, with the last good copy of one. Answered as ResetLogin.

    Refuses LOGIN_NOT_CORRUPT where a login is in use, and RESOURCE_LIMIT.
    """

    session_id: str


@dataclass(frozen=True, slots=True)
class CopyLogin:
    """To a session: keep a copy of its login as it is now, for which a connected browser is exchanged for a new one.

    Answered with None when the old one is down, or at once where there is none; refuses SESSION_BUSY while one comes up.
    """


@dataclass(frozen=True, slots=True)
class LogOut:
    """To a session: unlink at WhatsApp, then remove the profile. Answered with LoggedOut."""


@dataclass(frozen=True, slots=True)
class PurgeSession:
    """To Root: log out and forget everything. Answered with LoggedOut."""

    session_id: str


@dataclass(frozen=True, slots=True)
class MakeLink:
    """To Root: the session's one pairing link, replacing an earlier one; a stopped session is started.

    Answered with SessionStatus. Refuses ALREADY_CONNECTED where a login is in use, RESOURCE_LIMIT and SESSION_BUSY.
    """

    session_id: str
    digest: str
    expires_at: float
    expected_phone: str = ""
    return_url: str = ""


@dataclass(frozen=True, slots=True)
class OpenLink:
    """To Root: somebody looks at the link's page for the first time; from here on its codes count.

    Answered with SessionStatus. Refuses LINK_ENDED, RESOURCE_LIMIT and SESSION_BUSY.
    """

    session_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class AskPairingCode:
    """To a session: a code to be typed on this phone, beside the QR code. Answered with SessionStatus; it comes later.

    Refuses LINK_ENDED, and RATE_LIMITED after a few.
    """

    digest: str
    phone: str


@dataclass(frozen=True, slots=True)
class RevokeLink:
    """To a session: its pairing link, if there is one, is dead. Answered with SessionStatus."""


@dataclass(frozen=True, slots=True)
class LoggedOut:
    unlinked: bool


@dataclass(frozen=True, slots=True)
class SetWebhook:
    """To a session; an empty url removes the own webhook. Answered with SessionWebhook."""

    url: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConfigureSession:
    """To a session: None leaves a setting as it is. Answered with SessionStatus."""

    description: str | None = None
    ignore: tuple[str, ...] | None = None
    policy: PolicyChange | None = None
    hibernate: HibernationPlan | None = None
    """NEVER takes the plan away."""
    proxy: str | None = None
    engine: str | None = None
    """Both count from the next start of the browser on; empty: the default one."""


@dataclass(frozen=True, slots=True)
class RotateWebhookSecret:
    """To a session: a new secret; the old one stays valid for 24 h. Answered with SessionWebhook."""


@dataclass(frozen=True, slots=True)
class SessionWebhook:
    """`secret` only when it was made by this very request."""

    url: str
    events: tuple[str, ...]
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class ReplayDeadLetters:
    """To the webhook actor: deliver them again, to `endpoint` or, when empty, where they went before.

    Ids and bodies stay. Answered with how many (int), at most some thousands at once: ask again while there are more.
    """

    which: DeadLetterFilter
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class CheckNumber:
    """To a session: is this number (digits) on WhatsApp? Answered with NumberCheck."""

    phone: str


@dataclass(frozen=True, slots=True)
class NumberCheck:
    """`resolved` is the number as WhatsApp has it (Brazil's ninth digit)."""

    valid: bool
    resolved: str | None
    is_business: bool


@dataclass(frozen=True, slots=True)
class FetchMedia:
    """To a session: bring a received message's media, by any of its ids, to where received media is kept.

    Answered with None when it is there; refuses NOT_FOUND when WhatsApp has it no more, PAYLOAD_TOO_LARGE.
    """

    message_id: str


@dataclass(frozen=True, slots=True)
class RotateAlertSecret:
    """To the alerts' actor. Answered with the new `whsec_…` of their webhook; the one before lives on for a day."""


@dataclass(frozen=True, slots=True)
class TakeScreenshot:
    """To a session: what its page shows now. Answered with the bytes of a PNG; refuses NOT_RUNNING without a page."""


@dataclass(frozen=True, slots=True)
class ActorTree:
    """Rows for `GET /api/admin/actors`, plain JSON."""

    actors: tuple[dict[str, Any], ...]


class Front(Protocol):
    """The HTTP front's interface to the actors."""

    async def ask(self, address: str, message: object, deadline: float) -> Any:
        """The answer within `deadline` seconds.

        Raises the actor's Refusal; Refusal(SESSION_NOT_FOUND) for an unknown address; Refusal(SESSION_BUSY) when
        it surely was not done; Refusal(OUTCOME_UNKNOWN) when it was taken up but not answered in time.
        """

    def status(self, session_id: str) -> SessionStatus | None:
        """The last published status; never waits for the actor."""

    def statuses(self) -> tuple[SessionStatus, ...]:
        """Of all sessions, in order of their ids."""
