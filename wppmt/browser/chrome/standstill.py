"""Frees a page that stands still before it has told of anything: something in it never ends, and the bridge can say what."""

from __future__ import annotations

import time
from collections.abc import Callable

from wppmt.browser.cdp.deadlines import Schedule
from wppmt.browser.port import Beat, Notice

LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 12.0
"""Without a sign of life; what hangs has to be told before the session gives up."""


class Standstill:
    """Watches from the navigation to the page's first event, or its end."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._heard_at = 0.0
        self._is_over = False

    def watch(self, interrupt: Callable[[], None]) -> None:
        self._heard_at = time.monotonic()
        self._look(interrupt)

    def heard(self, notice: Notice) -> None:
        """Whose timers run, though it has nothing to tell, does not stand still."""
        self._heard_at = time.monotonic()
        self._is_over = self._is_over or not isinstance(notice, Beat)

    def end(self) -> None:
        self._is_over = True

    def _look(self, interrupt: Callable[[], None]) -> None:
        if self._is_over:
            return
        if time.monotonic() - self._heard_at > PATIENCE_SECONDS:
            self._heard_at = time.monotonic()
            interrupt()
        self._schedule(LOOK_SECONDS, lambda: self._look(interrupt))
