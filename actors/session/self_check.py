"""Looks for messages that the page holds and no event told of: a connection that looks well may be deaf."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from actors.runtime.effects import Effect, Log
from actors.session.messages import Called
from actors.session.watched import Watched
from wppmt.browser.port import CallFailure, CallResult, Json

COMPARE = "compare"
AT_ONCE = 500
DEAF_LOOKS = 2
"""So many looks in a row that find something, and the page does not tell what it receives."""


class SelfCheck:
    """Compares, while connected. No message is sent for it."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._is_asking = False
        self._strikes = 0

    def look(self) -> Iterator[Effect]:
        """At the end of every turn."""
        if not self._watched.page.is_usable:
            self._watched.timers.disarm(COMPARE)
            self._is_asking, self._strikes = False, 0
        elif not self._is_asking and not self._watched.timers.is_armed(COMPARE):
            yield self._watched.timers.arm(COMPARE, self._watched.policy.compare_seconds)

    def ask(self) -> Iterator[Effect]:
        self._is_asking = True
        deadline = self._watched.policy.call_deadline
        yield self._watched.page.call(Called.COMPARE, "unheard", {"limit": AT_ONCE}, deadline)

    def found(self, outcome: CallResult) -> Sequence[Json]:
        """Oldest first. A page that cannot be asked proves nothing."""
        self._is_asking = False
        return [] if isinstance(outcome, CallFailure) else outcome["messages"]

    def answered(self, missed: int, now: float) -> Iterator[Effect]:
        """So many of them were news."""
        self._strikes = self._strikes + 1 if missed else 0
        if missed:
            details = {"messages": missed, "inARow": self._strikes}
            yield Log("warning", "messages_unheard", self._watched.work.record.id, details)
        if self._strikes >= DEAF_LOOKS:
            yield from self._watched.page_state.hears_nothing(now)
