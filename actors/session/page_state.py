"""What WhatsApp's page shows and what follows for the session's state: main screen, QR screen, offline, logged out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from actors.runtime.effects import Effect, Log, ProfileAction
from actors.session.browser_lifecycle import BrowserLifecycle, error_payload
from actors.session.messages import Called
from actors.session.page_calls import Page
from actors.session.pairing import SCREEN, Pairing, ShownCode
from actors.session.policy import SessionPolicy
from actors.session.timers import Timers
from actors.session.unit_of_work import Happening, UnitOfWork
from wppmt.domain.inventory import WHOLE
from wppmt.domain.page_condition import Facts, PageCondition, classify_page
from wppmt.domain.reasons import Reason, why_logged_out
from wppmt.domain.reconnect_delay import HEALTHY_SECONDS
from wppmt.domain.states import Event, State
from wppmt.store.records import Desired, SessionRecord

OFFLINE, HEALTH, CHANGED = "offline", "health", "changed"
AWAY = {PageCondition.PHONE_OFFLINE: Reason.PHONE_OFFLINE, PageCondition.NETWORK: Reason.NETWORK}
PERSON = {
    PageCondition.UPDATE_NEEDED: Reason.UPDATE_NEEDED,
    PageCondition.RESTRICTED: Reason.ACCOUNT_RESTRICTED,
    PageCondition.BANNED: Reason.ACCOUNT_BANNED,
    PageCondition.PASSKEY: Reason.PASSKEY_REQUIRED,
    PageCondition.CHANGED: Reason.WHATSAPP_CHANGED,
}
AT_THE_CODES = {PageCondition.QR, PageCondition.QR_IDLE}
RENEWAL_SECONDS = 3600.0
"""An outdated page is opened again at most this often; one that is outdated even then needs a person."""
DIALOG_BEATS = 2
"""A dialog that is shown for so many beats is reported."""


class PageState:
    """Turns facts and QR codes into moves of the state."""

    def __init__(
        self,
        work: UnitOfWork,
        lifecycle: BrowserLifecycle,
        pairing: Pairing,
        page: Page,
        timers: Timers,
        policy: SessionPolicy,
    ) -> None:
        self.condition = PageCondition.UNDECIDED
        self._work = work
        self._lifecycle = lifecycle
        self._pairing = pairing
        self._page = page
        self._timers = timers
        self._policy = policy
        self._is_doubted = self._is_deaf = False
        self._renewed_at = self._reloaded_at = 0.0
        self._dialog_since = 0.0
        self._dialog_reported = False

    def reset(self) -> None:
        """A new browser begins, or the last one ended: forget what was shown."""
        self.condition = PageCondition.UNDECIDED
        self._pairing.reset()
        self._dialog_since, self._dialog_reported = 0.0, False
        self._is_doubted = self._is_deaf = False
        self._page.inventory = WHOLE
        self._timers.disarm(SCREEN, OFFLINE, HEALTH, CHANGED)

    def turned(self) -> Iterator[Effect]:
        """The first notice of a page: a code or the main screen is expected within the deadline."""
        self.condition = PageCondition.UNDECIDED
        self._is_deaf = False
        self._page.inventory = WHOLE
        self.trust()
        # One that loads itself again and again, as WhatsApp's does where it is refused as too old, gets no more time.
        if not self._timers.is_armed(SCREEN):
            yield from self.expect_screen()

    def expect_screen(self) -> Iterator[Effect]:
        """A code or the main screen, within the deadline."""
        yield self._timers.arm(SCREEN, self._policy.screen_deadline)

    def distrust(self) -> None:
        """From now on the main screen does not count as connected, until `trust` or the next page."""
        self._is_doubted = True

    def trust(self) -> None:
        self._is_doubted = False

    def judge(self, facts: Facts, now: float) -> Iterator[Effect]:
        """React to the page's facts where they change something."""
        self.condition = classify_page(facts)
        yield from self._take_inventory(facts, now)
        if self.condition not in AWAY:
            self._timers.disarm(OFFLINE)
        is_on_its_way = self.condition in {PageCondition.UNDECIDED, *AT_THE_CODES}
        if is_on_its_way and not self._timers.is_armed(SCREEN):
            yield self._timers.arm(SCREEN, self._policy.screen_deadline)
        if self.condition is PageCondition.MAIN:
            if not self._is_doubted:
                yield from self._on_main(facts, now)
        elif self.condition in AWAY:
            yield from self._on_away()
        elif self.condition in PERSON:
            yield from self._on_trouble(now)
        elif self.condition in AT_THE_CODES:
            yield from self._on_codes(now)
        yield from self._watch_dialog(facts, now)

    def _take_inventory(self, facts: Facts, now: float) -> Iterator[Effect]:
        if self._is_deaf and self.condition is PageCondition.MAIN:
            self.condition = PageCondition.CHANGED
        before, found = self._page.inventory, facts.inventory
        if found is None or found == before or self._is_deaf:
            return
        self._page.inventory = found
        details = {"missing": found.names, "whatsappBuild": found.whatsapp_build, "waJs": found.wa_js}
        yield Log("info" if found.is_whole else "error", "inventory", self._work.record.id, details)
        if found.is_mended and not before.is_whole:
            # wa-js listens from the moment on at which the page is loaded: it hears again in a new one.
            yield from self.reload(now)

    def reload(self, now: float) -> Iterator[Effect]:
        """The page alone is loaded anew; its browser lives on."""
        record = self._work.record
        if record.state is not State.ERROR:
            yield from self._work.move(now, Event.RESUMED, record.reason)
        yield from self.expect_screen()
        yield self._page.call(Called.RELOAD, "reload", {}, self._policy.call_deadline)

    def hears_nothing(self, now: float) -> Iterator[Effect]:
        """Messages lie in the page, and it told of none: until the next page, it does not count as receiving."""
        self._is_deaf = True
        self._page.inventory = self._page.inventory.deaf()
        self.condition = PageCondition.CHANGED
        yield from self._on_trouble(now)
        if now - self._reloaded_at > RENEWAL_SECONDS:
            # A new page listens anew. One that is deaf again waits for its turn.
            self._reloaded_at = now
            yield from self.reload(now)

    def _on_codes(self, now: float) -> Iterator[Effect]:
        yield from self._pairing.request_code()
        if self.condition is PageCondition.QR_IDLE:
            # A batch is spent, and the page waits for somebody to ask for the next one.
            yield from self._expire(now) if self._pairing.is_exhausted else self._pairing.request_batch()

    def _on_trouble(self, now: float) -> Iterator[Effect]:
        if self.condition is PageCondition.UPDATE_NEEDED and now - self._renewed_at > RENEWAL_SECONDS:
            # In most cases the page is outdated and not the browser: opened again it is the newest.
            self._renewed_at = now
            self.reset()
            yield from self._lifecycle.fail(Reason.UPDATE_NEEDED, now, graceful=True)
        else:
            yield from self.needs_person(PERSON[self.condition], now)
            if self.condition is PageCondition.CHANGED and not self._timers.is_armed(CHANGED):
                yield self._timers.arm(CHANGED, self._policy.changed_pause)

    def _watch_dialog(self, facts: Facts, now: float) -> Iterator[Effect]:
        """Report a dialog that stays. Nothing is stopped for it, since messages go on behind it."""
        if facts.dialog != "other":
            self._dialog_since, self._dialog_reported = 0.0, False
        elif not self._dialog_since:
            self._dialog_since = now
        elif (
            not self._dialog_reported and now - self._dialog_since >= DIALOG_BEATS * self._policy.beat_seconds
        ):
            self._dialog_reported = True
            yield from self._work.write(now, ("error", error_payload(Reason.ACTION_REQUIRED)))

    def show_qr(self, code: ShownCode, now: float) -> Iterator[Effect]:
        """A QR code is on the screen."""
        if not self._pairing.is_new(code) or self.condition in PERSON:
            return
        record = self._work.record
        if record.has_login and record.login_saved:
            yield from self.distrust_login(now)
        elif self._pairing.is_exhausted:
            yield from self._expire(now)
        else:
            if record.has_login:
                self._pairing.logged_out(Reason.LOGIN_NOT_SAVED)
            yield from self._pairing.show_qr(code, now)
            yield from self._earn_health()

    @property
    def lacks_its_code(self) -> bool:
        return self.condition in AT_THE_CODES and self._pairing.lacks_its_code

    def recall_qr(self, code: ShownCode, now: float) -> Iterator[Effect]:
        if self.lacks_its_code:
            yield from self._pairing.recall_qr(code, now)

    def logged_out(self, whatsapps_word: str, now: float) -> Iterator[Effect]:
        """WhatsApp ended the login: the QR code that follows, even a later one, is no surprise."""
        record = self._work.record
        unused = now - record.heard_until if record.heard_until else 0.0
        reason = why_logged_out(whatsapps_word, unused)
        if record.has_login:
            details = {"reasonCode": reason.value, "whatsappReason": whatsapps_word}
            yield Log("warning", "logged_out", record.id, details)
            is_locked = reason is Reason.ACCOUNT_LOCKED
            happenings = [("error", error_payload(reason))] if is_locked else []
            yield from self._work.write(now, *happenings, has_login=False)
            self._pairing.logged_out(reason)
        self._lifecycle.is_proven = False
        self.condition = PageCondition.UNDECIDED
        yield self._timers.arm(SCREEN, self._policy.screen_deadline)

    def due(self, timer: str, now: float) -> Iterator[Effect]:
        record = self._work.record
        if timer == HEALTH:
            if record.state in {State.CONNECTED, State.WAITING_SCAN, State.PHONE_DISCONNECTED}:
                yield from self._work.write(now, quick_retry=True)
        elif timer == CHANGED and self.condition is PageCondition.CHANGED:
            # No failure of the browser's, and none of the login's: neither counts.
            self.reset()
            yield from self._work.move(now, Event.RESUMED, record.reason)
            yield from self._lifecycle.close()
            yield from self._lifecycle.open()
        elif timer == OFFLINE and self.condition in AWAY:
            yield from self._phone_lost(AWAY[self.condition], now)

    def overdue(self) -> Reason:
        """The reason when neither a code nor the main screen was shown in time."""
        return Reason.PAGE_LOAD_FAILED if self._work.record.has_login else Reason.QR_NEVER

    def _phone_lost(self, reason: Reason, now: float) -> Iterator[Effect]:
        if self._work.record.state in {State.INITIALIZING, State.WAITING_SCAN}:
            # docs/contract.md 4 has no direct transition.
            yield from self._work.move(now, Event.RESUMED, reason)
        yield from self._work.move(now, Event.PHONE_LOST, reason, failures=0)

    def needs_person(self, reason: Reason, now: float) -> Iterator[Effect]:
        """Move to `error` at once, and report it once: waiting would not help."""
        record = self._work.record
        self._timers.disarm(SCREEN)
        self._pairing.hide()
        if record.state is not State.ERROR or record.reason is not reason:
            missing = self._page.inventory.names
            yield Log("error", "needs_person", record.id, {"reason": reason.value})
            told = ("error", error_payload(reason, missing=missing))
            yield from self._work.move(now, Event.GAVE_UP, reason, told, missing=missing)

    def _on_main(self, facts: Facts, now: float) -> Iterator[Effect]:
        self._timers.disarm(SCREEN)
        self._lifecycle.is_proven = True
        self._pairing.paired()
        record, found = self._work.record, self._page.inventory
        known: dict[str, Any] = {
            "phone": facts.phone or record.phone,
            "pushname": facts.pushname or record.pushname,
            "platform": facts.platform or record.platform,
            "has_login": True,
            "failures": 0,
            "pairing_phone": "",
            "missing": "" if found.is_whole else found.names,
        }
        if not record.has_login:
            known["login_saved"] = self._lifecycle.starts_linked = False
            if facts.phone != record.last_phone or not record.linked_at:
                known["linked_at"] = now
        known["last_phone"] = facts.phone or record.last_phone
        reason = Reason.READY if found.is_whole else Reason.WHATSAPP_CHANGED
        happenings = [*_other_account(record, facts), *self._told_of_change()]
        if found.is_whole and happenings:
            reason = Reason.ACCOUNT_CHANGED
        if record.state is not State.CONNECTED:
            yield from self._work.move(now, Event.READY, reason, *happenings, **known)
        elif _replaces(reason, record.reason) or any(getattr(record, key) != known[key] for key in known):
            yield from self._work.write(now, *happenings, reason=reason, **known)
        # Also without a change of state, which is the case after an adoption.
        yield from self._earn_health()

    def _told_of_change(self) -> list[Happening]:
        """Once: what the account can do no more, while it still receives."""
        found, record = self._page.inventory, self._work.record
        if found.is_whole or record.missing == found.names:
            return []
        return [("error", error_payload(Reason.WHATSAPP_CHANGED, missing=found.names))]

    def _on_away(self) -> Iterator[Effect]:
        """A short absence is not reported, and even a long one does not end a browser that works."""
        self._timers.disarm(SCREEN)
        gone = self._work.record.state is State.PHONE_DISCONNECTED
        if not gone and not self._timers.is_armed(OFFLINE):
            yield self._timers.arm(OFFLINE, self._policy.offline_grace)

    def distrust_login(self, now: float) -> Iterator[Effect]:
        """A QR code in place of a login, without a reason from WhatsApp: docs/MULTI_TENANT_ARCHITECTURE.md 11.3."""
        yield from self.needs_person(Reason.TOKEN_CORRUPT, now)
        yield from self._lifecycle.close(ProfileAction.SET_ASIDE)

    def _expire(self, now: float) -> Iterator[Effect]:
        """Nobody scans: free the browser until someone asks again."""
        self.reset()
        yield from self._work.move(now, Event.CLOSED, Reason.QR_EXPIRED, desired=Desired.STOPPED)
        yield from self._lifecycle.close()

    def _earn_health(self) -> Iterator[Effect]:
        if not self._work.record.quick_retry and not self._timers.is_armed(HEALTH):
            yield self._timers.arm(HEALTH, HEALTHY_SECONDS)


def _other_account(record: SessionRecord, facts: Facts) -> list[Happening]:
    """Whoever writes to this session's customers must know that they hear from another number now."""
    previous = record.last_phone or record.phone
    if not facts.phone or previous in {"", facts.phone}:
        return []
    return [("account_changed", {"phone": facts.phone, "previousPhone": previous})]


def _replaces(new: Reason, old: Reason) -> bool:
    """Whether a session that stays connected gets another reason; that its account changed stays to be read."""
    return new is not old and not (new is Reason.READY and old is Reason.ACCOUNT_CHANGED)
