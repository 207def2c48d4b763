"""By what right a session's browser is on this machine, and who ends it when that is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from socket import socket

from wppmt.browser.keeper.guard import Guard
from wppmt.browser.port import Right


@dataclass(slots=True)
class Permit:
    """Of one life of one session's browser."""

    profile: Path
    right: Right
    guard: Guard
    _term: int = field(default=0, init=False)
    _is_expected: bool = field(default=False, init=False)

    def require(self) -> None:
        """Nothing is spawned or taken over that has not passed here. Raises StartFailed, OSError."""
        self._term = self.right(self.profile.name, self.profile)

    def expect(self, end: socket) -> None:
        """Whoever guards has the line before there is a browser: this process may be stopped at any moment. Raises OSError."""
        self._is_expected = True
        self.guard.expect(self.profile.name, end, self._term)

    def watch(self, group: int, end: socket) -> None:
        """Raises OSError."""
        self.guard.watch(self.profile.name, group, end, self._term)
        self._is_expected = False

    def ended(self) -> None:
        """There is no browser any more; it may never have been one."""
        if self._is_expected:
            self.guard.expect_no_more(self.profile.name)
