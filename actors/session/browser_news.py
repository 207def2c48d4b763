"""What becomes of a session's browser and of its profile, as their workers report it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actors.runtime.effects import Effect, Log
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.browser_phases import Phase
from actors.session.closing import Closing
from actors.session.interruptions import Interruptions
from actors.session.logout import Logout
from actors.session.messages import BrowserClosed, BrowserFailed, BrowserOpened, ProfileRemoved
from actors.session.needs_person import NeedsPerson
from actors.session.starts import Starts
from actors.session.status import Status
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import StartFailed
from wppmt.domain.reasons import Reason
from wppmt.store.records import Desired


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserNews:
    work: UnitOfWork
    browser: BrowserLifecycle
    starts: Starts
    interruptions: Interruptions
    needs_person: NeedsPerson
    logout: Logout
    closing: Closing
    status: Status

    def reported(self, news: BrowserOpened | BrowserFailed | BrowserClosed, now: float) -> Iterator[Effect]:
        """Of the current browser: what an earlier one still says changes nothing."""
        match news:
            case BrowserOpened(process=process, outdated=outdated):
                self.status.measured(None)
                yield from self.browser.opened(process, now, outdated)
            case BrowserFailed(failure=failure):
                detail = failure.detail if isinstance(failure, StartFailed) else str(failure)
                yield from self._not_opened(Reason(failure.code), detail, now)
            case BrowserClosed(was_flushed=was_flushed):
                if was_flushed and self.browser.is_proven and self.work.record.has_login:
                    yield from self.work.write(now, login_saved=True)
                yield from self.browser.closed()
                yield from self._after_closing(now)

    def closing_is_late(self, now: float) -> Iterator[Effect]:
        yield from self.browser.closing_is_late()
        if not self.browser.is_closing:
            yield from self._after_closing(now)

    def profile_removed(self, removed: ProfileRemoved, now: float) -> Iterator[Effect]:
        """The end of a logout; a restart that was asked for meanwhile begins."""
        was_active = self.logout.is_active
        yield from self.logout.profile_removed(removed, now)
        is_wanted = self.work.desired is Desired.RUNNING and not self.closing.keeps_down
        if was_active and is_wanted:
            yield from self.starts.start(Reason.RESTARTED, now)

    def _not_opened(self, reason: Reason, detail: str, now: float) -> Iterator[Effect]:
        if reason is Reason.TOKEN_CORRUPT and not self.logout.is_active:
            # Chrome would replace an unreadable profile by an empty one, so a person has to decide.
            yield Log("error", "profile_unreadable", self.work.record.id, {"detail": detail})
            yield from self.needs_person.distrust_login(now)
        else:
            yield from self.interruptions.lost(reason, now, detail=detail)

    def _after_closing(self, now: float) -> Iterator[Effect]:
        yield from self.work.write(now, process=None)
        if self.logout.is_active and self.browser.phase is Phase.NONE:
            yield from self.logout.browser_closed()
