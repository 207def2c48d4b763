"""Looks for messages that the page holds and no event told of: a connection that looks well may be deaf."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from actors.runtime.effects import Effect, Log
from actors.session.inventory_watch import InventoryWatch
from actors.session.messages import Called, Timer
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import CallFailure, CallResult, Json

AT_ONCE = 500
DEAF_LOOKS = 2
"""So many looks in a row that find something, and the page does not tell what it receives."""


class SelfCheck:
    """Compares, while connected. No message is sent for it."""

    def __init__(
        self,
        work: UnitOfWork,
        page: Page,
        inventory_watch: InventoryWatch,
        timers: Timers,
        policy: SessionPolicy,
    ) -> None:
        self._work = work
        self._page = page
        self._inventory_watch = inventory_watch
        self._timers = timers
        self._policy = policy
        self._is_asking = False
        self._strikes = 0

    def look(self) -> Iterator[Effect]:
        """At the end of every turn."""
        if not self._page.is_usable:
            self._timers.disarm(Timer.COMPARE)
            self._is_asking, self._strikes = False, 0
        elif not self._is_asking and not self._timers.is_armed(Timer.COMPARE):
            yield self._timers.arm(Timer.COMPARE, self._policy.compare_seconds)

    def ask(self) -> Iterator[Effect]:
        self._is_asking = True
        deadline = self._policy.call_deadline
        yield self._page.call(Called.COMPARE, "unheard", {"limit": AT_ONCE}, deadline)

    def found(self, outcome: CallResult) -> Sequence[Json]:
        """Oldest first. A page that cannot be asked proves nothing."""
        self._is_asking = False
        return [] if isinstance(outcome, CallFailure) else outcome["messages"]

    def answered(self, missed: int, now: float) -> Iterator[Effect]:
        """So many of them were news."""
        self._strikes = self._strikes + 1 if missed else 0
        if missed:
            details = {"messages": missed, "inARow": self._strikes}
            yield Log("warning", "messages_unheard", self._work.record.id, details)
        if self._strikes >= DEAF_LOOKS:
            yield from self._inventory_watch.hears_nothing(now)
