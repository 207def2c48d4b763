"""Why a message is not sent: how the page's rejections and the session's state are answered."""

from __future__ import annotations

from collections.abc import Sequence

from actors.session.sending.new_contacts import ENDS, NewContacts
from actors.session.sending.strangers import Strangers
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import CallRejected
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import SessionRecord

REJECTIONS = {
    "not_on_whatsapp": Code.NOT_ON_WHATSAPP,
    "invalid_recipient": Code.INVALID_PHONE,
    "reachout_timelock": Code.REACHOUT_TIMELOCK,
    "new_chat_quota": Code.NEW_CHAT_QUOTA,
    "could_not_look": Code.COULD_NOT_LOOK,
    "error_network": Code.NOT_CONNECTED,
    "group_not_found": Code.GROUP_NOT_FOUND,
    "not_group_member": Code.NOT_GROUP_MEMBER,
    "not_group_admin": Code.NOT_GROUP_ADMIN,
    "quoted_not_found": Code.INVALID_REQUEST,
    "message_not_found": Code.MESSAGE_NOT_FOUND,
    "ambiguous_message_id": Code.AMBIGUOUS_MESSAGE_ID,
    "not_own_message": Code.NOT_OWN_MESSAGE,
    "not_editable": Code.INVALID_REQUEST,
    "not_forwardable": Code.INVALID_REQUEST,
    "too_late_to_edit": Code.TOO_LATE_TO_EDIT,
    "too_late_to_delete": Code.TOO_LATE_TO_DELETE,
}
"""The page's reasons for which a message was surely not sent."""
OF_THE_POLICY = {Code.NEW_CONTACT_BUDGET, Code.STRANGER_GAP, Code.QUIET_HOURS}
NEW_CONTACT = "new_contact"
"""The page's reason when `knownOnly` was given and the recipient is a new contact."""
PROBLEMS = {
    "quoted_not_found": {"field": "quotedMessageId", "problem": "mensagem não encontrada nesta conversa"},
    "not_editable": {"field": "messageId", "problem": "só uma mensagem de texto pode ser editada"},
    "not_forwardable": {"field": "messageId", "problem": "o WhatsApp não encaminha mensagens deste tipo"},
}
SendProblem = dict[str, str]
"""What is wrong with a field of the request, for people."""
NEEDS_A_PERSON = {State.DISCONNECTED, State.WAITING_SCAN, State.ERROR}
"""`reconnectRequired` of a refused send."""
CHANGED_SECONDS = 900
"""`Retry-After` until a page that lacks something is opened anew."""
TRY_AGAIN_SECONDS = 5
"""`Retry-After` when no person is needed: most interruptions are over by then."""


def problems_of(rejection: CallRejected) -> list[SendProblem]:
    """What the page's rejection says about the request's fields."""
    found = [PROBLEMS[rejection.reason]] if rejection.reason in PROBLEMS else []
    return found + [{"field": "messageId", "problem": message_id} for message_id in rejection.about]


class Refusals:
    """Makes refusals from the session's current state."""

    def __init__(self, work: UnitOfWork, new_contacts: NewContacts, strangers: Strangers) -> None:
        self._work = work
        self._new_contacts = new_contacts
        self._strangers = strangers

    def of(self, code: Code, now: float, problems: Sequence[SendProblem] = ()) -> Refusal:
        if code is Code.NOT_CONNECTED:
            return not_connected(self._work.record)
        if code is Code.COULD_NOT_LOOK:
            return Refusal(code, retry_after=TRY_AGAIN_SECONDS)
        if code in OF_THE_POLICY:
            return Refusal(code, retry_after=self._strangers.retry_after(now) or TRY_AGAIN_SECONDS)
        if code in ENDS:
            # Of two that hold, the one that lasts longer: before its end nothing would be accepted.
            code = self._new_contacts.limit(now) or code
        return Refusal(code, details=problems, retry_after=self._new_contacts.retry_after(code, now))


def changed(record: SessionRecord) -> Refusal:
    """The same form as `not_connected`: nobody has to scan anything."""
    extra = {"status": record.state.value, "reconnectRequired": False}
    problems = [{"field": name, "problem": "não existe mais"} for name in record.missing.split(", ") if name]
    return Refusal(Code.WHATSAPP_CHANGED, retry_after=CHANGED_SECONDS, details=problems, extra=extra)


def not_connected(record: SessionRecord) -> Refusal:
    """The 503 of docs/MULTI_TENANT_ARCHITECTURE.md 4.2.2."""
    if record.state is State.ERROR and record.reason is Reason.WHATSAPP_CHANGED:
        return changed(record)
    person = record.state in NEEDS_A_PERSON or not record.has_login
    extra = {"status": record.state.value, "reconnectRequired": person}
    return Refusal(Code.NOT_CONNECTED, retry_after=None if person else TRY_AGAIN_SECONDS, extra=extra)
