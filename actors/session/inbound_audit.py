"""The inbound audit: what WhatsApp's page holds is compared with the event log, which is told what it lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from actors.runtime.effects import Effect, Log
from actors.session.inventory_watch import InventoryWatch
from actors.session.messages import Called, Timer
from actors.session.page_calls import Page
from actors.session.page_event_cursor import PageEventCursor
from actors.session.policy import SessionPolicy
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import CallFailure, CallResult, Json

MARGIN_SECONDS = 120.0
"""What came so long before the mark is compared again: WhatsApp's clock and ours may differ, and messages be late."""
AT_ONCE = 500
SETTLE_SECONDS = 2.0
"""From a connection on, until WhatsApp says that it is about to deliver what was missed."""
CATCH_UP_SECONDS = 60.0
"""For its end to be waited for; where WhatsApp never tells it, what comes later is for the next audit."""
RETRY_SECONDS = 10.0
DEAF_AUDITS = 2
"""So many in a row find something, and the page told of nothing in between."""


@dataclass(kw_only=True, eq=False)
class InboundAudit:
    """One at a time: after each connection, every `audit_seconds`, and when the page finds what it told nobody.

    `record.heard_until` is its mark, which moves only with what it has found in the log or put there. What it tells is
    recognised by chat, writer and id, so that a crash in between, or an event that comes late, tells nothing twice.
    """

    work: UnitOfWork
    page: Page
    cursor: PageEventCursor
    inventory_watch: InventoryWatch
    timers: Timers
    policy: SessionPolicy
    _is_asking: bool = field(default=False, init=False)
    _is_new: bool = field(default=True, init=False)
    """The connection has not been audited yet."""
    _wait_ends: float = field(default=0.0, init=False)
    _pause: float = field(default=SETTLE_SECONDS, init=False)
    _missed: int = field(default=0, init=False)
    """By the audit that is under way."""
    _deaf_audits: int = field(default=0, init=False)
    _life: str = field(default="", init=False)
    """Of the page, by its name: a new one has nothing more of what the one before told."""
    _noticed_at: float = field(default=0.0, init=False)
    """When the page's last notice came."""

    @property
    def is_settled(self) -> bool:
        """What came before this connection is in the log, and nothing is being asked."""
        return not (self._is_new or self._is_asking)

    def noticed(self, at: float) -> None:
        self._noticed_at = at

    def page_told(self) -> None:
        """By an event: it is not deaf, whatever it misses."""
        self._deaf_audits = 0

    def look(self, now: float) -> Iterator[Effect]:
        """At the end of every turn: only a usable page is asked."""
        if not self.page.is_usable:
            self._connection_lost()
            return
        if self.work.record.page != self._life:
            # It may have loaded anew while nobody heard it.
            self._connection_lost()
            self._life = self.work.record.page
        if not self.work.record.heard_until:
            # A phone was linked just now: messages from before are not reported.
            yield from self.work.write(now, heard_until=self._noticed_at + MARGIN_SECONDS)
        if not self._is_asking and not self.timers.is_armed(Timer.AUDIT):
            self._wait_ends = self._wait_ends or now + CATCH_UP_SECONDS
            yield self.timers.arm(Timer.AUDIT, self._pause)

    def due(self, now: float) -> Iterator[Effect]:
        """A new connection waits for what WhatsApp still delivers; `look` makes it due again."""
        if not self._is_new or self.page.is_caught_up or now >= self._wait_ends:
            yield from self._begin()

    def suspected(self) -> Iterator[Effect]:
        """The page holds what it told nobody. That of a new connection is due anyway."""
        if self.page.is_usable and not self._is_new and not self._is_asking:
            self.timers.disarm(Timer.AUDIT)
            yield from self._begin()

    def held(self, outcome: CallResult) -> Sequence[Json]:
        """The answer's messages, oldest first. A page that cannot be asked proves nothing."""
        return [] if isinstance(outcome, CallFailure) else outcome["messages"]

    def answered(self, outcome: CallResult, missed: int, now: float) -> Iterator[Effect]:
        """Once the messages are in the log, `missed` of which it lacked. A call that failed is made again."""
        self._is_asking = False
        if isinstance(outcome, CallFailure):
            self._pause = RETRY_SECONDS
            return
        self._missed += missed
        if outcome["more"]:
            yield self._ask(int(outcome["until"]))
        else:
            yield from self._end(outcome, now)

    def _connection_lost(self) -> None:
        self.timers.disarm(Timer.AUDIT)
        self._is_asking, self._is_new = False, True
        self._pause, self._wait_ends = SETTLE_SECONDS, 0.0
        self._deaf_audits = 0

    def _begin(self) -> Iterator[Effect]:
        self._missed = 0
        # First what is on its way as an event: that was not missed.
        yield from self.cursor.catch_up()
        yield self._ask(int(self.work.record.heard_until - MARGIN_SECONDS))

    def _ask(self, since: int) -> Effect:
        self._is_asking = True
        arguments = {"t": since, "limit": AT_ONCE}
        return self.page.call(Called.AUDIT, "messages_after", arguments, self.policy.call_deadline)

    def _end(self, outcome: Json, now: float) -> Iterator[Effect]:
        record = self.work.record
        yield from self._tell(outcome)
        yield from self.work.write(
            now,
            heard_until=max(record.heard_until, float(outcome["until"])),
            inbound_missed=record.inbound_missed + self._missed,
            missed_in_a_row=self._in_a_row(),
        )
        self._deaf_audits = self._deaf_audits + 1 if self._missed and not self._is_new else 0
        self._is_new, self._pause = False, self.policy.audit_seconds
        if self._deaf_audits >= DEAF_AUDITS:
            yield from self.inventory_watch.hears_nothing(now)

    def _in_a_row(self) -> int:
        """What came while the page was away says nothing of how it hears."""
        if not self._missed:
            return 0
        return self.work.record.missed_in_a_row + (not self._is_new)

    def _tell(self, outcome: Json) -> Iterator[Effect]:
        record, missed = self.work.record, self._missed
        if missed:
            details = {"messages": missed, "inARow": self._in_a_row(), "isNewConnection": self._is_new}
            yield Log("warning", "inbound_missed", record.id, details)
        if not outcome["complete"]:
            yield Log("warning", "inbound_audit_incomplete", record.id)
        yield Log("debug", "inbound_audit", record.id, {"missed": missed, "busyMs": outcome["busyMs"]})
