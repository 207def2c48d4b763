"""What WhatsApp's page shows when waiting does not help: the session is in `error` at once, and it is reported once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from actors.runtime.browser_effects import ProfileAction
from actors.runtime.effects import Effect, Log
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.messages import Timer
from actors.session.page_calls import Page
from actors.session.pairing import Pairing
from actors.session.policy import SessionPolicy
from actors.session.screen import Screen
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork, error_payload
from wppmt.domain.page_condition import PageCondition
from wppmt.domain.reasons import Reason
from wppmt.domain.states import Event, State

PERSON = {
    PageCondition.UPDATE_NEEDED: Reason.UPDATE_NEEDED,
    PageCondition.RESTRICTED: Reason.ACCOUNT_RESTRICTED,
    PageCondition.BANNED: Reason.ACCOUNT_BANNED,
    PageCondition.PASSKEY: Reason.PASSKEY_REQUIRED,
    PageCondition.CHANGED: Reason.WHATSAPP_CHANGED,
}
RENEWAL_SECONDS = 3600.0
"""An outdated page is opened again at most this often; one that is outdated even then needs a person."""


@dataclass(kw_only=True, eq=False)
class NeedsPerson:
    """The one way into `error` that is not a failed attempt to start a browser."""

    work: UnitOfWork
    page: Page
    browser: BrowserLifecycle
    pairing: Pairing
    screen: Screen
    timers: Timers
    policy: SessionPolicy
    _renewed_at: float = field(default=0.0, init=False)

    def on_trouble(self, now: float) -> Iterator[Effect]:
        """The screen's condition is one of PERSON."""
        condition = self.screen.condition
        if condition is PageCondition.UPDATE_NEEDED and now - self._renewed_at > RENEWAL_SECONDS:
            # In most cases the page is outdated and not the browser: opened again it is the newest.
            self._renewed_at = now
            yield from self.browser.fail(Reason.UPDATE_NEEDED, now, graceful=True)
            return
        yield from self.give_up(PERSON[condition], now)
        if condition is PageCondition.CHANGED and not self.timers.is_armed(Timer.CHANGED):
            yield self.timers.arm(Timer.CHANGED, self.policy.changed_pause)

    def give_up(self, reason: Reason, now: float) -> Iterator[Effect]:
        """To `error`, unless it is there for this reason already."""
        record = self.work.record
        self.timers.disarm(Timer.SCREEN)
        self.pairing.hide()
        if record.state is not State.ERROR or record.reason is not reason:
            missing = self.page.inventory.names
            yield Log("error", "needs_person", record.id, {"reason": reason.value})
            told = ("error", error_payload(reason, missing=missing))
            yield from self.work.transition(now, Event.GAVE_UP, reason, told, missing=missing)

    def distrust_login(self, now: float) -> Iterator[Effect]:
        """A QR code in place of a login, without a reason from WhatsApp: docs/MULTI_TENANT_ARCHITECTURE.md 11.3."""
        yield from self.give_up(Reason.TOKEN_CORRUPT, now)
        yield from self.browser.close(ProfileAction.SET_ASIDE)

    def renew_changed(self, now: float) -> Iterator[Effect]:
        """Open a page that lacked what the gateway uses anew: no failure of the browser's, and none of the login's."""
        if self.screen.condition is PageCondition.CHANGED:
            yield from self.work.transition(now, Event.RESUMED, self.work.record.reason)
            yield from self.browser.exchange()
