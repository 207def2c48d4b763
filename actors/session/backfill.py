"""Messages that arrived while no page was connected: read from the chats once a new page shows the main screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from actors.runtime.effects import Effect, Log
from actors.session.messages import Called
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import CallFailure, CallResult, Json

MARGIN_SECONDS = 120.0
"""WhatsApp's clock and ours may differ. What was received before is recognised by its id."""
AT_ONCE = 500


class Backfill:
    """Follows `record.heard_until`: every message that WhatsApp took before that moment is in the log."""

    def __init__(self, work: UnitOfWork, page: Page, policy: SessionPolicy) -> None:
        self._work = work
        self._page = page
        self._policy = policy
        self._filled = ""
        """The page whose chats were asked, or are being asked."""
        self._is_asking = False
        self._noticed_at = 0.0
        """When the page's last notice came."""

    def noticed(self, at: float) -> None:
        self._noticed_at = at

    def look(self, now: float) -> Iterator[Effect]:
        """The page is usable. What it receives after its last notice it reports as events."""
        record = self._work.record
        if not record.heard_until:
            # A phone was linked just now: messages from before are not reported.
            self._filled = record.page
            yield from self._work.write(now, heard_until=self._noticed_at)
        elif self._filled != record.page:
            self._filled, self._is_asking = record.page, True
            yield self._ask(int(record.heard_until - MARGIN_SECONDS))
        elif not self._is_asking:
            self._work.note(heard_until=self._noticed_at)

    def found(self, outcome: CallResult) -> Sequence[Json]:
        """The answer's messages, oldest first."""
        return [] if isinstance(outcome, CallFailure) else outcome["messages"]

    def go_on(self, outcome: CallResult) -> Iterator[Effect]:
        """Once the messages are in the log. A call that failed is made again at the next beat."""
        self._is_asking = False
        if isinstance(outcome, CallFailure):
            self._filled = ""
            return
        messages = outcome["messages"]
        if len(messages) == AT_ONCE and messages[-1]["timestamp"] > messages[0]["timestamp"]:
            self._is_asking = True
            yield self._ask(int(messages[-1]["timestamp"]))
        elif not outcome["complete"]:
            yield Log("warning", "backfill_incomplete", self._work.record.id)

    def _ask(self, since: int) -> Effect:
        arguments = {"t": since, "limit": AT_ONCE}
        return self._page.call(Called.BACKFILL, "messages_after", arguments, self._policy.call_deadline)
