"""A new login counts as saved once it is seen on the disk: Chrome writes localStorage late, and a kill loses it."""

from __future__ import annotations

from collections.abc import Iterator

from actors.runtime.effects import CheckLogin, Effect, Log
from actors.session.messages import Called, LoginChecked
from actors.session.watched import Watched
from wppmt.browser.port import NOTHING, CallFailure, CallResult

SAVING = "saving"
LOOK_AGAIN_SECONDS = 0.25
LATE_SECONDS = 30.0
LATE_LOOK_SECONDS = 5.0
"""Chrome needs one second; whoever needs `LATE_SECONDS` is looked at less often."""


class LoginSaving:
    """Looks from the first main screen of a new login on, until the login is there."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._asked = 0
        """The browser whose page was asked what makes its login."""
        self._since = 0.0

    def look(self, now: float) -> Iterator[Effect]:
        """At the end of every turn."""
        if not self._is_due or not self._watched.page.is_usable:
            return
        if self._watched.lifecycle.starts_linked:
            # What a page shows again was read from the disk.
            yield from self._watched.work.write(now, login_saved=True)
        elif self._asked != self._watched.page.generation:
            self._asked, self._since = self._watched.page.generation, now
            yield self._watched.page.call(Called.LOGIN, "login_items", {}, self._watched.policy.call_deadline)

    def answered(self, outcome: CallResult) -> Iterator[Effect]:
        """What is to be looked for. A call that failed is made again at the next beat."""
        if isinstance(outcome, CallFailure):
            self._asked = 0
        elif self._is_due:
            self._watched.lifecycle.unsaved = dict(outcome["items"])
            yield from self.check()

    def check(self) -> Iterator[Effect]:
        if self._is_due and self._watched.lifecycle.unsaved:
            yield CheckLogin(
                self._watched.work.record.id, self._watched.page.generation, self._watched.lifecycle.unsaved
            )

    def checked(self, checked: LoginChecked, now: float) -> Iterator[Effect]:
        if not self._is_due or checked.generation != self._watched.page.generation:
            return
        waited = now - self._since
        if checked.is_saved:
            self._watched.lifecycle.unsaved = NOTHING
            yield Log("info", "login_saved", self._watched.work.record.id, {"seconds": round(waited, 1)})
            yield from self._watched.work.write(now, login_saved=True)
        else:
            seconds = LOOK_AGAIN_SECONDS if waited < LATE_SECONDS else LATE_LOOK_SECONDS
            yield self._watched.timers.arm(SAVING, seconds)

    @property
    def _is_due(self) -> bool:
        record = self._watched.work.record
        return record.has_login and not record.login_saved and self._watched.lifecycle.is_live
