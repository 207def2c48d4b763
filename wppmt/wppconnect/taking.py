"""Makes a profile of wppconnect the profile of a session here: copied beside, named at the end, its source untouched."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from wppmt.archive.chrome import LAST_VERSION
from wppmt.archive.durable import flush, flush_tree
from wppmt.browser.profile.snapshots import copy_login, remove
from wppmt.domain.units import MEGABYTE
from wppmt.wppconnect.checks import NotTaken, Why, require_takeable
from wppmt.wppconnect.folders import Found

MARK = ".wppconnect.json"
"""In a profile that was taken: whose it was. As long as no session of the registry has it, it waits for one."""
BESIDE = ".taking-"
"""How a copy's name begins until it is whole; no session id begins with a dot."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where sessions' profiles are, and what they must be fit for."""

    tokens: Path
    chromium: str
    """The version of our own."""
    least_free_mb: int

    def take(self, found: Found) -> None:
        """Put a copy of its login in the place of the session's profile. Raises NotTaken, OSError.

        A copy that an earlier call has put there and that no session has yet is left as it is.
        """
        if waits(self.tokens, found.session_id):
            return
        if found.profile is None:
            raise NotTaken(Why.TOKEN_ONLY, "só há o token, que não tem login: pareie de novo, com um QR Code")
        if not found.session_id:
            raise NotTaken(Why.NO_NAME, "o nome não tem letra nem dígito que sirva em um id")
        place, made = self.tokens / found.session_id, self.tokens / f"{BESIDE}{found.session_id}"
        theirs = require_takeable(found.profile, self.chromium)
        if place.exists():
            raise NotTaken(Why.SESSION_EXISTS, f"já há um perfil de {found.session_id} em {self.tokens}")
        try:
            self._copy(found.profile, made, {"session": found.name, "chromium": theirs})
            made.rename(place)
        finally:
            remove(made)
        flush(self.tokens)

    def _copy(self, profile: Path, made: Path, mark: dict[str, str]) -> None:
        remove(made)
        copy_login(profile, made)
        self._require_room()
        (made / LAST_VERSION).write_text(mark["chromium"])
        (made / MARK).write_text(json.dumps(mark))
        flush_tree(made)

    def _require_room(self) -> None:
        """With the copy on the disk."""
        free = shutil.disk_usage(self.tokens).free
        if free < self.least_free_mb * MEGABYTE:
            text = f"ficariam só {free / MEGABYTE:.0f} MB livres em {self.tokens} (WPP_DISK_MIN_FREE_MB)"
            raise NotTaken(Why.NO_ROOM, text)


def waits(tokens: Path, session_id: str) -> bool:
    """Whether there is a profile that was taken. The registry tells whether a session has it."""
    return (tokens / session_id / MARK).is_file()
