"""What is asked of the actors when a session comes from an archive, or goes to another instance."""

from __future__ import annotations

from dataclasses import dataclass

from wppmt.domain.reasons import Reason
from wppmt.store.move_records import Departure


@dataclass(frozen=True, slots=True)
class RequireRoom:
    """To Root: may a further session run? Answered with None; refuses RESOURCE_LIMIT and DRAINING."""

    session_id: str


@dataclass(frozen=True, slots=True)
class TakeUp:
    """To Root: a session has come into the registry that no start has made; it goes on from there. Answered with SessionStatus.

    Refuses SESSION_NOT_FOUND.
    """

    session_id: str
    reason: Reason = Reason.DAEMON_RESTARTED
    """Why it has to be connected anew."""


@dataclass(frozen=True, slots=True)
class PrepareToLeave:
    """To a session: take nothing new, let what is being sent come to its end, close the browser, and write nothing more.

    Answered with None when that is so; then it waits for GiveAway or Stay. Refuses SESSION_BUSY.
    """

    departure: Departure


@dataclass(frozen=True, slots=True)
class GiveAway:
    """To a session that is prepared: the one commit by which it belongs to another instance, and is forgotten here.

    `sequence` is that of the newest event which the other instance has. Answered with None. Refuses SESSION_BUSY where
    the session is not prepared for this departure (any more), or more has happened in it.
    """

    departure: Departure
    sequence: int


@dataclass(frozen=True, slots=True)
class Stay:
    """To a session that may be prepared: it goes on here, as before. Answered with None."""


@dataclass(frozen=True, slots=True)
class PauseWebhooks:
    """To the webhook actor: start no attempt of this session. Answered with None when none is in flight or unsettled."""

    session_id: str


@dataclass(frozen=True, slots=True)
class ArePaused:
    """To the webhook actor: whether the session's webhooks have been paused since, all the time. Answered with a bool."""

    session_id: str


@dataclass(frozen=True, slots=True)
class ResumeWebhooks:
    """To the webhook actor. Answered with None."""

    session_id: str
