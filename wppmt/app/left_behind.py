"""Browsers of a former daemon that did not promise to close them in time: until they are taken over or ended, nothing may be promised."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from wppmt.browser.keeper.guard import Guard
from wppmt.cluster import stamps


class Browsers(Protocol):
    """A part of wppmt.app.browsers.TenantBrowsers."""

    @property
    def guard(self) -> Guard: ...

    def left(self) -> Collection[str]: ...


class LeftBehind:
    """As of the start of the daemon; a session leaves it when its browser is guarded, or gone."""

    def __init__(self, tokens: Path, browsers: Browsers) -> None:
        self._browsers = browsers
        self._sessions = {name for name in browsers.left() if not _was_guarded(tokens / name)}

    def __contains__(self, session_id: object) -> bool:
        if not isinstance(session_id, str) or session_id not in self._sessions:
            return False
        is_over = self._browsers.guard.watches(session_id) or session_id not in self._browsers.left()
        if is_over:
            self._sessions.discard(session_id)
        return not is_over


def _was_guarded(profile: Path) -> bool:
    """It was opened under a guard, which lives on with it or took it along."""
    try:
        stamp = stamps.read(profile)
    except OSError:
        return False
    return stamp is not None and stamp.fences
