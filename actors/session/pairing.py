"""How a session gets its login: QR codes one after the other, or a code that is typed on the phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from actors.runtime.effects import Effect, Log
from actors.session.messages import Called, Timer
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.timers import Timers
from actors.session.unit_of_work import UnitOfWork, error_payload
from wppmt.browser.port import CallFailure, CallResult, Json
from wppmt.domain.account_limits import UNKNOWN
from wppmt.domain.reasons import LOGIN_ENDED, Reason
from wppmt.domain.states import Event, State
from wppmt.domain.times import iso
from wppmt.store.records import NO_LOGIN, Qr

FIRST_QR_SECONDS, NEXT_QR_SECONDS = 60.0, 20.0
"""How long WhatsApp shows a code, when the page does not know."""


@dataclass(frozen=True, slots=True)
class ShownCode:
    """A QR code as the page reports it."""

    text: str
    seconds: float | None
    """How long it is shown; None where the page does not know."""
    at: float
    """Since when, in epoch seconds."""

    @classmethod
    def of(cls, data: Json, now: float) -> ShownCode:
        ttl, at = data.get("ttlMs"), data.get("at")
        return cls(str(data["code"]), ttl / 1000 if ttl else None, at / 1000 if at else now)


class Pairing:
    """The codes that one browser has shown so far."""

    def __init__(
        self,
        work: UnitOfWork,
        page: Page,
        timers: Timers,
        policy: SessionPolicy,
        qr_picture: Callable[[str], str],
    ) -> None:
        self.qr: Qr | None = None
        self.code = ""
        """To be typed on the phone instead of scanning."""
        self.is_linking = False
        """A phone has scanned: the main screen follows."""
        self._work = work
        self._page = page
        self._timers = timers
        self._policy = policy
        self._qr_picture = qr_picture
        self._shown = 0
        self._after_logout: Reason | None = None
        """Why there is no login any more."""
        self._code_requested = False
        self._batch_requested = False

    def reset(self) -> None:
        """A new browser begins, or the last one ended."""
        self.hide()
        self._shown = 0
        self._after_logout = None
        self._code_requested = self._batch_requested = False

    def hide(self) -> None:
        self.qr, self.code, self.is_linking = None, "", False

    def scanned(self) -> None:
        """There is nothing to scan any more, and not yet a main screen."""
        self.hide()
        self.is_linking = True

    def paired(self) -> None:
        """The main screen is there."""
        self.hide()
        self._shown = 0
        self._after_logout = None

    def logged_out(self, reason: Reason) -> None:
        """The login is gone: the reason of the next code says so."""
        self._after_logout = reason

    def count_anew(self) -> None:
        """Somebody begins to look at the codes."""
        self._shown = 0

    def forget_code(self) -> None:
        """Another one is wanted."""
        self.code, self._code_requested = "", False

    @property
    def is_exhausted(self) -> bool:
        """As many codes as the operator allows have been shown."""
        return self._shown >= self._policy.qr_max

    def is_new(self, code: ShownCode) -> bool:
        return bool(code.text) and not (self.qr and self.qr.text == code.text)

    def show_qr(self, code: ShownCode, now: float) -> Iterator[Effect]:
        """A new code is on the screen; the next one, or someone who scans it, is expected."""
        self._shown += 1
        self._batch_requested = False
        qr = self._until_it_expires(code)
        yield self._expect_next(qr, now)
        payload = {"qrCode": self._qr_picture(qr.text), "expiresAt": iso(qr.expires_at)}
        waits_for = Reason.ENTER_CODE if self.code else Reason.SCAN_QR
        reason = self._after_logout or waits_for
        yield from self._work.transition(
            now,
            Event.QR_SHOWN,
            reason,
            ("qr_code", payload),
            **NO_LOGIN,
            heard_until=0.0,
            limits=UNKNOWN,
            login_saved=True,
            failures=0,
        )
        self.qr, self.is_linking = qr, False

    @property
    def lacks_its_code(self) -> bool:
        """An earlier daemon has published the code that an adopted page shows."""
        return not self.qr and self._work.record.state is State.WAITING_SCAN

    def recall_qr(self, code: ShownCode, now: float) -> Iterator[Effect]:
        """It was published before: no event. Where a scan came to nothing, this actor has counted it, too."""
        self._shown = max(self._shown, 1)
        reason = self._work.record.reason
        self._after_logout = reason if reason in LOGIN_ENDED else None
        self.qr = self._until_it_expires(code)
        yield self._expect_next(self.qr, now)

    def request_batch(self) -> Iterator[Effect]:
        """Asks the page, once, for more codes."""
        if not self._batch_requested:
            self._batch_requested = True
            yield self._page.call(Called.BATCH, "refresh_qr", {}, self._policy.call_deadline)

    def batch_answered(self, result: CallResult) -> Iterator[Effect]:
        """After a failed call codes are asked for again at the next beat, until the screen's deadline."""
        if isinstance(result, CallFailure):
            self._batch_requested = False
            yield Log("warning", "codes_not_renewed", self._work.record.id, {"error": str(result)})

    def request_code(self) -> Iterator[Effect]:
        """Asks the page, once, for the code that a session with `pairing_phone` wants."""
        if (phone := self._work.record.pairing_phone) and not self._code_requested:
            self._code_requested = True
            yield self._page.call(
                Called.PAIRING, "pairing_code", {"phone": phone}, self._policy.call_deadline
            )

    def show_code(self, code: str, now: float) -> Iterator[Effect]:
        self._timers.disarm(Timer.SCREEN)
        self.code = code
        if self._work.record.state is State.WAITING_SCAN:
            yield from self._work.transition(now, Event.QR_SHOWN, Reason.ENTER_CODE)

    def code_answered(self, result: CallResult, now: float) -> Iterator[Effect]:
        if isinstance(result, CallFailure):
            yield Log("warning", "pairing_code_failed", self._work.record.id, {"error": str(result)})
            yield from self.refused(now)
        else:
            yield from self.show_code(str(result.get("code", "")), now)

    def refused(self, now: float) -> Iterator[Effect]:
        """WhatsApp refused the phone that scanned; the next code follows by itself."""
        yield from self._work.write(now, ("error", error_payload(Reason.AUTH_FAILED)))

    def _until_it_expires(self, code: ShownCode) -> Qr:
        usual = FIRST_QR_SECONDS if self._shown == 1 else NEXT_QR_SECONDS
        return Qr(code.text, code.at + (code.seconds or usual))

    def _expect_next(self, qr: Qr, now: float) -> Effect:
        return self._timers.arm(Timer.SCREEN, max(0.0, qr.expires_at - now) + self._policy.screen_deadline)
