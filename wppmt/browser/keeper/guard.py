"""Who ends browsers that nobody may vouch for any more, whatever the daemon does: it may be stopped, or dead."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Protocol


class Guard(Protocol):
    """Its methods may be called by any thread, and don't block for long. Raise OSError where nobody guards.

    `term` is the number of the right by which a browser runs: one that is told under another than the current one is ended at
    once, since whoever told of it was stopped in between.
    """

    def expect(self, session_id: str, end: socket.socket, term: int) -> None:
        """Before the browser at the other end of this line is started: from here on its line is cut when the time is up."""

    def expect_no_more(self, session_id: str) -> None:
        """It was not started."""

    def watch(self, session_id: str, pid: int, end: socket.socket, term: int) -> None:
        """It is started, or taken over; `pid` is its process group, too."""

    def watches(self, session_id: str) -> bool:
        """Whether it was told of a browser of this session, by this daemon."""

    def until(self, term: int, close_at: float, kill_at: float) -> None:
        """The current right, and when all browsers are closed, and killed, unless a later moment is told before.

        Seconds of CLOCK_BOOTTIME; all 0: nobody closes them any more.
        """


class Unguarded:
    """Nobody but this machine may open its sessions: there is nothing to guard. A keeper that did so for a former daemon hears it."""

    def __init__(self, until: Callable[[int, float, float], None] = lambda *_: None) -> None:
        self._until = until

    def expect(self, session_id: str, end: socket.socket, term: int) -> None: ...

    def expect_no_more(self, session_id: str) -> None: ...

    def watch(self, session_id: str, pid: int, end: socket.socket, term: int) -> None: ...

    def until(self, term: int, close_at: float, kill_at: float) -> None:
        self._until(term, close_at, kill_at)

    def watches(self, session_id: str) -> bool:  # noqa: ARG002 - the port's
        return False
