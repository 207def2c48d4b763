"""What is done when a session's timer goes off."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from actors.runtime.effects import Effect
from actors.session.ack_watchdog import AckWatchdog
from actors.session.arrivals import Arrivals
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.browser_news import BrowserNews
from actors.session.copying import Copying
from actors.session.hibernation import Hibernation
from actors.session.inbound_audit import InboundAudit
from actors.session.interruptions import Interruptions
from actors.session.leaving import Leaving
from actors.session.login_saving import LoginSaving
from actors.session.logout import Logout
from actors.session.messages import Timer
from actors.session.needs_person import NeedsPerson
from actors.session.page_conditions import PageConditions
from actors.session.recycling import Recycling
from actors.session.screen import Screen
from actors.session.sending.new_contacts import NewContacts
from actors.session.server_check import ServerCheck
from wppmt.domain.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTimers:
    """A table: each timer has its line, and mypy finds the one that has none."""

    browser: BrowserLifecycle
    interruptions: Interruptions
    browser_news: BrowserNews
    screen: Screen
    page_conditions: PageConditions
    needs_person: NeedsPerson
    logout: Logout
    watchdog: AckWatchdog
    server_check: ServerCheck
    login_saving: LoginSaving
    inbound_audit: InboundAudit
    recycling: Recycling
    copying: Copying
    leaving: Leaving
    new_contacts: NewContacts
    arrivals: Arrivals
    hibernation: Hibernation

    def due(self, timer: Timer, now: float) -> Iterator[Effect]:  # noqa: C901, PLR0912 - one case a timer
        match timer:
            case Timer.RETRY:
                yield from self.browser.open()
            case Timer.OPEN:
                yield from self.interruptions.lost(Reason.BROWSER_HUNG, now)
            case Timer.ATTACH:
                yield from self.interruptions.lost(Reason.INJECT_FAILED, now, graceful=True)
            case Timer.SCREEN:
                yield from self.interruptions.lost(self.page_conditions.overdue(), now, graceful=True)
            case Timer.BEAT:
                yield from self.browser.heartbeat_due(now)
            case Timer.CLOSE:
                yield from self.browser_news.closing_is_late(now)
            case Timer.LOGOUT:
                yield from self.logout.remove_without_unlink()
            case Timer.OFFLINE:
                yield from self.page_conditions.stays_away(now)
            case Timer.HEALTH:
                yield from self.page_conditions.earns_quick_retry(now)
            case Timer.CHANGED:
                yield from self.needs_person.renew_changed(now)
            case Timer.ACKS:
                yield from self.watchdog.due(now)
            case Timer.TRUST:
                self.screen.trust()
            case Timer.LIMITS:
                yield from self.new_contacts.ask()
            case Timer.SERVER:
                yield from self.server_check.ask()
            case Timer.AUDIT:
                yield from self.inbound_audit.due(now)
            case Timer.COPY:
                yield from self.copying.begin(now)
            case Timer.SAVING:
                yield from self.login_saving.check()
            case Timer.RECYCLE:
                yield from self.recycling.look(now)
            case Timer.LEAVE:
                yield from self.leaving.due(now)
            case Timer.ARRIVALS:
                yield from self.arrivals.pump()
            case Timer.HIBERNATION:
                yield from self.hibernation.due(now)
            case Timer.WAKING:
                yield from self.hibernation.late(now)
            case _:
                assert_never(timer)
