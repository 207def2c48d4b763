"""What the HTTP front asks of a session on behalf of a pairing link."""

from __future__ import annotations

from collections.abc import Iterator

from actors.runtime.effects import Answer, Effect, Reply
from actors.session.page_state import AT_THE_CODES
from actors.session.parts import Parts
from wppmt.domain import messages
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.phone_numbers import is_same_number
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import Desired, LinkEnd, PairingLink

LinkRequest = messages.MakeLink | messages.OpenLink | messages.AskPairingCode | messages.RevokeLink


class LinkRequests:
    """Each is answered with the session's status, or refused."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def asked(self, request: LinkRequest, reply: Reply, now: float) -> Iterator[Effect]:
        if self._parts.logout.is_active:
            raise Refusal(Code.SESSION_BUSY, retry_after=5)
        match request:
            case messages.MakeLink():
                yield from self._make(request, now)
            case messages.OpenLink(digest=digest):
                self._parts.links.open(digest, now)
                yield from self._show_codes(now)
            case messages.AskPairingCode(digest=digest, phone=phone):
                self._parts.links.count_code(digest, now)
                yield from self._ask_code(phone, now)
            case messages.RevokeLink():
                yield from self._parts.links.end(LinkEnd.REVOKED, now)
        yield Answer(reply, self._parts.status())

    def _make(self, request: messages.MakeLink, now: float) -> Iterator[Effect]:
        self._require_nobody(request.expected_phone)
        link = PairingLink(
            digest=request.digest,
            session_id=request.session_id,
            expires_at=request.expires_at,
            expected_phone=request.expected_phone,
            return_url=request.return_url,
        )
        yield from self._parts.links.make(link, now)
        yield from self._show_codes(now)

    def _require_nobody(self, expected: str) -> None:
        """Raises Refusal(ALREADY_CONNECTED). A stopped session's login may be good: it is started with it."""
        record = self._parts.record
        is_other = bool(expected and record.phone) and not is_same_number(expected, record.phone)
        if record.has_login and (record.desired is Desired.RUNNING or is_other):
            raise Refusal(Code.ALREADY_CONNECTED)

    def _show_codes(self, now: float) -> Iterator[Effect]:
        """As many as the operator allows, from here on."""
        self._parts.pairing.count_anew()
        state = self._parts.record.state
        if state is State.ERROR:
            yield from self._parts.lifecycle.close()
        if state in {State.ERROR, State.DISCONNECTED}:
            yield from self._parts.open(Reason.STARTING, now)

    def _ask_code(self, phone: str, now: float) -> Iterator[Effect]:
        yield from self._parts.work.write(now, pairing_phone=phone)
        self._parts.pairing.forget_code()
        if self._parts.lifecycle.is_live and self._parts.page_state.condition in AT_THE_CODES:
            yield from self._parts.pairing.request_code()
