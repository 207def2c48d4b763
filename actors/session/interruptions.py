"""A browser ends although the session is to go on: it has failed, or no browser may run for now."""

from __future__ import annotations

from collections.abc import Iterator

from actors.runtime.effects import Effect
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.closing import Closing
from actors.session.logout import Logout
from actors.session.starts import Starts
from actors.session.unit_of_work import UnitOfWork
from wppmt.domain.reasons import Reason
from wppmt.domain.states import Event, State


class Interruptions:
    def __init__(
        self,
        work: UnitOfWork,
        browser: BrowserLifecycle,
        starts: Starts,
        logout: Logout,
        closing: Closing,
    ) -> None:
        self._work = work
        self._browser = browser
        self._starts = starts
        self._logout = logout
        self._closing = closing

    def lost(
        self, reason: Reason, now: float, *, detail: str = "", graceful: bool = False
    ) -> Iterator[Effect]:
        """The browser or its page has failed; every such failure ends here."""
        if not self._browser.is_running:
            # It is gone or stopping already; BrowserClosed comes when no process is left.
            return
        if self._browser.is_adopting:
            yield from self._not_adopted(now)
        elif self._logout.is_active:
            yield from self._logout.remove_without_unlink()
        else:
            yield from self._browser.fail(reason, now, detail=detail, graceful=graceful)

    def hold(self, why: Reason, now: float) -> Iterator[Effect]:
        """No browser may run for now: stop it in order, without a copy; a new one waits for a start slot."""
        if self._logout.is_active or self._closing.keeps_down or not self._browser.is_expected:
            return
        yield from self._browser.hold()
        record = self._work.record
        reason = record.reason if record.state is State.ERROR else why
        yield from self._work.transition(now, Event.RESUMED, reason)

    def _not_adopted(self, now: float) -> Iterator[Effect]:
        """End the leftover browser and start a new one; this does not count as a failure of the session."""
        yield from self._browser.kill()
        yield from self._browser.open() if self._logout.is_active else self._starts.resume(now)
