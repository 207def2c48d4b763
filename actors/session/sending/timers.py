"""What the sending parts of a session say to themselves later, by a Wake."""

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
    """The asker has waited long enough: 202."""

    id: str


@dataclass(frozen=True, slots=True)
class OutcomeDue:
    """Whatever is not known of this message now is reported as it is."""

    id: str


@dataclass(frozen=True, slots=True)
class FindDue:
    """Ask the page again whether it holds this message."""

    id: str


SendingTimer = TypingDone | UploadDue | AnswerDue | OutcomeDue | FindDue
