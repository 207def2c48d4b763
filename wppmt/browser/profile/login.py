"""Whether a page's login has reached the disk: WhatsApp's page reads it back from localStorage alone.

Chrome gathers what a page puts into localStorage and writes it one second later (5 s, and under load a minute, without
--enable-aggressive-domstorage-flushing: measured with Chromium 156). A browser that is killed before has lost it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from wppmt.browser.profile.leveldb import NotUnderstood, WriteAheadLog, operations

LOCAL_STORAGE = "Default/Local Storage/leveldb"
ACCOUNT = "last-wid-md"
"""WhatsApp's name for the linked account."""
ENCODINGS = {0: "utf-16-le", 1: "latin-1"}
"""Chrome's first byte of a name or value."""


def is_saved(profile: Path, origin: str, items: Mapping[str, str]) -> bool:
    """Whether the newest values on the disk are these, told by their SHA-256.

    Seen is what Chrome has written since it was started. That holds the account's name, with which a login begins; what
    else makes a login, and is older, was written before it.
    """
    newest: dict[str, str | None] = {}
    try:
        for name, value in _written(profile / LOCAL_STORAGE, origin):
            if name in items:
                newest[name] = None if value is None else sha256(value.encode()).hexdigest()
    except (OSError, NotUnderstood, UnicodeDecodeError):
        return False
    return ACCOUNT in newest and all(newest[name] == items[name] for name in newest)


def _written(folder: Path, origin: str) -> Iterator[tuple[str, str | None]]:
    """Names and values in the order of their writing; None where one was removed."""
    start = f"_{origin}\0".encode()
    for log in sorted(folder.glob("*.log"), key=lambda file: (len(file.name), file.name)):
        for record in WriteAheadLog(log.read_bytes()).records:
            if start not in record.content:
                continue
            for key, value in operations(record.content):
                if key.startswith(start):
                    yield _text(key.removeprefix(start)), None if value is None else _text(value)


def _text(stored: bytes) -> str:
    """Raises NotUnderstood."""
    encoding = ENCODINGS.get(stored[0]) if stored else None
    if encoding is None:
        raise NotUnderstood
    return stored[1:].decode(encoding)
