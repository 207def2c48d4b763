"""A browser is wanted: because somebody asked for it, or because the daemon was restarted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from actors.runtime.browser_effects import ProfileAction
from actors.runtime.effects import Effect
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.unit_of_work import UnitOfWork
from wppmt.domain.reasons import Reason
from wppmt.domain.states import Event
from wppmt.store.records import Desired


class Starts:
    """The state and the browser of a session that begins to run."""

    def __init__(self, work: UnitOfWork, browser: BrowserLifecycle) -> None:
        self._work = work
        self._browser = browser

    def start(
        self, reason: Reason, now: float, *, action: ProfileAction = ProfileAction.NONE, **changes: Any
    ) -> Iterator[Effect]:
        """Somebody asked for it; counters are reset."""
        fresh: dict[str, Any] = {
            "desired": Desired.RUNNING,
            "failures": 0,
            "quick_retry": True,
            "retaken_at": 0.0,
        }
        yield from self._work.transition(now, Event.STARTED, reason, **(fresh | changes))
        yield from self._browser.open(action)

    def resume(self, now: float, reason: Reason = Reason.DAEMON_RESTARTED) -> Iterator[Effect]:
        """It was interrupted through no fault of its own."""
        if self._work.record.has_login:
            yield from self._work.transition(now, Event.RESUMED, reason, process=None)
            yield from self._browser.open()
        else:
            yield from self.start(Reason.STARTING, now, process=None)
