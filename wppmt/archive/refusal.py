"""Why an archive is not written, or not taken in."""

from __future__ import annotations

import sqlite3
from enum import StrEnum

from wppmt.domain.system_errors import explain


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


def reason_of(failure: Exception) -> str:
    """In a Portuguese sentence; of what nobody foresaw, its kind alone."""
    match failure:
        case ArchiveRefused():
            return str(failure)
        case FileExistsError():
            return f"{failure.filename2 or failure.filename or 'O arquivo'} já existe"
        case OSError():
            return f"{failure.filename or 'O disco'} não pode ser usado: {explain(failure)}"
        case sqlite3.Error():
            return f"O banco de dados não pode ser usado agora ({failure})"
        case _:
            return f"Erro inesperado ({type(failure).__name__})"


def forged(what: str) -> ArchiveRefused:
    return ArchiveRefused(Why.FORGED, f"O arquivo tem o que nenhum arquivo do wppmt tem: {what}")
