"""What happens in a session's chats: each message and each change once in the log, in the contract's form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from actors.runtime.effects import Effect
from actors.session.arrivals import Arrivals
from actors.session.messages import Called
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import Json, PageEvent
from wppmt.domain.chats import is_ignored
from wppmt.domain.written import message_of
from wppmt.media.file_names import clean_name

MESSAGES = {"message_received", "message_sent"}
CHANGES = {
    "message_edited",
    "message_revoked",
    "message_reaction",
    "poll_vote",
    "call_received",
    "group_change",
    "presence_change",
    "label_change",
}
"""Page events that are told as they are, under the same name."""
TOLD = MESSAGES | CHANGES


class Reception:
    """Page events about chats become events of the session; what it does not want to hear of does not."""

    def __init__(
        self,
        work: UnitOfWork,
        page: Page,
        arrivals: Arrivals,
        policy: SessionPolicy,
        media_url: Callable[[str, str], str],
    ) -> None:
        self._work = work
        self._page = page
        self._arrivals = arrivals
        self._policy = policy
        self._media_url = media_url

    def filter_page(self) -> Iterator[Effect]:
        """Tell the page what it need not tell; nothing is lost by an answer that does not come."""
        if self._page.is_usable:
            arguments = {"kinds": list(self._work.record.ignore)}
            yield self._page.call(Called.FILTER, "ignore", arguments, self._policy.call_deadline)

    def heard(self, event: PageEvent, now: float) -> Iterator[Effect]:
        """One of TOLD. Its position in the page's ring is kept in the same commit, so that it is told once."""
        data = event.data
        if event.name in MESSAGES:
            yield from self.message(data["message"], now)
        elif not self._is_ignored(data):
            yield from self._work.write(now, (event.name, self._change(data)))

    def message(self, written: Json, now: float, **marks: Any) -> Iterator[Effect]:
        """A message that somebody wrote, or the owner on the phone; it may be told again, as by a look at the chats."""
        if self._is_ignored(written) or not self._is_new(written, now):
            yield from self._work.write(now)
            return
        message = self.described(written)
        yield from self._work.receive(now, {"message": message, **marks})
        if "mediaUrl" in message:
            yield from self._arrivals.came(str(message["messageId"]), now)

    def described(self, written: Json) -> dict[str, Any]:
        """In the form of the contract; media is given by URL, not by content."""
        message = message_of(written) | {"chatKey": self._work.chat_key(written["chatNames"])}
        return {**message, **self._media_of(message)} if message.get("mimetype") else message

    def _is_new(self, written: Json, now: float) -> bool:
        """What the API sent is no news. An id alone means nothing: two people may choose the same."""
        if written["fromMe"] and self._work.message(str(written["id"])) is not None:
            return False
        chat = self._work.chat_key(written["chatNames"])
        writer = self._work.chat_key(written["authorNames"]) if written.get("authorNames") else ""
        side = "me" if written["fromMe"] else writer
        return self._work.is_new(now, f"{chat} {side} {written['id']}")

    def _change(self, data: Json) -> dict[str, Any]:
        if "message" in data:
            return {"message": self.described(data["message"])}
        change = {name: value for name, value in data.items() if name != "chatNames"}
        if "chatNames" in data:
            change["chatKey"] = self._work.chat_key(data["chatNames"])
        return change

    def _is_ignored(self, data: Json) -> bool:
        about = data.get("message", data)
        chat = about.get("chatId") or about.get("groupId") or ""
        return is_ignored(str(chat), self._work.record.ignore)

    def _media_of(self, message: Json) -> Json:
        """No URL for a file that is too large, or that only the phone gets; no file name that leads out of a folder."""
        described: dict[str, Any] = {}
        if name := message.get("fileName"):
            described["fileName"] = clean_name(str(name))
        size = message.get("size")
        if not message.get("viewOnce") and (not isinstance(size, int) or size <= self._policy.media_bytes):
            described["mediaUrl"] = self._media_url(self._work.record.id, message["messageId"])
        return described
