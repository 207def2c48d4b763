"""The session leaves for another instance: nothing is taken, sent or written while its archive is on the way.

What was handed to the page and not acknowledged goes along in the journal: the other instance's page is asked about
it, as after a crash. Whoever waits here for its outcome is told `pending`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from actors.runtime.effects import Answer, Effect, Reply
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.browser_phases import Phase
from actors.session.closing import Closing
from actors.session.farewell import Farewell
from actors.session.logout import Logout
from actors.session.messages import Timer
from actors.session.sending.queue import SendQueue
from actors.session.starts import Starts
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.move_messages import GiveAway, PrepareToLeave, Stay
from wppmt.domain.reasons import Reason
from wppmt.store.move_records import Departure

PATIENCE_SECONDS = 4.0
"""For a moment between two messages."""
UNDECIDED_SECONDS = 600.0
"""Whoever wanted it to leave has failed: it stays."""


@dataclass(kw_only=True, eq=False)
class Leaving:
    work: UnitOfWork
    browser: BrowserLifecycle
    sending: SendQueue
    logout: Logout
    closing: Closing
    starts: Starts
    timers: Timers
    farewell: Farewell
    _departure: Departure | None = field(default=None, init=False)
    _was_expected: bool = field(default=False, init=False)
    """A browser was here, or to come."""
    _is_closed: bool = field(default=False, init=False)
    _replies: list[Reply] = field(default_factory=list, init=False)

    @property
    def is_active(self) -> bool:
        return self._departure is not None

    def asked(self, request: PrepareToLeave | GiveAway | Stay, reply: Reply, now: float) -> Iterator[Effect]:
        """Raises Refusal(SESSION_BUSY)."""
        match request:
            case PrepareToLeave(departure=departure):
                yield from self._prepare(departure, reply)
            case GiveAway():
                yield from self._give_away(request, reply, now)
            case Stay():
                yield from self._stay(now)
                yield Answer(reply, None)

    def _prepare(self, departure: Departure, reply: Reply) -> Iterator[Effect]:
        if self.logout.is_active or self.is_active or not self.work.is_written:
            raise Refusal(Code.SESSION_BUSY, retry_after=5)
        self._departure, self._is_closed = departure, False
        self._was_expected = self.browser.is_expected
        self.closing.is_held = True
        self._replies.append(reply)
        yield self.timers.arm(Timer.LEAVE, PATIENCE_SECONDS)

    def look(self, now: float) -> Iterator[Effect]:
        """At the end of every turn."""
        if not self.is_active:
            return
        if not self._is_closed and self.sending.is_at_rest:
            yield from self._close(now)
        if self._is_closed and self._replies and self.browser.phase is Phase.NONE:
            yield self.timers.arm(Timer.LEAVE, UNDECIDED_SECONDS)
            for reply in self._replies:
                yield Answer(reply, None)
            self._replies.clear()

    def due(self, now: float) -> Iterator[Effect]:
        if not self.is_active:
            return
        if self._is_closed:
            yield from self._stay(now)
        else:
            yield from self._close(now)

    def _give_away(self, request: GiveAway, reply: Reply, now: float) -> Iterator[Effect]:
        session_id = self.work.record.id
        is_ready = self._departure == request.departure and self.browser.phase is Phase.NONE
        is_known = self.work.store.last_sequence(session_id) == request.sequence
        if not (is_ready and is_known and self.work.give_away(request.departure, now)):
            raise Refusal(Code.SESSION_BUSY, retry_after=5)
        yield from self.farewell.say(Answer(reply, None))

    def _stay(self, now: float) -> Iterator[Effect]:
        if not self.is_active:
            return
        self._departure = None
        self.closing.is_held = False
        self.timers.disarm(Timer.LEAVE)
        for reply in self._replies:
            yield Answer(reply, Refusal(Code.SESSION_BUSY, retry_after=5))
        self._replies.clear()
        if self._was_expected:
            yield from self.starts.resume(now, Reason.RESTARTED)

    def _close(self, now: float) -> Iterator[Effect]:
        self._is_closed = True
        self.timers.disarm(Timer.LEAVE)
        yield from self.sending.leave(now)
        yield from self.browser.close()
