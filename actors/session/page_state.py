"""What WhatsApp's page shows, and what that means for the session: QR codes, the main screen, offline, logged out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from actors.runtime.effects import Effect, Log, ProfileAction
from actors.session.browser_lifecycle import BrowserLifecycle, error_payload
from actors.session.messages import Called
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import CallFailure, CallResult, Json
from wppmt.domain.page_condition import Facts, PageCondition, classify_page
from wppmt.domain.reasons import Reason
from wppmt.domain.retry import HEALTHY_SECONDS
from wppmt.domain.states import Event, State
from wppmt.domain.times import iso
from wppmt.store.records import NO_LOGIN, Desired, Qr

SCREEN, OFFLINE, HEALTH = "screen", "offline", "health"
FIRST_QR_SECONDS, NEXT_QR_SECONDS = 60.0, 20.0
"""How long WhatsApp shows a code, where the page does not tell."""

AWAY = {PageCondition.PHONE_OFFLINE: Reason.PHONE_OFFLINE, PageCondition.NETWORK: Reason.NETWORK}
PERSON = {
    PageCondition.CONFLICT: Reason.CONFLICT,
    PageCondition.UPDATE_NEEDED: Reason.UPDATE_NEEDED,
    PageCondition.RESTRICTED: Reason.ACCOUNT_RESTRICTED,
    PageCondition.PASSKEY: Reason.PASSKEY_REQUIRED,
}
RENEWAL_SECONDS = 3600.0
"""A page that is too old is opened anew at most this often; one that is too old even then needs a person."""
DIALOG_BEATS = 2
"""A dialog that stands for so many beats is not on its way out."""


@dataclass(frozen=True, slots=True)
class ShownCode:
    """A QR code as the page tells it."""

    text: str
    seconds: float | None
    """How long it is shown; None where the page does not know."""
    at: float
    """Since when, in epoch seconds."""

    @classmethod
    def of(cls, data: Json, now: float) -> ShownCode:
        ttl, at = data.get("ttlMs"), data.get("at")
        return cls(str(data["code"]), ttl / 1000 if ttl else None, at / 1000 if at else now)


class PageState:
    """Turns facts and QR codes into moves of the state."""

    def __init__(
        self,
        work: UnitOfWork,
        page: Page,
        lifecycle: BrowserLifecycle,
        timers: Timers,
        policy: SessionPolicy,
        qr_picture: Callable[[str], str],
    ) -> None:
        self.verdict = PageCondition.UNDECIDED
        self.qr: Qr | None = None
        self.pairing_code = ""
        self._work = work
        self._page = page
        self._lifecycle = lifecycle
        self._timers = timers
        self._policy = policy
        self._qr_picture = qr_picture
        self._codes = 0
        self._told_logged_out = False
        self._pairing_asked = False
        self._is_doubted = False
        self._renewed_at = 0.0
        self._dialog_since = 0.0
        self._dialog_told = False

    def reset(self) -> None:
        """A new browser begins, or the last one ended: nothing of what was shown is true any more."""
        self.verdict = PageCondition.UNDECIDED
        self.qr = None
        self.pairing_code = ""
        self._codes = 0
        self._told_logged_out = False
        self._pairing_asked = False
        self._dialog_since, self._dialog_told = 0.0, False
        self._is_doubted = False
        self._timers.disarm(SCREEN, OFFLINE, HEALTH)

    def turned(self) -> Iterator[Effect]:
        """A page speaks for the first time: from here on a code or the main screen is owed."""
        self.verdict = PageCondition.UNDECIDED
        self.trust()
        yield from self.expect_screen()

    def expect_screen(self) -> Iterator[Effect]:
        """A code or the main screen, within the deadline."""
        yield self._timers.arm(SCREEN, self._policy.screen_deadline)

    def distrust(self) -> None:
        """The main screen alone proves no connection any more, until `trust` or the next page."""
        self._is_doubted = True

    def trust(self) -> None:
        self._is_doubted = False

    def judge(self, facts: Facts, now: float) -> Iterator[Effect]:
        """React to the page's facts, as far as they are news."""
        self.verdict = classify_page(facts)
        if self.verdict not in AWAY:
            self._timers.disarm(OFFLINE)
        if self.verdict in {PageCondition.UNDECIDED, PageCondition.QR} and not self._timers.is_armed(SCREEN):
            yield self._timers.arm(SCREEN, self._policy.screen_deadline)
        if self.verdict is PageCondition.MAIN:
            if not self._is_doubted:
                yield from self._on_main(facts, now)
        elif self.verdict in AWAY:
            yield from self._on_away()
        elif self.verdict in PERSON:
            yield from self._on_trouble(now)
        elif self.verdict is PageCondition.QR and self._work.record.pairing_phone and not self._pairing_asked:
            self._pairing_asked = True
            phone = self._work.record.pairing_phone
            yield self._page.call(
                Called.PAIRING, "pairing_code", {"phone": phone}, self._policy.call_deadline
            )
        yield from self._watch_dialog(facts, now)

    def _on_trouble(self, now: float) -> Iterator[Effect]:
        if self.verdict is PageCondition.UPDATE_NEEDED and now - self._renewed_at > RENEWAL_SECONDS:
            # The page, not the browser, is too old in most cases: opened anew it is the newest.
            self._renewed_at = now
            self.reset()
            yield from self._lifecycle.fail(Reason.UPDATE_NEEDED, now, graceful=True)
        else:
            yield from self.needs_person(PERSON[self.verdict], now)

    def _watch_dialog(self, facts: Facts, now: float) -> Iterator[Effect]:
        """Nothing is stopped for it, since messages go on behind it; but somebody should look."""
        if facts.dialog != "other":
            self._dialog_since, self._dialog_told = 0.0, False
        elif not self._dialog_since:
            self._dialog_since = now
        elif not self._dialog_told and now - self._dialog_since >= DIALOG_BEATS * self._policy.beat_seconds:
            self._dialog_told = True
            yield from self._work.write(now, ("error", error_payload(Reason.ACTION_REQUIRED)))

    def pairing_refused(self, now: float) -> Iterator[Effect]:
        """A phone has scanned, and WhatsApp said no; the next code is on its way."""
        yield from self._work.write(now, ("error", error_payload(Reason.AUTH_FAILED)))

    def show_qr(self, code: ShownCode, now: float) -> Iterator[Effect]:
        """A new code is on the screen; the next one, or someone who scans it, is owed."""
        if not code.text or (self.qr and self.qr.text == code.text) or self.verdict in PERSON:
            return
        if self._work.record.has_login:
            yield from self.distrust_login(now)
            return
        self._codes += 1
        if self._codes > self._policy.qr_max:
            yield from self._expire(now)
            return
        qr = self._until_it_expires(code)
        yield self._expect_next(qr, now)
        payload = {"qrCode": self._qr_picture(qr.text), "expiresAt": iso(qr.expires_at)}
        waits_for = Reason.ENTER_CODE if self.pairing_code else Reason.SCAN_QR
        reason = Reason.LOGGED_OUT if self._told_logged_out else waits_for
        yield from self._work.move(
            now,
            Event.QR_SHOWN,
            reason,
            ("qr_code", payload),
            **NO_LOGIN,
            heard_until=0.0,
            reachout_until=0.0,
            failures=0,
        )
        self.qr = qr
        yield from self._earn_health()

    @property
    def lacks_its_code(self) -> bool:
        """An earlier daemon has told the code that an adopted page shows."""
        return (
            self.verdict is PageCondition.QR and not self.qr and self._work.record.state is State.WAITING_SCAN
        )

    def recall_qr(self, code: ShownCode, now: float) -> Iterator[Effect]:
        """It is known to everyone but us: nothing is told."""
        if self.lacks_its_code:
            self._codes += 1
            self._told_logged_out = self._work.record.reason is Reason.LOGGED_OUT
            self.qr = self._until_it_expires(code)
            yield self._expect_next(self.qr, now)

    def _until_it_expires(self, code: ShownCode) -> Qr:
        usual = FIRST_QR_SECONDS if self._codes == 1 else NEXT_QR_SECONDS
        return Qr(code.text, code.at + (code.seconds or usual))

    def _expect_next(self, qr: Qr, now: float) -> Effect:
        return self._timers.arm(SCREEN, max(0.0, qr.expires_at - now) + self._policy.screen_deadline)

    def show_pairing_code(self, code: str, now: float) -> Iterator[Effect]:
        self._timers.disarm(SCREEN)
        self.pairing_code = code
        if self._work.record.state is State.WAITING_SCAN:
            yield from self._work.move(now, Event.QR_SHOWN, Reason.ENTER_CODE)

    def pairing_answered(self, outcome: CallResult, now: float) -> Iterator[Effect]:
        if isinstance(outcome, CallFailure):
            yield Log("warning", "pairing_code_failed", self._work.record.id, {"error": str(outcome)})
            yield from self._work.write(now, ("error", error_payload(Reason.AUTH_FAILED)))
        else:
            yield from self.show_pairing_code(str(outcome.get("code", "")), now)

    def logged_out(self, now: float) -> Iterator[Effect]:
        """WhatsApp told the page why it ends the login: the QR code that follows, even a later one, is no surprise."""
        yield from self._work.write(now, has_login=False)
        self._lifecycle.is_proven = False
        self._told_logged_out = True
        self.verdict = PageCondition.UNDECIDED
        yield self._timers.arm(SCREEN, self._policy.screen_deadline)

    def due(self, timer: str, now: float) -> Iterator[Effect]:
        record = self._work.record
        if timer == HEALTH:
            if record.state in {State.CONNECTED, State.WAITING_SCAN, State.PHONE_DISCONNECTED}:
                yield from self._work.write(now, quick_retry=True)
        elif timer == OFFLINE and self.verdict in AWAY:
            yield from self._phone_lost(AWAY[self.verdict], now)

    def overdue(self) -> Reason:
        """Why nothing that one could use was on the screen in time."""
        return Reason.PAGE_LOAD_FAILED if self._work.record.has_login else Reason.QR_NEVER

    def _phone_lost(self, reason: Reason, now: float) -> Iterator[Effect]:
        if self._work.record.state in {State.INITIALIZING, State.WAITING_SCAN}:
            # The contract knows no direct way.
            yield from self._work.move(now, Event.RESUMED, reason)
        yield from self._work.move(now, Event.PHONE_LOST, reason, failures=0)

    def needs_person(self, reason: Reason, now: float) -> Iterator[Effect]:
        """State `error` at once, told once: waiting would not mend it."""
        record = self._work.record
        self._timers.disarm(SCREEN)
        self.qr, self.pairing_code = None, ""
        if record.state is not State.ERROR or record.reason is not reason:
            yield Log("error", "needs_person", record.id, {"reason": reason.value})
            yield from self._work.move(now, Event.GAVE_UP, reason, ("error", error_payload(reason)))

    def _on_main(self, facts: Facts, now: float) -> Iterator[Effect]:
        self._timers.disarm(SCREEN)
        self._lifecycle.is_proven = True
        self.qr, self.pairing_code, self._codes, self._told_logged_out = None, "", 0, False
        record = self._work.record
        known: dict[str, Any] = {
            "phone": facts.phone or record.phone,
            "pushname": facts.pushname or record.pushname,
            "platform": facts.platform or record.platform,
            "has_login": True,
            "failures": 0,
            "pairing_phone": "",
        }
        if record.state is not State.CONNECTED:
            yield from self._work.move(now, Event.READY, Reason.READY, **known)
        elif any(getattr(record, name) != value for name, value in known.items()):
            yield from self._work.write(now, **known)
        # Also where it is no news, to a daemon that adopted the page.
        yield from self._earn_health()

    def _on_away(self) -> Iterator[Effect]:
        """A short absence is nobody's business, and a longer one no reason to end a browser that works."""
        self._timers.disarm(SCREEN)
        gone = self._work.record.state is State.PHONE_DISCONNECTED
        if not gone and not self._timers.is_armed(OFFLINE):
            yield self._timers.arm(OFFLINE, self._policy.offline_grace)

    def distrust_login(self, now: float) -> Iterator[Effect]:
        """A QR code where a login was, and no word from WhatsApp why: architecture.pt.md 11.3."""
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
