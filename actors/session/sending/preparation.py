"""What has to happen in the page before a message can be handed over: its file is uploaded, then typing is shown."""

from __future__ import annotations

from collections.abc import Iterator

from actors.runtime.effects import Effect, Wake
from actors.session.messages import Called
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.sending.timers import TypingDone
from wppmt.store.records import JournalEntry


class Preparation:
    """How far messages are prepared in the current page; a lost page loses this, too."""

    def __init__(self, page: Page, policy: SessionPolicy) -> None:
        self._page = page
        self._policy = policy
        self._typed: set[str] = set()
        self._sources: dict[str, int] = {}
        """Files that the page holds, by the message they belong to."""

    def is_needed(self, entry: JournalEntry) -> bool:
        return self._must_upload(entry) or self._must_type(entry)

    def step(self, entry: JournalEntry) -> Iterator[Effect]:
        """The next thing that is needed."""
        if self._must_upload(entry):
            yield self._page.upload(entry.payload["path"], self._policy.media_deadline, entry.id)
        else:
            state = "recording" if entry.payload.get("ptt") else "composing"
            arguments = {"to": entry.to, "state": state}
            yield self._page.call(Called.TYPING, "typing", arguments, self._policy.call_deadline, entry.id)
            yield Wake(entry.payload["typingMs"] / 1000, TypingDone(entry.id))

    def typed(self, message_id: str) -> None:
        self._typed.add(message_id)

    def uploaded(self, message_id: str, source: int) -> None:
        """`source` is the page's number of the file."""
        self._sources[message_id] = source

    def spend(self, message_id: str) -> int | None:
        """The message is handed over: its file's number, which is used up by this."""
        self._typed.discard(message_id)
        return self._sources.pop(message_id, None)

    def lost(self) -> None:
        """The page can't be used any more."""
        self._typed.clear()
        self._sources.clear()

    def _must_type(self, entry: JournalEntry) -> bool:
        return bool(entry.payload.get("typingMs")) and entry.id not in self._typed

    def _must_upload(self, entry: JournalEntry) -> bool:
        return "path" in entry.payload and entry.id not in self._sources
