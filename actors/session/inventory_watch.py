"""What a page has of what the gateway uses, and whether it tells what it receives; a page that does not is loaded anew."""

from __future__ import annotations

from collections.abc import Iterator

from actors.runtime.effects import Effect, Log
from actors.session.messages import Called, Timer
from actors.session.needs_person import RENEWAL_SECONDS, NeedsPerson
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.screen import Screen
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork
from wppmt.domain.page_condition import Facts, PageCondition
from wppmt.domain.states import Event, State


class InventoryWatch:
    """Follows the inventory of one page after the other."""

    def __init__(
        self,
        work: UnitOfWork,
        page: Page,
        screen: Screen,
        needs_person: NeedsPerson,
        timers: Timers,
        policy: SessionPolicy,
    ) -> None:
        self._work = work
        self._page = page
        self._screen = screen
        self._needs_person = needs_person
        self._timers = timers
        self._policy = policy
        self._reloaded_at = 0.0

    def take(self, facts: Facts, now: float) -> Iterator[Effect]:
        """What the page says of itself; one that is known to be deaf is not believed."""
        if self._screen.is_deaf and self._screen.condition is PageCondition.MAIN:
            self._screen.condition = PageCondition.CHANGED
        before, found = self._page.inventory, facts.inventory
        if found is None or found == before or self._screen.is_deaf:
            return
        self._page.inventory = found
        details = {"missing": found.names, "whatsappBuild": found.whatsapp_build, "waJs": found.wa_js}
        yield Log("info" if found.is_whole else "error", "inventory", self._work.record.id, details)
        if found.is_mended and not before.is_whole:
            # wa-js listens from the moment on at which the page is loaded: it hears again in a new one.
            yield from self.reload(now)

    def hears_nothing(self, now: float) -> Iterator[Effect]:
        """Messages lie in the page, and it told of none: until the next page, it does not count as receiving."""
        self._screen.is_deaf = True
        self._page.inventory = self._page.inventory.without_receiving()
        self._screen.condition = PageCondition.CHANGED
        yield from self._needs_person.on_trouble(now)
        if now - self._reloaded_at > RENEWAL_SECONDS:
            # A new page listens anew. One that is deaf again waits for its turn.
            self._reloaded_at = now
            yield from self.reload(now)

    def reload(self, now: float) -> Iterator[Effect]:
        """The page alone is loaded anew; its browser lives on. What this one still shows is not its successor's."""
        self._screen.distrust()
        record = self._work.record
        if record.state is not State.ERROR:
            yield from self._work.transition(now, Event.RESUMED, record.reason)
        yield self._timers.arm(Timer.SCREEN, self._policy.screen_deadline)
        yield self._page.call(Called.RELOAD, "reload", {}, self._policy.call_deadline)
