"""What WhatsApp's page shows and what follows for the session's state: main screen, QR screen, offline, logged out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from actors.runtime.browser_effects import CheckDisk
from actors.runtime.effects import Effect, Log
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.interruptions import Interruptions
from actors.session.inventory_watch import InventoryWatch
from actors.session.messages import DiskChecked, Timer
from actors.session.needs_person import PERSON, NeedsPerson
from actors.session.page_calls import Page
from actors.session.pairing import Pairing, ShownCode
from actors.session.policy import SessionPolicy
from actors.session.screen import Screen
from actors.session.timers import Timers
from actors.session.unit_of_work import Happening, UnitOfWork, error_payload
from wppmt.domain.page_condition import Facts, PageCondition, classify_page
from wppmt.domain.reasons import Reason, why_logged_out
from wppmt.domain.reconnect_delay import HEALTHY_SECONDS
from wppmt.domain.states import Event, State
from wppmt.store.records import Desired, SessionRecord

AWAY = {PageCondition.PHONE_OFFLINE: Reason.PHONE_OFFLINE, PageCondition.NETWORK: Reason.NETWORK}
AT_THE_CODES = {PageCondition.QR, PageCondition.QR_IDLE}
DIALOG_BEATS = 2
"""A dialog that is shown for so many beats is reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageConditions:
    """Turns what the page shows, facts and QR codes, into transitions of the state."""

    work: UnitOfWork
    page: Page
    screen: Screen
    browser: BrowserLifecycle
    pairing: Pairing
    needs_person: NeedsPerson
    inventory_watch: InventoryWatch
    interruptions: Interruptions
    timers: Timers
    policy: SessionPolicy

    def turned(self) -> Iterator[Effect]:
        """The first notice of a page: a code or the main screen is expected within the deadline."""
        self.screen.turn()
        # One that loads itself again and again, as WhatsApp's does where it is refused as too old, gets no more time.
        if not self.timers.is_armed(Timer.SCREEN):
            yield from self.expect_screen()

    def expect_screen(self) -> Iterator[Effect]:
        """A code or the main screen, within the deadline."""
        yield self.timers.arm(Timer.SCREEN, self.policy.screen_deadline)

    def judge(self, facts: Facts, now: float) -> Iterator[Effect]:
        """React to the page's facts where they change something."""
        screen = self.screen
        screen.condition = classify_page(facts)
        self.page.is_caught_up = facts.caught_up
        self._note_scan(facts)
        yield from self.inventory_watch.take(facts, now)
        if screen.condition not in AWAY:
            self.timers.disarm(Timer.OFFLINE)
        is_on_its_way = screen.condition in {PageCondition.UNDECIDED, *AT_THE_CODES}
        if is_on_its_way and not self.timers.is_armed(Timer.SCREEN):
            yield from self.expect_screen()
        if screen.condition is PageCondition.MAIN:
            if not screen.is_doubted:
                yield from self._on_main(facts, now)
        elif screen.condition in AWAY:
            yield from self._on_away()
        elif screen.condition in PERSON:
            yield from self.needs_person.on_trouble(now)
        elif screen.condition in AT_THE_CODES:
            yield from self._on_codes(now)
        yield from self._watch_dialog(facts, now)

    def _note_scan(self, facts: Facts) -> None:
        is_at_codes = self.work.record.state is State.WAITING_SCAN
        if is_at_codes and facts.registered and self.screen.condition is PageCondition.UNDECIDED:
            self.pairing.scanned()

    def _on_codes(self, now: float) -> Iterator[Effect]:
        yield from self.pairing.request_code()
        if self.screen.condition is PageCondition.QR_IDLE:
            # A batch is spent, and the page waits for somebody to ask for the next one.
            yield from self._expire(now) if self.pairing.is_exhausted else self.pairing.request_batch()

    def _watch_dialog(self, facts: Facts, now: float) -> Iterator[Effect]:
        """Report a dialog that stays. Nothing is stopped for it, since messages go on behind it."""
        screen, seconds = self.screen, DIALOG_BEATS * self.policy.beat_seconds
        if facts.dialog != "other":
            screen.forget_dialog()
        elif not screen.dialog_since:
            screen.dialog_since = now
        elif not screen.is_dialog_reported and now - screen.dialog_since >= seconds:
            screen.is_dialog_reported = True
            yield from self.work.write(now, ("error", error_payload(Reason.ACTION_REQUIRED)))

    def show_qr(self, code: ShownCode, now: float) -> Iterator[Effect]:
        """A QR code is on the screen. In place of a login it proves nothing where the page can't read its database."""
        if not self.pairing.is_new(code) or self.screen.condition in PERSON:
            return
        if self.work.record.has_login:
            self.screen.code_in_question = code
            yield CheckDisk(self.work.record.id, self.page.generation)
        else:
            yield from self._publish_qr(code, now)

    def disk_checked(self, checked: DiskChecked, now: float) -> Iterator[Effect]:
        """What the code in place of the login means. Nobody asks any more when the page has shown something else since."""
        code, self.screen.code_in_question = self.screen.code_in_question, None
        if code is None or checked.generation != self.page.generation:
            return
        record = self.work.record
        if checked.is_short:
            yield from self.interruptions.hold(Reason.RESOURCE_LIMIT, now)
        elif record.has_login and record.login_saved:
            yield from self.needs_person.distrust_login(now)
        else:
            if record.has_login:
                self.pairing.logged_out(Reason.LOGIN_NOT_SAVED)
            yield from self._publish_qr(code, now)

    def _publish_qr(self, code: ShownCode, now: float) -> Iterator[Effect]:
        if self.pairing.is_exhausted:
            yield from self._expire(now)
        else:
            yield from self.pairing.show_qr(code, now)
            yield from self._earn_health()

    @property
    def lacks_its_code(self) -> bool:
        return self.screen.condition in AT_THE_CODES and self.pairing.lacks_its_code

    def recall_qr(self, code: ShownCode, now: float) -> Iterator[Effect]:
        if self.lacks_its_code:
            yield from self.pairing.recall_qr(code, now)

    def logged_out(self, whatsapps_word: str, now: float) -> Iterator[Effect]:
        """WhatsApp ended the login: the QR code that follows, even a later one, is no surprise."""
        record = self.work.record
        unused = now - record.heard_until if record.heard_until else 0.0
        reason = why_logged_out(whatsapps_word, unused)
        if record.has_login:
            details = {"reasonCode": reason.value, "whatsappReason": whatsapps_word}
            yield Log("warning", "logged_out", record.id, details)
            is_locked = reason is Reason.ACCOUNT_LOCKED
            happenings = [("error", error_payload(reason))] if is_locked else []
            yield from self.work.write(now, *happenings, has_login=False)
            self.pairing.logged_out(reason)
        self.browser.login_ended()
        self.screen.condition = PageCondition.UNDECIDED
        yield from self.expect_screen()

    def stays_away(self, now: float) -> Iterator[Effect]:
        """The server, or the phone, has been away for longer than what is not worth a report."""
        if self.screen.condition in AWAY:
            yield from self._phone_lost(AWAY[self.screen.condition], now)

    def earns_quick_retry(self, now: float) -> Iterator[Effect]:
        """So long without a failure: the next one is answered at once."""
        if self.work.record.state in {State.CONNECTED, State.WAITING_SCAN, State.PHONE_DISCONNECTED}:
            yield from self.work.write(now, quick_retry=True)

    def overdue(self) -> Reason:
        """The reason when neither a code nor the main screen was shown in time."""
        return Reason.PAGE_LOAD_FAILED if self.work.record.has_login else Reason.QR_NEVER

    def _phone_lost(self, reason: Reason, now: float) -> Iterator[Effect]:
        if self.work.record.state in {State.INITIALIZING, State.WAITING_SCAN}:
            # docs/contract.md 4 has no direct transition.
            yield from self.work.transition(now, Event.RESUMED, reason)
        yield from self.work.transition(now, Event.PHONE_LOST, reason, failures=0)

    def _on_main(self, facts: Facts, now: float) -> Iterator[Effect]:
        self.timers.disarm(Timer.SCREEN)
        self.screen.code_in_question = None
        self.pairing.paired()
        record, found = self.work.record, self.page.inventory
        known: dict[str, Any] = {
            "phone": facts.phone or record.phone,
            "pushname": facts.pushname or record.pushname,
            "platform": facts.platform or record.platform,
            "has_login": True,
            "failures": 0,
            "pairing_phone": "",
            "missing": "" if found.is_whole else found.names,
        }
        self.browser.login_shown(is_new=not record.has_login)
        if not record.has_login:
            known["login_saved"] = False
            if facts.phone != record.last_phone or not record.linked_at:
                known["linked_at"] = now
        known["last_phone"] = facts.phone or record.last_phone
        reason = Reason.READY if found.is_whole else Reason.WHATSAPP_CHANGED
        happenings = [*_other_account(record, facts), *self._told_of_change()]
        if found.is_whole and happenings:
            reason = Reason.ACCOUNT_CHANGED
        if record.state is not State.CONNECTED:
            yield from self.work.transition(now, Event.READY, reason, *happenings, **known)
        elif _replaces(reason, record.reason) or any(getattr(record, key) != known[key] for key in known):
            yield from self.work.write(now, *happenings, reason=reason, **known)
        # Also without a change of state, which is the case after an adoption.
        yield from self._earn_health()

    def _told_of_change(self) -> list[Happening]:
        """Once: what the account can do no more, while it still receives."""
        found, record = self.page.inventory, self.work.record
        if found.is_whole or record.missing == found.names:
            return []
        return [("error", error_payload(Reason.WHATSAPP_CHANGED, missing=found.names))]

    def _on_away(self) -> Iterator[Effect]:
        """A short absence is not reported, and even a long one does not end a browser that works."""
        self.timers.disarm(Timer.SCREEN)
        gone = self.work.record.state is State.PHONE_DISCONNECTED
        if not gone and not self.timers.is_armed(Timer.OFFLINE):
            yield self.timers.arm(Timer.OFFLINE, self.policy.offline_grace)

    def _expire(self, now: float) -> Iterator[Effect]:
        """Nobody scans: free the browser until someone asks again."""
        yield from self.work.transition(now, Event.CLOSED, Reason.QR_EXPIRED, desired=Desired.STOPPED)
        yield from self.browser.close()

    def _earn_health(self) -> Iterator[Effect]:
        if not self.work.record.quick_retry and not self.timers.is_armed(Timer.HEALTH):
            yield self.timers.arm(Timer.HEALTH, HEALTHY_SECONDS)


def _other_account(record: SessionRecord, facts: Facts) -> list[Happening]:
    """Whoever writes to this session's customers must know that they hear from another number now."""
    previous = record.last_phone or record.phone
    if not facts.phone or previous in {"", facts.phone}:
        return []
    return [("account_changed", {"phone": facts.phone, "previousPhone": previous})]


def _replaces(new: Reason, old: Reason) -> bool:
    """Whether a session that stays connected gets another reason; that its account changed stays to be read."""
    return new is not old and not (new is Reason.READY and old is Reason.ACCOUNT_CHANGED)
