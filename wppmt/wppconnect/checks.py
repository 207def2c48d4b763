"""Whether a profile of wppconnect can be taken: it has a login, nobody uses it, and our Chromium can read it."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from wppmt.archive.chrome import profile_version, require_not_newer
from wppmt.archive.refusal import ArchiveRefused
from wppmt.browser.chrome import processes

LOGIN = "Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb"
"""WhatsApp's page keeps the device's keys here."""
DATABASES = (LOGIN, "Default/Local Storage/leveldb")
DATABASE_LOCK, CHROME_LOCK = "LOCK", "SingletonLock"


class Why(StrEnum):
    """For programs; the exception's text is for people."""

    TOKEN_ONLY = "TOKEN_ONLY"  # noqa: S105 - no secret
    NO_NAME = "NO_NAME"
    NO_LOGIN = "NO_LOGIN"
    IN_USE = "IN_USE"
    NEWER_CHROME = "NEWER_CHROME"
    SESSION_EXISTS = "SESSION_EXISTS"
    NO_ROOM = "NO_ROOM"
    UNREADABLE = "UNREADABLE"


class NotTaken(Exception):
    """Nothing was changed. The text is a Portuguese sentence without a full stop."""

    def __init__(self, why: Why, text: str) -> None:
        super().__init__(text)
        self.why = why


def require_takeable(profile: Path, ours: str) -> str:
    """The version of the Chromium that wrote it; `ours` is that of our own. Raises NotTaken, OSError."""
    theirs = profile_version(profile)
    if not theirs or not (profile / LOGIN).is_dir():
        raise NotTaken(Why.NO_LOGIN, "o perfil não tem login do WhatsApp: pareie de novo, com um QR Code")
    try:
        require_not_newer(theirs, ours)
    except ArchiveRefused as refused:
        raise NotTaken(Why.NEWER_CHROME, str(refused)) from None
    if user := _user(profile):
        raise NotTaken(Why.IN_USE, f"o perfil está em uso ({user}): encerre antes o wppconnect")
    return theirs


def _user(profile: Path) -> str:
    """Who has it open; empty: nobody.

    A lock on a database is seen across containers, too. Chrome's own lock names machine and process.
    """
    if any(_is_locked(profile / database / DATABASE_LOCK) for database in DATABASES):
        return "há um Chrome aberto nele"
    host, _, pid = _target(profile / CHROME_LOCK).rpartition("-")
    if host == socket.gethostname() and pid.isdecimal() and processes.is_alive(int(pid)):
        return f"processo {pid}"
    return ""


def _is_locked(file: Path) -> bool:
    for descriptor in _opened(file):
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _opened(file: Path) -> Iterator[int]:
    """Nothing, where there is no such file."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""
