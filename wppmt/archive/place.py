"""The folders of one installation, as far as archives go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ARRIVING, ARRIVED = ".arriving-", ".arrived-"
"""Beside the profiles, with the session's id: what is being unpacked; a login that waits for its rows' commit."""
PART = ".part"
"""How the name of an archive ends while it is written; it begins with a dot."""
SUFFIX = ".wppmt"


@dataclass(frozen=True, slots=True)
class Place:
    """`database`: the store's file. `tokens`: where profiles are. `outgoing`: files of messages on their way out."""

    database: Path
    tokens: Path
    outgoing: Path

    @property
    def staging(self) -> Path:
        """Where archives are put together. It is on the installation's own disk: an archive may go to another's."""
        return self.database.parent / "archive"

    def profile(self, session_id: str) -> Path:
        return self.tokens / session_id

    def arriving(self, session_id: str) -> Path:
        return self.tokens / f"{ARRIVING}{session_id}"

    def arrived(self, session_id: str) -> Path:
        return self.tokens / f"{ARRIVED}{session_id}"
