"""Questions to the page about chats, people and media, and what is changed there at a caller's request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from actors.runtime.effects import Answer, Effect, Reply
from actors.session.messages import Called, PageAnswered
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.reception import Reception
from wppmt.browser.port import CallFailure, CallRejected, Json, NotCalled
from wppmt.domain import messages
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.page_queries import READS, PageQuery

Query = PageQuery | messages.CheckNumber | messages.FetchMedia | messages.TakeScreenshot
Read = Callable[[Any], object]

REJECTIONS = {
    "ambiguous_message_id": Code.AMBIGUOUS_MESSAGE_ID,
    "business_only": Code.BUSINESS_ONLY,
    "call_not_found": Code.CALL_NOT_FOUND,
    "chat_not_found": Code.NOT_FOUND,
    "could_not_look": Code.COULD_NOT_LOOK,
    "group_not_found": Code.GROUP_NOT_FOUND,
    "invalid_recipient": Code.INVALID_PHONE,
    "invite_not_found": Code.NOT_FOUND,
    "label_not_found": Code.NOT_FOUND,
    "media_gone": Code.NOT_FOUND,
    "message_not_found": Code.MESSAGE_NOT_FOUND,
    "not_group_admin": Code.NOT_GROUP_ADMIN,
    "not_group_member": Code.NOT_GROUP_MEMBER,
    "not_on_whatsapp": Code.NOT_ON_WHATSAPP,
    "not_stored": Code.STORE_UNAVAILABLE,
    "picture_not_found": Code.NOT_FOUND,
    "too_large": Code.PAYLOAD_TOO_LARGE,
    "too_many_pinned": Code.INVALID_REQUEST,
    "walk_ended": Code.INVALID_REQUEST,
}
DETAILS = {
    "too_many_pinned": {"field": "pinned", "problem": "o WhatsApp só fixa três conversas"},
    "walk_ended": {"field": "cursor", "problem": "a lista já não existe; recomece sem cursor"},
}


class Queries:
    """The open questions of one session."""

    def __init__(self, page: Page, reception: Reception, policy: SessionPolicy) -> None:
        self._page = page
        self._reception = reception
        self._policy = policy
        self._numbers = count(1)
        self._open: dict[str, tuple[Reply, Read, bool]] = {}
        """Each with whether it may be asked again."""

    @property
    def is_idle(self) -> bool:
        return not self._open

    def ask(self, query: Query, reply: Reply) -> Iterator[Effect]:
        subject = str(next(self._numbers))
        match query:
            case PageQuery(question=question, arguments=arguments):
                self._open[subject] = reply, self._told, question in READS
                yield self._call(question.value, dict(arguments), subject)
            case messages.CheckNumber(phone=phone):
                self._open[subject] = reply, _number_check, True
                yield self._call("check_number", {"phone": phone}, subject)
            case messages.FetchMedia(message_id=message_id):
                self._open[subject] = reply, lambda _: None, True
                yield self._page.keep_media(message_id, self._policy.media_deadline, Called.QUERY, subject)

            case messages.TakeScreenshot():
                self._open[subject] = reply, lambda picture: picture, True
                yield self._page.screenshot(self._policy.call_deadline, subject)

    def answered(self, answer: PageAnswered) -> Iterator[Effect]:
        reply, read, is_read = self._open.pop(answer.subject)
        if isinstance(answer.outcome, CallFailure):
            yield Answer(reply, _refusal(answer.outcome, is_read=is_read))
        else:
            yield Answer(reply, read(answer.outcome))

    def _told(self, value: Json) -> dict[str, Any]:
        """Chats and messages, in the value or in its rows, as callers know them."""
        told = self._as_told(value)
        if "rows" in value:
            told["rows"] = [self._as_told(row) for row in value["rows"]]
        return told

    def _as_told(self, row: Json) -> dict[str, Any]:
        if "content" in row:
            return self._reception.described(row)
        told = {name: value for name, value in row.items() if name != "chatNames"}
        if "chatNames" in row:
            told["chatKey"] = self._reception.chat_key(row["chatNames"])
        if row.get("lastMessage"):
            told["lastMessage"] = self._reception.described(row["lastMessage"])
        return told

    def _call(self, function: str, arguments: dict[str, Any], subject: str) -> Effect:
        return self._page.call(Called.QUERY, function, arguments, self._policy.call_deadline, subject)


def _refusal(failure: CallFailure, *, is_read: bool) -> Refusal:
    """What only reads may be asked again; whether a change was made is unknown, unless the page says no itself."""
    if isinstance(failure, CallRejected):
        known = REJECTIONS.get(failure.reason)
        if known is Code.COULD_NOT_LOOK:
            return Refusal(known, retry_after=5)
        if known:
            return Refusal(known, details=[DETAILS[failure.reason]] if failure.reason in DETAILS else ())
    if is_read or isinstance(failure, NotCalled):
        return Refusal(Code.SESSION_BUSY, retry_after=5)
    return Refusal(Code.OUTCOME_UNKNOWN)


def _number_check(check: Json) -> messages.NumberCheck:
    return messages.NumberCheck(bool(check["valid"]), check["phone"] or None, bool(check["isBusiness"]))
