"""A new login counts as saved once it is seen on the disk: Chrome writes localStorage late, and a kill loses it."""

from __future__ import annotations

from collections.abc import Iterator

from actors.runtime.browser_effects import CheckLogin
from actors.runtime.effects import Effect, Log
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.messages import Called, LoginChecked, Timer
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import NOTHING, CallFailure, CallResult

LOOK_AGAIN_SECONDS = 0.25
LATE_SECONDS = 30.0
LATE_LOOK_SECONDS = 5.0
"""Chrome needs one second; whoever needs `LATE_SECONDS` is looked at less often."""


class LoginSaving:
    """Looks from the first main screen of a new login on, until the login is there."""

    def __init__(
        self,
        work: UnitOfWork,
        page: Page,
        browser: BrowserLifecycle,
        timers: Timers,
        policy: SessionPolicy,
    ) -> None:
        self._work = work
        self._page = page
        self._browser = browser
        self._timers = timers
        self._policy = policy
        self._asked = 0
        """The browser whose page was asked what makes its login."""
        self._since = 0.0

    def look(self, now: float) -> Iterator[Effect]:
        """At the end of every turn."""
        if not self._is_due or not self._page.is_usable:
            return
        if self._browser.starts_linked:
            # What a page shows again was read from the disk.
            yield from self._work.write(now, login_saved=True)
        elif self._asked != self._page.generation:
            self._asked, self._since = self._page.generation, now
            yield self._page.call(Called.LOGIN, "login_items", {}, self._policy.call_deadline)

    def answered(self, outcome: CallResult) -> Iterator[Effect]:
        """What is to be looked for. A call that failed is made again at the next beat."""
        if isinstance(outcome, CallFailure):
            self._asked = 0
        elif self._is_due:
            self._browser.must_save(dict(outcome["items"]))
            yield from self.check()

    def check(self) -> Iterator[Effect]:
        if self._is_due and self._browser.unsaved:
            yield CheckLogin(self._work.record.id, self._page.generation, self._browser.unsaved)

    def checked(self, checked: LoginChecked, now: float) -> Iterator[Effect]:
        if not self._is_due or checked.generation != self._page.generation:
            return
        waited = now - self._since
        if checked.is_saved:
            self._browser.must_save(NOTHING)
            yield Log("info", "login_saved", self._work.record.id, {"seconds": round(waited, 1)})
            yield from self._work.write(now, login_saved=True)
        else:
            seconds = LOOK_AGAIN_SECONDS if waited < LATE_SECONDS else LATE_LOOK_SECONDS
            yield self._timers.arm(Timer.SAVING, seconds)

    @property
    def _is_due(self) -> bool:
        record = self._work.record
        return record.has_login and not record.login_saved and self._browser.is_live
