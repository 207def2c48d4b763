"""Received media is brought to the disk as it arrives: what was announced can be had whatever becomes of the session.

One file at a time, in order; what is still to be brought survives the daemon.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from actors.runtime.effects import Effect, Log
from actors.session.messages import Called, PageAnswered, Timer
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import CallFailure, CallRejected, NotCalled

FINAL = {"media_gone", "too_large"}
"""The page's words for what asking again would not change."""
WAITS = {"not_stored", NotCalled.__name__}
"""What has nothing to do with this file: a full disk, no page."""
TRIES = 5
PAUSE_SECONDS = 10.0
"""After what is no failure of the file's; twice that after its first, and each further one doubles it."""


class Arrivals:
    """The media that is still to be brought from WhatsApp."""

    def __init__(self, work: UnitOfWork, page: Page, timers: Timers, policy: SessionPolicy) -> None:
        self._work = work
        self._page = page
        self._timers = timers
        self._policy = policy
        self._wanted: deque[str] = deque()
        self._busy = ""
        self._failures = 0
        """Of the first one."""

    @property
    def is_idle(self) -> bool:
        return not self._wanted

    def restore(self) -> None:
        """Take up what an earlier actor or daemon left."""
        self._wanted = deque(self._work.store.wanted_media(self._work.record.id))

    def came(self, message_id: str, now: float) -> Iterator[Effect]:
        """A message with media was received just now."""
        if self._policy.media_eager:
            self._work.want_media(message_id, now)
            self._wanted.append(message_id)
            yield from self.pump()

    def pump(self) -> Iterator[Effect]:
        """Whenever something may have become possible."""
        if (
            self._wanted
            and self._page.is_usable
            and not self._busy
            and not self._timers.is_armed(Timer.ARRIVALS)
        ):
            self._busy = self._wanted[0]
            yield self._page.keep_media(self._busy, self._policy.media_deadline, Called.ARRIVAL)

    def lost(self) -> None:
        """The page can't be used; what it was asked for is asked of the next one."""
        self._busy = ""
        self._timers.disarm(Timer.ARRIVALS)

    def login_ended(self) -> None:
        """The next login's page has nothing of this one's."""
        self.lost()
        while self._wanted:
            self._settle(self._wanted[0])

    def answered(self, answer: PageAnswered) -> Iterator[Effect]:
        if answer.subject != self._busy:
            return
        self._busy = ""
        outcome = answer.outcome
        if isinstance(outcome, CallFailure):
            reason = outcome.reason if isinstance(outcome, CallRejected) else type(outcome).__name__
            if reason not in FINAL and self._failures < TRIES:
                self._failures += reason not in WAITS
                yield self._timers.arm(Timer.ARRIVALS, PAUSE_SECONDS * 2.0**self._failures)
                return
            details = {"id": answer.subject, "reason": reason}
            yield Log("warning", "media_not_kept", self._work.record.id, details)
        self._settle(answer.subject)
        yield from self.pump()

    def _settle(self, message_id: str) -> None:
        self._work.settle_media(message_id)
        self._wanted.remove(message_id)
        self._failures = 0
