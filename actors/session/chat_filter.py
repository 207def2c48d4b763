"""Which kinds of chats a session does not want to hear of: kept with it, and told to each page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actors.runtime.effects import Effect
from actors.session.messages import Called
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.unit_of_work import UnitOfWork
from wppmt.domain.chats import is_ignored


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatFilter:
    work: UnitOfWork
    page: Page
    policy: SessionPolicy

    def tell_page(self) -> Iterator[Effect]:
        """It spares the page the telling; whatever it tells all the same is left out here."""
        if self.page.is_usable:
            arguments = {"kinds": list(self.work.record.ignore)}
            yield self.page.call(Called.FILTER, "ignore", arguments, self.policy.call_deadline)

    def keeps_out(self, chat_id: str) -> bool:
        return is_ignored(chat_id, self.work.record.ignore)
