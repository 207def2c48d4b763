"""What happens in a session's chats: each message and each change once in the log, in the contract's form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from actors.runtime.effects import Count, Effect
from actors.session.arrivals import Arrivals
from actors.session.chat_filter import ChatFilter
from actors.session.inbound_audit import InboundAudit
from actors.session.policy import SessionPolicy
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import CallResult, Json, PageEvent
from wppmt.domain.occurrences import InboundMissed
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """Page events about chats become events of the session; what it does not want to hear of does not."""

    work: UnitOfWork
    chat_filter: ChatFilter
    arrivals: Arrivals
    inbound_audit: InboundAudit
    policy: SessionPolicy
    media_url: Callable[[str, str], str]

    def heard(self, event: PageEvent, now: float) -> Iterator[Effect]:
        """One of TOLD. Its position in the page's ring is kept in the same commit, so that it is told once."""
        data = event.data
        if event.name in MESSAGES:
            self.inbound_audit.page_told()
            yield from self.message(data["message"], now)
        elif not self._is_ignored(data):
            yield from self.work.write(now, (event.name, self._change(data)))

    def message(self, written: Json, now: float, **marks: Any) -> Iterator[Effect]:
        """A message that somebody wrote, or the owner on the phone; it may be told again, as by a look at the chats."""
        if self._is_ignored(written) or not self._is_new(written, now):
            yield from self.work.write(now)
            return
        message = self.described(written)
        yield from self.work.write_message(now, {"message": message, **marks})
        if "mediaUrl" in message:
            yield from self.arrivals.came(str(message["messageId"]), now)

    def audited(self, outcome: CallResult, now: float) -> Iterator[Effect]:
        """What the page holds; of it is told what the log lacks."""
        received = self.work.record.messages_received
        for message in self.inbound_audit.held(outcome):
            yield from self.message(message, now, backfilled=True)
        missed = self.work.record.messages_received - received
        if missed:
            yield Count(InboundMissed(self.work.record.id, missed))
        yield from self.inbound_audit.answered(outcome, missed, now)

    def chat_key(self, names: Sequence[str]) -> str:
        return self.work.chat_key(names)

    def described(self, written: Json) -> dict[str, Any]:
        """In the form of the contract; media is given by URL, not by content."""
        message = message_of(written) | {"chatKey": self.work.chat_key(written["chatNames"])}
        return {**message, **self._media_of(message)} if message.get("mimetype") else message

    def _is_new(self, written: Json, now: float) -> bool:
        """What the API sent is no news. An id alone means nothing: two people may choose the same."""
        if written["fromMe"] and self.work.message(str(written["id"])) is not None:
            return False
        chat = self.work.chat_key(written["chatNames"])
        writer = self.work.chat_key(written["authorNames"]) if written.get("authorNames") else ""
        side = "me" if written["fromMe"] else writer
        # A digest, so that no number is kept for this.
        return self.work.is_new(now, sha256(f"{chat} {side} {written['id']}".encode()).hexdigest())

    def _change(self, data: Json) -> dict[str, Any]:
        if "message" in data:
            return {"message": self.described(data["message"])}
        change = {name: value for name, value in data.items() if name != "chatNames"}
        if "chatNames" in data:
            change["chatKey"] = self.work.chat_key(data["chatNames"])
        return change

    def _is_ignored(self, data: Json) -> bool:
        about = data.get("message", data)
        chat = about.get("chatId") or about.get("groupId") or ""
        return self.chat_filter.keeps_out(str(chat))

    def _media_of(self, message: Json) -> Json:
        """No URL for a file that is too large, or that only the phone gets; no file name that leads out of a folder."""
        described: dict[str, Any] = {}
        if name := message.get("fileName"):
            described["fileName"] = clean_name(str(name))
        size = message.get("size")
        if not message.get("viewOnce") and (not isinstance(size, int) or size <= self.policy.media_bytes):
            described["mediaUrl"] = self.media_url(self.work.record.id, message["messageId"])
        return described
