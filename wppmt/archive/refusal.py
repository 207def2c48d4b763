"""Why an archive is not written, or not taken in."""

from __future__ import annotations

from enum import StrEnum


class Why(StrEnum):
    """For programs; the exception's text is for people."""

    NO_KEY = "no_key"
    NO_SESSION = "no_session"
    NO_LOGIN = "no_login"
    """There is a login, and no good copy of it can be had now."""
    NOT_AN_ARCHIVE = "not_an_archive"
    WRONG_KEY = "wrong_key"
    DAMAGED = "damaged"
    """Cut, or changed by somebody without the key."""
    FORGED = "forged"
    """Whole, but it holds what no archive of ours does."""
    NEWER = "newer"
    """Format, database schema or Chrome profile of a version after this one."""
    EXISTS = "exists"
    TOO_LARGE = "too_large"


class ArchiveRefused(Exception):
    """Nothing was changed. The text is a Portuguese sentence without a full stop."""

    def __init__(self, why: Why, text: str) -> None:
        super().__init__(text)
        self.why = why


def forged(what: str) -> ArchiveRefused:
    return ArchiveRefused(Why.FORGED, f"O arquivo tem o que nenhum arquivo do wppmt tem: {what}")
