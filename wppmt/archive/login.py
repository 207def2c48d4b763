"""Which login goes into an archive.

Newest first: the copy that was taken just now, from a browser that was stopped in order for it; the profile itself, while
no browser has it; else the last copy that is as it was when it was taken. The rows are of now, so a login
of now is preferred: WhatsApp's encryption goes on with every message, and an old state of it has to be mended by the
other side, message by message.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from wppmt.archive.refusal import ArchiveRefused, Why
from wppmt.browser.profile.folder import ProfileFolder, ProfileLocked
from wppmt.browser.profile.snapshots import Snapshots


@dataclass(frozen=True, slots=True)
class Logins:
    """`tokens`: where profiles are. `copies`: those that were taken of them."""

    tokens: Path
    copies: Snapshots

    def newest_copy(self, session_id: str) -> Path | None:
        """The files of the newest good one; reads and checks all of it."""
        return self.copies.latest(session_id)

    @contextmanager
    def of(self, session_id: str, before: Path | None) -> Iterator[Path]:
        """A folder to which nobody writes within the block. `before` is what `newest_copy` was when a new one was asked for.

        Raises ArchiveRefused(NO_LOGIN).
        """
        copy = self.newest_copy(session_id)
        with ExitStack() as held:
            if copy is not None and copy != before:
                yield copy
            elif self._is_held(session_id, held):
                yield self.tokens / session_id
            elif copy is not None:
                yield copy
            else:
                raise ArchiveRefused(
                    Why.NO_LOGIN,
                    f"O navegador de {session_id} está aberto e não há cópia boa do login (WPP_LOGIN_COPIES): encerre a"
                    " sessão e tente de novo",
                )

    def _is_held(self, session_id: str, held: ExitStack) -> bool:
        """Whether the profile is there, and ours until `held` is left."""
        folder = ProfileFolder(self.tokens, session_id)
        if not folder.path.is_dir():
            return False
        try:
            held.enter_context(folder.writer())
        except ProfileLocked:
            return False
        return True
