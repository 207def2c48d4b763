"""The timer messages of a session's sending parts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TypingDone:
    id: str


@dataclass(frozen=True, slots=True)
class UploadDue:
    """Try again to give the page the file."""


@dataclass(frozen=True, slots=True)
class AnswerDue:
    """The request has waited long enough: it is answered 202."""

    id: str


@dataclass(frozen=True, slots=True)
class OutcomeDue:
    """The outcome deadline of this message is over: what is not known by now is reported as unknown."""

    id: str


@dataclass(frozen=True, slots=True)
class FindDue:
    """Ask the page again whether it holds this message."""

    id: str


SendingTimer = TypingDone | UploadDue | AnswerDue | OutcomeDue | FindDue
