"""Requests that only read from the page: contacts, numbers, media. They may be repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from actors.runtime.effects import Answer, Effect, Reply
from actors.session.messages import Called, PageAnswered
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from wppmt.browser.port import CallFailure, CallRejected, Json
from wppmt.domain import messages
from wppmt.domain.errors import Code, Refusal

Query = messages.ListContacts | messages.CheckNumber | messages.FetchMedia

REJECTIONS = {
    "media_gone": Code.NOT_FOUND,
    "not_stored": Code.STORE_UNAVAILABLE,
    "too_large": Code.PAYLOAD_TOO_LARGE,
    "invalid_recipient": Code.INVALID_PHONE,
    "could_not_look": Code.COULD_NOT_LOOK,
}


class Queries:
    """The open questions of one session."""

    def __init__(self, page: Page, policy: SessionPolicy) -> None:
        self._page = page
        self._policy = policy
        self._numbers = count(1)
        self._open: dict[str, tuple[Reply, Callable[[Json], object]]] = {}

    def ask(self, query: Query, reply: Reply) -> Iterator[Effect]:
        subject = str(next(self._numbers))
        match query:
            case messages.ListContacts(after=after, limit=limit):
                self._open[subject] = reply, _contact_page
                yield self._call("contacts", {"after": after, "limit": limit}, subject)
            case messages.CheckNumber(phone=phone):
                self._open[subject] = reply, _number_check
                yield self._call("check_number", {"phone": phone}, subject)
            case messages.FetchMedia(message_id=message_id):
                self._open[subject] = reply, lambda _: None
                yield self._page.keep_media(message_id, self._policy.media_deadline, Called.QUERY, subject)

    def answered(self, answer: PageAnswered) -> Iterator[Effect]:
        reply, read = self._open.pop(answer.subject)
        if isinstance(answer.outcome, CallFailure):
            yield Answer(reply, _refusal(answer.outcome))
        else:
            yield Answer(reply, read(answer.outcome))

    def _call(self, function: str, arguments: dict[str, Any], subject: str) -> Effect:
        return self._page.call(Called.QUERY, function, arguments, self._policy.call_deadline, subject)


def _refusal(failure: CallFailure) -> Refusal:
    """The request only reads, so it may be asked again."""
    known = REJECTIONS.get(failure.reason) if isinstance(failure, CallRejected) else None
    if known is Code.COULD_NOT_LOOK:
        return Refusal(known, retry_after=5)
    return Refusal(known) if known else Refusal(Code.SESSION_BUSY, retry_after=5)


def _contact_page(page: Json) -> messages.ContactPage:
    contacts = tuple(page["contacts"])
    following = str(contacts[-1]["id"]) if page["more"] and contacts else None
    return messages.ContactPage(contacts, int(page["total"]), following)


def _number_check(check: Json) -> messages.NumberCheck:
    return messages.NumberCheck(bool(check["valid"]), check["phone"] or None, bool(check["isBusiness"]))
