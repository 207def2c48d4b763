"""Messages that may or may not have been sent: the page is asked about each, one question at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum, auto

from actors.runtime.effects import Effect, Wake
from actors.session.messages import Called
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.sending.send_codec import find_call
from actors.session.sending.timers import FindDue
from wppmt.browser.port import CallFailure, CallResult
from wppmt.store.records import JournalEntry


class Found(Enum):
    """What the page's answer means for the message."""

    HELD = auto()
    ABSENT = auto()
    FAILED = auto()
    """The page holds it as failed: it had no connection."""
    REFUSED = auto()
    """Absent, after the page had rejected it."""
    UNKNOWN = auto()
    """Ask again later."""


class InDoubt:
    """While any message is in doubt, no newer one is handed over."""

    def __init__(self, page: Page, policy: SessionPolicy) -> None:
        self._page = page
        self._policy = policy
        self._ids: set[str] = set()
        self._asked: set[str] = set()
        self._refused: set[str] = set()
        self._usable_since = 0.0
        self._handed_to: dict[str, tuple[int, str]] = {}
        """The browser's generation and the page life that each was handed to."""
        self._asked_page = ""
        self._reloaded: set[str] = set()
        """Handed to an earlier page of the browser whose page is asked now."""

    def __bool__(self) -> bool:
        return bool(self._ids)

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._ids

    def handed(self, message_id: str, page: str) -> None:
        """A message was handed to this page."""
        self._handed_to[message_id] = self._page.generation, page

    def usable(self, handed: Iterable[JournalEntry], page: str, now: float) -> Iterator[Effect]:
        """The page can be asked (again): every message that was handed to any page is in doubt."""
        self._usable_since = now
        self._asked_page = page
        self._reloaded = {
            message_id
            for message_id, (generation, handed_to) in self._handed_to.items()
            if generation == self._page.generation and handed_to != page
        }
        for entry in handed:
            self._ids.add(entry.id)
            yield from self.find(entry)

    def lost(self) -> None:
        """The page can't be used: open questions and rejections of it are void."""
        self._asked.clear()
        self._refused.clear()

    def refused(self, entry: JournalEntry) -> Iterator[Effect]:
        """The page rejected the message for an unknown reason: if it does not hold it, it has failed."""
        self._refused.add(entry.id)
        self._ids.add(entry.id)
        yield from self.find(entry)

    def unanswered(self, entry: JournalEntry) -> Iterator[Effect]:
        """The message was handed over, and the call was not answered."""
        self._ids.add(entry.id)
        yield Wake(self._policy.resend_after, FindDue(entry.id))

    def find(self, entry: JournalEntry) -> Iterator[Effect]:
        """Ask the page, unless a question is open: two answers "not there" would send the message twice."""
        if entry.id in self._ids and entry.id not in self._asked and self._page.is_usable:
            self._asked.add(entry.id)
            function, arguments = find_call(entry)
            yield self._page.call(Called.FIND, function, arguments, self._policy.call_deadline, entry.id)

    def found(self, message_id: str, outcome: CallResult, now: float) -> Found | None:
        """None for a stale answer: the message has been handed over again meanwhile."""
        self._asked.discard(message_id)
        if message_id not in self._ids:
            return None
        if isinstance(outcome, CallFailure):
            return Found.UNKNOWN
        if outcome.get("found"):
            # A message that this page calls failed may have been sent by the page before it.
            is_own = self._handed_to.get(message_id) == (self._page.generation, self._asked_page)
            return Found.FAILED if is_own and outcome["failed"] and not outcome["ack"] else Found.HELD
        if message_id in self._refused:
            return Found.REFUSED
        return Found.UNKNOWN if self._patience(message_id, now) > 0 else Found.ABSENT

    def ask_later(self, message_id: str, now: float) -> Wake:
        return Wake(self._patience(message_id, now) or self._policy.resend_after, FindDue(message_id))

    def decided(self, message_id: str) -> None:
        self._ids.discard(message_id)
        self._refused.discard(message_id)
        self._handed_to.pop(message_id, None)

    def _patience(self, message_id: str, now: float) -> float:
        """How much longer a restored page may take to show what it holds.

        A killed browser may have lost its last writes, so a receipt may be the only sign that a message was sent.
        """
        is_reloaded = message_id in self._reloaded
        seconds = self._policy.resend_after_reload if is_reloaded else self._policy.resend_after
        return max(0.0, self._usable_since + seconds - now)
