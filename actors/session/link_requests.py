"""What the HTTP front asks of a session on behalf of a pairing link."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actors.runtime.effects import Answer, Effect, Reply
from actors.session.browser_lifecycle import BrowserLifecycle
from actors.session.links import Links
from actors.session.logout import Logout
from actors.session.page_conditions import AT_THE_CODES
from actors.session.pairing import Pairing
from actors.session.screen import Screen
from actors.session.starts import Starts
from actors.session.status import Status
from actors.session.unit_of_work import UnitOfWork
from wppmt.domain import messages
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.phone_numbers import is_same_number
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import Desired, LinkEnd, PairingLink

LinkRequest = messages.MakeLink | messages.OpenLink | messages.AskPairingCode | messages.RevokeLink


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRequests:
    """Each is answered with the session's status, or refused."""

    work: UnitOfWork
    screen: Screen
    browser: BrowserLifecycle
    starts: Starts
    pairing: Pairing
    links: Links
    logout: Logout
    status: Status

    def asked(self, request: LinkRequest, reply: Reply, now: float) -> Iterator[Effect]:
        if self.logout.is_active:
            raise Refusal(Code.SESSION_BUSY, retry_after=5)
        match request:
            case messages.MakeLink():
                yield from self._make(request, now)
            case messages.OpenLink(digest=digest):
                self.links.open(digest, now)
                yield from self._show_codes(now)
            case messages.AskPairingCode(digest=digest, phone=phone):
                self.links.count_code(digest, now)
                yield from self._ask_code(phone, now)
            case messages.RevokeLink():
                yield from self.links.end(LinkEnd.REVOKED, now)
        yield Answer(reply, self.status.now())

    def _make(self, request: messages.MakeLink, now: float) -> Iterator[Effect]:
        self._require_not_linked(request.expected_phone)
        link = PairingLink(
            digest=request.digest,
            session_id=request.session_id,
            expires_at=request.expires_at,
            expected_phone=request.expected_phone,
            return_url=request.return_url,
        )
        yield from self.links.make(link, now)
        yield from self._show_codes(now)

    def _require_not_linked(self, expected: str) -> None:
        """Raises Refusal(ALREADY_CONNECTED). A stopped session's login may be good: it is started with it."""
        record = self.work.record
        is_other = bool(expected and record.phone) and not is_same_number(expected, record.phone)
        if record.has_login and (record.desired is Desired.RUNNING or is_other):
            raise Refusal(Code.ALREADY_CONNECTED)

    def _show_codes(self, now: float) -> Iterator[Effect]:
        """As many as the operator allows, from here on."""
        self.pairing.count_anew()
        state = self.work.record.state
        if state is State.ERROR:
            yield from self.browser.close()
        if state in {State.ERROR, State.DISCONNECTED}:
            yield from self.starts.start(Reason.STARTING, now)

    def _ask_code(self, phone: str, now: float) -> Iterator[Effect]:
        yield from self.work.write(now, pairing_phone=phone)
        self.pairing.forget_code()
        if self.browser.is_live and self.screen.condition in AT_THE_CODES:
            yield from self.pairing.request_code()
