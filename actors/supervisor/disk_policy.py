"""When browsers must not run because the disk of the logins is nearly full. Chrome must never write to a full disk.

A database that could not write is damaged, and the next browser may delete it (wppmt/browser/profile/mending.py). So below
the mark every browser is ended in order while there still is room to do it, and none starts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from actors.runtime.browser_effects import KillBrowser
from actors.runtime.effects import Effect, Log, Tell
from actors.session.messages import DiskShort
from wppmt.domain.messages import session_address
from wppmt.domain.shortages import Resource, Shortage

ENOUGH = 1.25
"""Times the mark: from here on there is room again."""
FULL = 0.05
"""Of the mark. With less than that nothing is written any more, be it a session's state or a login."""
FULL_LOOKS = 8
"""After so many measurements in a row with a full disk, browsers that still run are killed."""


class DiskPolicy:
    """Whether browsers may run, as Root sees it. 0 MB: always."""

    def __init__(self, folder: str = "", min_free_mb: int = 0) -> None:
        self.is_short = False
        self._folder = folder
        self._min_free_mb = min_free_mb
        self._full_looks = 0
        self._free_mb = min_free_mb

    @property
    def shortage(self) -> Shortage | None:
        return Shortage(Resource.DISK, self._free_mb, self.enough_mb) if self.is_short else None

    def measured(self, free_mb: int, sessions: Collection[str]) -> Iterator[Effect]:
        """What to do when this crosses the mark, in either direction."""
        self._free_mb = free_mb
        if not self.is_short and free_mb < self._min_free_mb:
            self.is_short = True
            note = (
                f"Pouco espaço em disco em {self._folder}: {free_mb} MB livres, mínimo {self._min_free_mb} MB."
                f" Libere espaço: as sessões voltam sozinhas com {self.enough_mb} MB livres"
            )
            yield Log("error", "disk_short", None, self._details(free_mb) | {"note": note})
            for session_id in sessions:
                yield self.announce(session_id)
        elif self.is_short and free_mb >= self.enough_mb:
            self.is_short = False
            yield Log("info", "disk_free", None, self._details(free_mb))
        yield from self._when_full(free_mb, sessions)

    def _when_full(self, free_mb: int, sessions: Collection[str]) -> Iterator[Effect]:
        """Kill what still runs: a page that reopens its damaged database would have it deleted."""
        self._full_looks = self._full_looks + 1 if free_mb < FULL * self._min_free_mb else 0
        if self._full_looks == FULL_LOOKS:
            for session_id in sessions:
                yield KillBrowser(session_id)

    def announce(self, session_id: str) -> Effect:
        return Tell(session_address(session_id), DiskShort())

    @property
    def enough_mb(self) -> int:
        return round(ENOUGH * self._min_free_mb)

    def _details(self, free_mb: int) -> dict[str, object]:
        return {"folder": self._folder, "freeMb": free_mb, "minFreeMb": self._min_free_mb}
