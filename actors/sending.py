"""A session's messages on their way out: one at a time, in order, each in the journal before it is handed over.

ACCEPTED → HANDED → acknowledged (SENT) or FAILED or, when nobody can tell, UNKNOWN (contract, section 5). After a
crash between hand-over and acknowledgement the page is asked whether it holds the id; only the same id is ever
handed over again, and nothing newer overtakes it meanwhile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from actors.effects import Answer, Effect, Reply, Wake
from actors.ledger import Ledger
from actors.notices import Called, PageAnswered
from actors.page import Page
from actors.policy import SessionPolicy
from wppmt.browser import CallFailure, CallRejected, NotCalled
from wppmt.errors import Code, Refusal
from wppmt.messages import SendText, Sent
from wppmt.store import ACK_STATUS, Handover, JournalEntry

REJECTIONS = {
    "not_on_whatsapp": Code.NOT_ON_WHATSAPP,
    "invalid_recipient": Code.INVALID_PHONE,
    "reachout_timelock": Code.REACHOUT_TIMELOCK,
}
"""bridge.js's words for a send that surely was not made."""


@dataclass(frozen=True, slots=True)
class TypingDone:
    id: str


@dataclass(frozen=True, slots=True)
class AnswerDue:
    """The asker has waited long enough: 202."""

    id: str


@dataclass(frozen=True, slots=True)
class OutcomeDue:
    """Whatever is not known of this message now is reported as it is."""

    id: str


@dataclass(frozen=True, slots=True)
class FindDue:
    """Ask the page again whether it holds this message."""

    id: str


SendingTimer = TypingDone | AnswerDue | OutcomeDue | FindDue


class Sending:
    """The send queue of one session."""

    def __init__(
        self, ledger: Ledger, page: Page, policy: SessionPolicy, new_message_id: Callable[[], str]
    ) -> None:
        self._ledger = ledger
        self._page = page
        self._policy = policy
        self._new_message_id = new_message_id
        self._queue: deque[JournalEntry] = deque()
        self._handed: dict[str, JournalEntry] = {}
        self._undecided: set[str] = set()
        """Handed to an earlier page: what became of them is being found out, and all others wait."""
        self._busy = ""
        self._typed: set[str] = set()
        self._replies: dict[str, Reply] = {}
        self._usable_since = 0.0

    def __len__(self) -> int:
        return len(self._queue)

    def restore(self, now: float) -> Iterator[Effect]:
        """Take up what an earlier actor or daemon left unfinished."""
        for entry in self._ledger.store.unfinished(self._ledger.record.id):
            if entry.handover is Handover.ACCEPTED:
                self._queue.append(entry)
            else:
                self._handed[entry.id] = entry
            yield self._outcome_timer(entry, now)

    def accept(self, request: SendText, reply: Reply, now: float) -> Iterator[Effect]:
        """Journal the message and take responsibility for it. Raises Refusal(QUEUE_FULL)."""
        if len(self._queue) >= self._policy.queue_limit:
            raise Refusal(Code.QUEUE_FULL, retry_after=10)
        entry = self._entry(request, now)
        if self._is_idle and not request.typing_ms:
            # The usual case: accepted and handed over in one commit.
            yield from self._hand(entry, now)
        else:
            yield from self._ledger.write(now, journal=entry)
            self._queue.append(entry)
        yield self._outcome_timer(entry, now)
        if request.respond_async:
            yield Answer(reply, Sent(entry.id, entry.to, 0, now))
        else:
            self._replies[entry.id] = reply
            yield Wake(self._policy.send_deadline + request.typing_ms / 1000, AnswerDue(entry.id))
        yield from self._pump(now)

    def usable(self, now: float) -> Iterator[Effect]:
        """The page shows WhatsApp's main screen (again)."""
        self._usable_since = now
        self._undecided = set(self._handed)
        for message_id in self._undecided:
            yield self._find(self._handed[message_id])
        yield from self._pump(now)

    def lost(self) -> None:
        """The page can't be used; what it was handed is undecided until it is back."""
        self._busy = ""
        self._typed.clear()

    def due(self, timer: SendingTimer, now: float) -> Iterator[Effect]:
        match timer:
            case TypingDone(id=message_id):
                if self._busy == message_id:
                    self._busy = ""
                    self._typed.add(message_id)
                yield from self._pump(now)
            case AnswerDue(id=message_id):
                entry = self._pending(message_id)
                if entry is not None:
                    yield from self._answer(message_id, Sent(entry.id, entry.to, entry.ack, now))
            case FindDue(id=message_id):
                if message_id in self._undecided and self._page.is_usable:
                    yield self._find(self._handed[message_id])
            case OutcomeDue(id=message_id):
                yield from self._report_outcome(message_id, now)

    def answered(self, answer: PageAnswered, now: float) -> Iterator[Effect]:
        """The page's answer to SEND or FIND."""
        entry = self._handed.get(answer.subject)
        if answer.call is Called.SEND and self._busy == answer.subject:
            self._busy = ""
        if entry is not None:
            if answer.call is Called.SEND:
                yield from self._on_sent(entry, answer.outcome, now)
            else:
                yield from self._on_found(entry, answer.outcome, now)
        yield from self._pump(now)

    def acknowledged(self, message_id: str, ack: int, to: str, now: float) -> Iterator[Effect]:
        """WhatsApp's server or the recipient has it. Messages that the gateway did not send are not ours to tell."""
        entry = self._pending(message_id) or self._ledger.store.message(self._ledger.record.id, message_id)
        if entry is None:
            return
        if ack < 0 and entry.ack < 1:
            yield from self._fail(entry, Code.SEND_FAILED, now)
        elif ack > entry.ack:
            first = entry.ack < 1
            entry = replace(entry, handover=Handover.SENT, ack=ack, to=to or entry.to, acked_at=now)
            sent = self._ledger.record.messages_sent + int(first)
            yield from self._ledger.write(
                now, ("message_ack", _ack(entry)), journal=entry, messages_sent=sent, last_activity=now
            )
            self._settle(entry.id)
            yield from self._answer(entry.id, Sent(entry.id, entry.to, ack, now))
            yield from self._pump(now)

    def failed(self, message_id: str, now: float) -> Iterator[Effect]:
        """The page says that WhatsApp did not take the message."""
        entry = self._handed.get(message_id)
        if entry is not None:
            yield from self._fail(entry, Code.SEND_FAILED, now)
            yield from self._pump(now)

    def close(self, now: float) -> Iterator[Effect]:
        """The session is closed: what was not handed over never will be."""
        for entry in tuple(self._queue):
            yield from self._fail(entry, Code.NOT_CONNECTED, now)
        self.lost()

    @property
    def _is_idle(self) -> bool:
        return self._page.is_usable and not (self._busy or self._undecided or self._queue)

    def _entry(self, request: SendText, now: float) -> JournalEntry:
        payload: dict[str, Any] = {"text": request.text, "linkPreview": request.link_preview}
        if request.quoted_id:
            payload["quotedId"] = request.quoted_id
        if request.mentions:
            payload["mentions"] = list(request.mentions)
        if request.typing_ms:
            payload["typingMs"] = request.typing_ms
        session_id = self._ledger.record.id
        return JournalEntry(session_id, self._new_message_id(), request.to, "text", payload, accepted_at=now)

    def _pump(self, now: float) -> Iterator[Effect]:
        if not self._page.is_usable or self._busy or self._undecided or not self._queue:
            return
        entry = self._queue[0]
        typing_ms = int(entry.payload.get("typingMs", 0))
        if typing_ms and entry.id not in self._typed:
            self._busy = entry.id
            arguments = {"to": entry.to, "state": "composing"}
            yield self._page.call(Called.TYPING, "typing", arguments, self._policy.call_deadline, entry.id)
            yield Wake(typing_ms / 1000, TypingDone(entry.id))
            return
        yield from self._hand(entry, now)
        self._queue.popleft()
        self._typed.discard(entry.id)

    def _hand(self, entry: JournalEntry, now: float) -> Iterator[Effect]:
        """HANDED is committed before the call leaves: a crash in between is asked about, never forgotten."""
        entry = replace(entry, handover=Handover.HANDED, handed_at=now)
        yield from self._ledger.write(now, journal=entry)
        self._handed[entry.id] = entry
        self._busy = entry.id
        arguments = {key: value for key, value in entry.payload.items() if key != "typingMs"}
        arguments |= {"id": entry.id, "to": entry.to}
        yield self._page.call(Called.SEND, "send_text", arguments, self._policy.send_deadline, entry.id)

    def _on_sent(self, entry: JournalEntry, outcome: Any, now: float) -> Iterator[Effect]:
        match outcome:
            case CallRejected(reason=reason) if reason in REJECTIONS:
                yield from self._fail(entry, REJECTIONS[reason], now)
            case CallRejected():
                # The page said no in words we don't know: it is asked what it holds; what it lacks has failed.
                self._undecided.add(entry.id)
                yield self._find(entry)
            case NotCalled():
                yield from self._take_back(entry, now)
            case CallFailure():
                self._undecided.add(entry.id)
                yield Wake(self._policy.resend_after, FindDue(entry.id))
            case _:
                to, ack = str(outcome.get("to") or entry.to), int(outcome.get("ack") or 0)
                if to != entry.to:
                    entry = replace(entry, to=to)
                    self._handed[entry.id] = entry
                if ack:
                    yield from self.acknowledged(entry.id, ack, to, now)

    def _on_found(self, entry: JournalEntry, outcome: Any, now: float) -> Iterator[Effect]:
        if isinstance(outcome, CallFailure):
            yield Wake(self._policy.resend_after, FindDue(entry.id))
        elif outcome.get("found"):
            # At ack 0 the page holds it and sends it by itself: its acknowledgement will come as an event.
            self._undecided.discard(entry.id)
            yield from self.acknowledged(entry.id, int(outcome.get("ack") or 0), entry.to, now)
        elif now - self._usable_since < self._policy.resend_after:
            wait = self._usable_since + self._policy.resend_after - now
            yield Wake(wait, FindDue(entry.id))
        else:
            yield from self._take_back(entry, now)

    def _take_back(self, entry: JournalEntry, now: float) -> Iterator[Effect]:
        """It surely is not on its way: first in the queue again, with the same id."""
        entry = replace(entry, handover=Handover.ACCEPTED, handed_at=None)
        yield from self._ledger.write(now, journal=entry)
        self._handed.pop(entry.id, None)
        self._undecided.discard(entry.id)
        self._queue.appendleft(entry)

    def _fail(self, entry: JournalEntry, code: Code, now: float) -> Iterator[Effect]:
        entry = replace(entry, handover=Handover.FAILED, ack=-1)
        reply = self._replies.get(entry.id)
        happenings = [] if reply else [("message_ack", _ack(entry))]
        yield from self._ledger.write(now, *happenings, journal=entry)
        self._settle(entry.id)
        yield from self._answer(entry.id, Refusal(code))

    def _report_outcome(self, message_id: str, now: float) -> Iterator[Effect]:
        entry = self._pending(message_id)
        if entry is None:
            return
        if entry.handover is Handover.ACCEPTED:
            yield from self._fail(entry, Code.NOT_CONNECTED, now)
        else:
            entry = replace(entry, handover=Handover.UNKNOWN)
            payload = _ack(entry) | {"status": "unknown"}
            yield from self._ledger.write(now, ("message_ack", payload), journal=entry)
            self._settle(message_id)
        yield from self._pump(now)

    def _find(self, entry: JournalEntry) -> Effect:
        arguments = {"id": entry.id, "to": entry.to}
        return self._page.call(Called.FIND, "find_message", arguments, self._policy.call_deadline, entry.id)

    def _pending(self, message_id: str) -> JournalEntry | None:
        queued = (entry for entry in self._queue if entry.id == message_id)
        return self._handed.get(message_id) or next(queued, None)

    def _settle(self, message_id: str) -> None:
        self._handed.pop(message_id, None)
        self._undecided.discard(message_id)
        self._queue = deque(entry for entry in self._queue if entry.id != message_id)

    def _answer(self, message_id: str, value: Sent | Refusal) -> Iterator[Effect]:
        reply = self._replies.pop(message_id, None)
        if reply is not None:
            yield Answer(reply, value)

    def _outcome_timer(self, entry: JournalEntry, now: float) -> Wake:
        return Wake(max(0.0, entry.accepted_at + self._policy.outcome_deadline - now), OutcomeDue(entry.id))


def _ack(entry: JournalEntry) -> dict[str, Any]:
    """The payload of `message_ack` (contract, section 7)."""
    status = ACK_STATUS.get(entry.ack, "failed")
    return {"messageId": entry.id, "status": status, "ack": entry.ack, "to": entry.to}
