"""A session's timers for pure logic: arming gives a Wake effect, and a stale Due is recognised by its number."""

from __future__ import annotations

from itertools import count

from actors.runtime.effects import Wake
from actors.session.messages import Due, Timer


class Timers:
    """At most one live timer a name; arming it again replaces it."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._armed: dict[Timer, int] = {}

    def arm(self, timer: Timer, seconds: float) -> Wake:
        number = next(self._numbers)
        self._armed[timer] = number
        return Wake(seconds, Due(timer, number))

    def disarm(self, *timers: Timer) -> None:
        for timer in timers:
            self._armed.pop(timer, None)

    def is_armed(self, timer: Timer) -> bool:
        return timer in self._armed

    def take(self, due: Due) -> bool:
        """Whether `due` is the live one of its name; it is spent by asking."""
        if self._armed.get(due.timer) != due.number:
            return False
        del self._armed[due.timer]
        return True
