"""Somebody wants a copy of the login as it is now, which can only be taken from a browser that was stopped in order."""

from __future__ import annotations

from collections.abc import Iterator

from actors.runtime.effects import Answer, Effect, Reply
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.browser_phases import COMING
from actors.session.logout import Logout
from actors.session.messages import Timer
from actors.session.recycling import Recycling
from actors.session.sending.queue import SendQueue
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.reasons import Reason

PATIENCE_SECONDS = 15.0
"""For a moment between two messages; then the browser is exchanged all the same, and what was on its way goes on after it."""
RETRY_SECONDS = 5


class Copying:
    """The browser is exchanged for a new one; who asked is answered in between, when the old one is down.

    Without a browser whose login could be copied they are answered at once.
    """

    def __init__(
        self,
        work: UnitOfWork,
        browser: BrowserLifecycle,
        sending: SendQueue,
        recycling: Recycling,
        logout: Logout,
        timers: Timers,
    ) -> None:
        self._work = work
        self._browser = browser
        self._sending = sending
        self._recycling = recycling
        self._logout = logout
        self._timers = timers
        self._replies: list[Reply] = []

    def ask(self, reply: Reply) -> None:
        """Raises Refusal(SESSION_BUSY) while a browser is on its way up, or the login on its way out."""
        is_coming = self._browser.phase in COMING or (self._browser.is_live and not self._browser.is_proven)
        if self._logout.is_active or (is_coming and self._work.record.has_login):
            raise Refusal(Code.SESSION_BUSY, retry_after=RETRY_SECONDS)
        self._replies.append(reply)

    def look(self, now: float) -> Iterator[Effect]:
        """At the end of every turn."""
        if not self._replies:
            return
        if self._is_worth_it:
            if self._sending.is_idle and not self._sending.handed:
                yield from self.begin(now)
            elif not self._timers.is_armed(Timer.COPY):
                yield self._timers.arm(Timer.COPY, PATIENCE_SECONDS)
            return
        self._timers.disarm(Timer.COPY)
        if not (self._browser.is_closing or self._logout.is_active):
            for reply in self._replies:
                yield Answer(reply, None)
            self._replies.clear()

    def begin(self, now: float) -> Iterator[Effect]:
        """The moment has come, or has been waited for long enough: since the last `look` nothing has changed."""
        self._timers.disarm(Timer.COPY)
        yield from self._recycling.open_anew(Reason.LOGIN_COPY, now)

    @property
    def _is_worth_it(self) -> bool:
        """A login that is about to end needs no copy, and its page is needed for that."""
        is_good = self._browser.is_live and self._browser.is_proven and self._work.record.has_login
        return is_good and not self._logout.is_active
