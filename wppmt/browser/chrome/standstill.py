"""Frees a page that stands still before it has told of anything: something in it never ends, and the bridge can say what."""

from __future__ import annotations

import time
from collections.abc import Callable

from wppmt.browser.cdp.deadlines import Schedule
from wppmt.browser.port import Beat, Notice, PageEvent

LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 12.0
"""Without a sign of life; what hangs has to be told before the session gives up."""
FOUND = {"ready", "facts_changed"}
"""What the bridge tells once it has wa-js, or knows that there is none. A code, or how the last page ended, comes before."""


class Standstill:
    """Watches from the navigation until the bridge knows its page, or the page's end."""

    def __init__(self, schedule: Schedule, clock: Callable[[], float] = time.monotonic) -> None:
        self._schedule = schedule
        self._clock = clock
        self._heard_at = 0.0
        self._is_over = False

    def watch(self, interrupt: Callable[[], None]) -> None:
        self._heard_at = self._clock()
        self._look(interrupt)

    def heard(self, notice: Notice) -> None:
        """Whose timers run, though it has nothing to tell, does not stand still."""
        self._heard_at = self._clock()
        self._is_over = self._is_over or _is_last(notice)

    def end(self) -> None:
        self._is_over = True

    def _look(self, interrupt: Callable[[], None]) -> None:
        if self._is_over:
            return
        if self._clock() - self._heard_at > PATIENCE_SECONDS:
            self._heard_at = self._clock()
            interrupt()
        self._schedule(LOOK_SECONDS, lambda: self._look(interrupt))


def _is_last(notice: Notice) -> bool:
    match notice:
        case Beat():
            return False
        case PageEvent(name=name):
            return name in FOUND
        case _:
            return True
