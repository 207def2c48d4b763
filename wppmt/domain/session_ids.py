"""What a session may be called: a name that is safe in an address, in a file's name and in a log."""

from __future__ import annotations

import re

_SESSION_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?", re.ASCII)


def is_session_id(text: str) -> bool:
    return bool(_SESSION_ID.fullmatch(text))
