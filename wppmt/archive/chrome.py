"""Which Chrome has written a profile: one that is newer than ours would be thrown away by it, and the login with it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from wppmt.archive.refusal import ArchiveRefused, Why

LAST_VERSION = "Last Version"
"""Chrome's own file in the profile."""
PREFERENCES = "Default/Preferences"
_VERSION = re.compile(r"\d+(\.\d+){0,3}", re.ASCII)


def profile_version(*profiles: Path) -> str:
    """What the first of these says that says anything; empty: none does."""
    found = (version for profile in profiles for version in (_last(profile), _preferred(profile)))
    return next(filter(None, found), "")


def require_not_newer(profile: str, ours: str) -> None:
    """Chrome's data are of its major version. Raises ArchiveRefused."""
    if _major(profile) > _major(ours) > 0:
        raise ArchiveRefused(
            Why.NEWER, f"O perfil é de um Chrome mais novo ({profile}; aqui há o {ours}): atualize o Chromium"
        )


def _last(profile: Path) -> str:
    try:
        return _only_version((profile / LAST_VERSION).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return ""


def _preferred(profile: Path) -> str:
    """As Chrome notes it for its extensions, at each start."""
    try:
        noted = json.loads((profile / PREFERENCES).read_bytes())["extensions"]["last_chrome_version"]
        return _only_version(str(noted))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def _only_version(text: str) -> str:
    found = _VERSION.fullmatch(text.strip())
    return found[0] if found else ""


def _major(version: str) -> int:
    return int(version.partition(".")[0] or 0)
