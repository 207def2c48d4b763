"""Messages go out, and media comes in, while and only while a connected session's page shows WhatsApp's main screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actors.runtime.effects import Effect
from actors.session.arrivals import Arrivals
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.chat_filter import ChatFilter
from actors.session.page_calls import Page
from actors.session.screen import Screen
from actors.session.sending.new_contacts import NewContacts
from actors.session.sending.queue import SendQueue
from actors.session.unit_of_work import UnitOfWork
from wppmt.domain.page_condition import PageCondition
from wppmt.domain.states import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Tells those who use the page when it can be used, and when no longer."""

    work: UnitOfWork
    page: Page
    screen: Screen
    browser: BrowserLifecycle
    sending: SendQueue
    new_contacts: NewContacts
    arrivals: Arrivals
    chat_filter: ChatFilter

    def look(self, now: float) -> Iterator[Effect]:
        """At the end of every turn."""
        if not self._is_usable:
            self.page_lost()
        elif not self.page.is_usable:
            self.page.is_usable = True
            yield from self.chat_filter.tell_page()
            yield from self.sending.usable(now)
            yield from self.new_contacts.ask()
            yield from self.arrivals.pump()

    def page_lost(self) -> None:
        """What was handed to it is in doubt until the next one shows the main screen, be it in the same turn."""
        if self.page.is_usable:
            self.page.is_usable = False
            self.sending.lost()
            self.arrivals.lost()

    @property
    def _is_usable(self) -> bool:
        is_connected = self.work.record.state is State.CONNECTED
        return is_connected and self.browser.is_live and self.screen.condition is PageCondition.MAIN
