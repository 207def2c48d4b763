"""What keeps every browser of this machine from running: a disk that is nearly full, or sessions that may be another machine's."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from actors.runtime.effects import Effect, Tell
from actors.session.messages import Withhold
from actors.supervisor.disk_policy import DiskPolicy
from actors.supervisor.messages import DiskMeasured
from wppmt.domain.messages import MayRunBrowsers, session_address


class Gate:
    """As Root was told last. Who waits for a start slot goes on by itself when it opens."""

    def __init__(self, disk: DiskPolicy) -> None:
        self._disk = disk
        self._is_withheld = False
        """This machine can't prove in its cluster that its sessions are its own."""

    @property
    def is_closed(self) -> bool:
        return self._disk.is_short or self._is_withheld

    def told(self, news: DiskMeasured | MayRunBrowsers, sessions: Collection[str]) -> Iterator[Effect]:
        """What to do when it closes."""
        match news:
            case DiskMeasured(free_mb=free_mb):
                yield from self._disk.measured(free_mb, sessions)
            case MayRunBrowsers(may=may):
                was_withheld, self._is_withheld = self._is_withheld, not may
                for session_id in () if was_withheld or may else sessions:
                    yield self._withhold(session_id)

    def announce(self, session_id: str) -> Iterator[Effect]:
        """To one that was told to start, though it is closed."""
        if self._disk.is_short:
            yield self._disk.announce(session_id)
        if self._is_withheld:
            yield self._withhold(session_id)

    def _withhold(self, session_id: str) -> Effect:
        return Tell(session_address(session_id), Withhold())
