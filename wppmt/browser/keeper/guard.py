"""Who ends browsers that nobody may vouch for any more, whatever the daemon does: it may be stopped, or dead."""

from __future__ import annotations

import socket
from typing import Protocol


class Guard(Protocol):
    """Its methods may be called by any thread, and don't block for long. Raise OSError where nobody guards."""

    def expect(self, session_id: str, end: socket.socket) -> None:
        """Before the browser at the other end of this line is started: from here on its line is cut when the time is up."""

    def watch(self, session_id: str, pid: int, end: socket.socket) -> None:
        """It is started, or taken over; `pid` is its process group, too."""

    def until(self, close_at: float, kill_at: float) -> None:
        """When all browsers are closed, and when they are killed, unless a later moment is told before. CLOCK_BOOTTIME, seconds."""


class Unguarded:
    """Nobody but this machine may open its sessions: there is nothing to guard."""

    def expect(self, session_id: str, end: socket.socket) -> None: ...

    def watch(self, session_id: str, pid: int, end: socket.socket) -> None: ...

    def until(self, close_at: float, kill_at: float) -> None: ...
