"""A session's messages on their way out: one at a time, in order, each in the journal before it is handed over.

ACCEPTED → HANDED → acknowledged (SENT) or FAILED or, when nobody can tell, UNKNOWN (docs/contract.md 5). After a
crash between hand-over and acknowledgement the page is asked whether it holds the id; only the same id is ever
handed over again, and nothing newer overtakes it meanwhile.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from actors.runtime.effects import Answer, DeleteFile, Effect, Reply, Wake
from actors.session.messages import Called, PageAnswered
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.sending.in_doubt import FindDue, Found, InDoubt
from actors.session.sending.new_contacts import NewContacts
from actors.session.sending.outcomes import (
    TRY_AGAIN_SECONDS,
    Outcomes,
    as_sent,
    may_have_left,
    not_connected,
)
from actors.session.sending.send_codec import MAY_HAVE_LEFT, extra_seconds, page_call, to_entry
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import CallFailure, CallRejected, CallResult, NotCalled
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import AnnounceMedia, Send, SendMedia, Sent
from wppmt.store.records import Handover, JournalEntry

REJECTIONS = {
    "not_on_whatsapp": Code.NOT_ON_WHATSAPP,
    "invalid_recipient": Code.INVALID_PHONE,
    "reachout_timelock": Code.REACHOUT_TIMELOCK,
    "new_chat_quota": Code.NEW_CHAT_QUOTA,
    "could_not_look": Code.COULD_NOT_LOOK,
    "error_network": Code.NOT_CONNECTED,
    "group_not_found": Code.INVALID_REQUEST,
    "quoted_not_found": Code.INVALID_REQUEST,
}
"""The page's words for a send that surely was not made."""
NEW_CONTACT = "new_contact"
"""The page's word for a send that the limit which was told to it forbids."""
PROBLEMS = {
    "group_not_found": {"field": "phone", "problem": "grupo não encontrado entre os desta conta"},
    "quoted_not_found": {"field": "quotedMessageId", "problem": "mensagem não encontrada nesta conversa"},
}
SendProblem = dict[str, str]
"""What is wrong with a field of the request, for people."""
UPLOAD_AGAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class TypingDone:
    id: str


@dataclass(frozen=True, slots=True)
class UploadDue:
    """Try again to give the page the file."""


@dataclass(frozen=True, slots=True)
class AnswerDue:
    """The asker has waited long enough: 202."""

    id: str


@dataclass(frozen=True, slots=True)
class OutcomeDue:
    """Whatever is not known of this message now is reported as it is."""

    id: str


SendingTimer = TypingDone | UploadDue | AnswerDue | OutcomeDue | FindDue


class SendQueue:
    """The send queue of one session."""

    def __init__(
        self,
        work: UnitOfWork,
        outcomes: Outcomes,
        page: Page,
        policy: SessionPolicy,
        new_message_id: Callable[[], str],
    ) -> None:
        self._work = work
        self._page = page
        self._policy = policy
        self._new_message_id = new_message_id
        self._outcomes = outcomes
        self.new_contacts = NewContacts(work, policy)
        self.last_ack = 0.0
        """When WhatsApp's server was last heard to take a message."""
        self._queue: deque[JournalEntry] = deque()
        self._handed: dict[str, JournalEntry] = {}
        self.in_doubt = InDoubt(page, policy)
        self._busy = ""
        """The message that is being typed, uploaded or handed over."""
        self._typed: set[str] = set()
        self._sources: dict[str, int] = {}
        """Files that the page holds."""

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def handed(self) -> tuple[JournalEntry, ...]:
        """What the page was given and the server has not acknowledged."""
        return tuple(self._handed.values())

    def restore(self, now: float) -> Iterator[Effect]:
        """Take up what an earlier actor or daemon left unfinished."""
        for entry in self._work.store.unfinished(self._work.record.id):
            if entry.handover is Handover.ACCEPTED:
                self._queue.append(entry)
            else:
                self._handed[entry.id] = entry
            yield self._outcome_timer(entry, now)

    def require_room(self) -> None:
        """Raises Refusal(QUEUE_FULL)."""
        if len(self._queue) >= self._policy.queue_limit:
            raise Refusal(Code.QUEUE_FULL, retry_after=10)

    def knows(self, request: Send | AnnounceMedia, now: float) -> bool:
        """Whether this very request was accepted before. Raises Refusal(IDEMPOTENCY_MISMATCH, …_IN_FLIGHT)."""
        entry = self._earlier(request, now)
        if entry is None:
            return False
        if request.idempotency and entry.fingerprint != request.idempotency.fingerprint:
            raise Refusal(Code.IDEMPOTENCY_MISMATCH)
        if self._outcomes.is_awaited(entry.id):
            raise Refusal(Code.IDEMPOTENCY_IN_FLIGHT, retry_after=5)
        return True

    def repeat(self, request: Send | AnnounceMedia, reply: Reply, now: float) -> Iterator[Effect]:
        """Answer a known request from the journal; nothing is sent."""
        entry = self._earlier(request, now)
        if entry is not None:
            yield Answer(reply, self._stored_answer(entry, now))
        if isinstance(request, SendMedia):
            yield DeleteFile(request.path)

    def _stored_answer(self, entry: JournalEntry, now: float) -> Sent | Refusal:
        if entry.handover is not Handover.FAILED:
            return as_sent(entry, now)
        return self._refusal(Code(entry.failure), now)

    def accept(self, request: Send, reply: Reply, now: float) -> Iterator[Effect]:
        """Journal the message and take responsibility for it. Raises Refusal(QUEUE_FULL)."""
        self.require_room()
        entry = to_entry(request, self._work.record.id, self._new_message_id(), now)
        if self.is_idle and not self._prepares(entry):
            # The usual case: accepted and handed over in one commit.
            yield from self._hand(entry, now)
        else:
            yield from self._work.write(now, journal=entry)
            self._queue.append(entry)
        yield self._outcome_timer(entry, now)
        if request.respond_async:
            yield Answer(reply, Sent(entry.id, entry.to, 0, now))
        else:
            self._outcomes.promise(entry.id, reply)
            yield Wake(self._policy.send_deadline + extra_seconds(entry), AnswerDue(entry.id))
        yield from self._pump(now)

    def usable(self, now: float) -> Iterator[Effect]:
        """The page shows WhatsApp's main screen (again)."""
        yield from self.in_doubt.usable(self._handed.values(), self._work.record.page, now)
        yield from self._pump(now)

    def lost(self) -> None:
        """The page can't be used; what it was handed is undecided until it is back, what it held is gone."""
        self._busy = ""
        self.in_doubt.lost()
        self._typed.clear()
        self._sources.clear()

    def due(self, timer: SendingTimer, now: float) -> Iterator[Effect]:
        match timer:
            case TypingDone(id=message_id):
                self._has_typed(message_id)
                yield from self._pump(now)
            case UploadDue():
                yield from self._pump(now)
            case AnswerDue(id=message_id):
                entry = self._pending(message_id)
                if entry is not None:
                    yield from self._outcomes.answer(message_id, as_sent(entry, now))
            case FindDue(id=message_id):
                if message_id in self._handed:
                    yield from self.in_doubt.find(self._handed[message_id])
            case OutcomeDue(id=message_id):
                yield from self._report_outcome(message_id, now)

    def _has_typed(self, message_id: str) -> None:
        if self._busy == message_id:
            self._busy = ""
            self._typed.add(message_id)

    def uploaded(self, answer: PageAnswered, now: float) -> Iterator[Effect]:
        """The page's answer to UPLOAD; handing over has not begun, so it may simply be tried again."""
        if self._busy != answer.subject:
            return
        self._busy = ""
        if isinstance(answer.outcome, CallRejected):
            entry = self._pending(answer.subject)
            if entry is not None:
                yield from self._fail(entry, Code.SEND_FAILED, now)
            yield from self._pump(now)
        elif isinstance(answer.outcome, CallFailure):
            yield Wake(UPLOAD_AGAIN_SECONDS, UploadDue())
        else:
            self._sources[answer.subject] = int(answer.outcome["blob"])
            yield from self._pump(now)

    def answered(self, answer: PageAnswered, now: float) -> Iterator[Effect]:
        """The page's answer to SEND or FIND."""
        entry = self._handed.get(answer.subject)
        if answer.call is Called.FIND:
            found = self.in_doubt.found(answer.subject, answer.outcome, now)
            if entry is not None and found is not None:
                yield from self._on_found(entry, found, answer.outcome, now)
        else:
            if self._busy == answer.subject:
                self._busy = ""
            # A failure of an earlier browser tells nothing that the page of this one will not be asked about.
            is_late = answer.generation != self._page.generation and isinstance(answer.outcome, CallFailure)
            if entry is not None and not is_late:
                yield from self._on_sent(entry, answer.outcome, now)
        yield from self._pump(now)

    def acknowledged(self, message_id: str, ack: int, to: str, now: float) -> Iterator[Effect]:
        """An acknowledgement that the page tells. Messages that the gateway did not send are not ours to tell."""
        entry = self._pending(message_id) or self._work.message(message_id)
        if entry is None:
            return
        if ack < 0:
            yield from self.failed(message_id, "", now)
        elif ack > entry.ack:
            self.last_ack = now
            yield from self._outcomes.acknowledge(entry, ack, to, now)
            self._settle(entry.id)
        yield from self._pump(now)

    def failed(
        self, message_id: str, reason: str, now: float, until: float | None = None
    ) -> Iterator[Effect]:
        """The page says that WhatsApp did not take the message, and perhaps a word of REJECTIONS why."""
        entry = self._handed.get(message_id)
        if entry is not None:
            yield from self._fail(entry, REJECTIONS.get(reason, Code.SEND_FAILED), now, until=until)
            yield from self._pump(now)

    def close(self, now: float) -> Iterator[Effect]:
        """The session is closed: what was not handed over never will be."""
        for entry in tuple(self._queue):
            yield from self._give_up(entry, now)
        self.lost()

    def login_ended(self, now: float) -> Iterator[Effect]:
        """The next login's page knows nothing of what this one was handed, and would send it again."""
        yield from self.close(now)
        for entry in tuple(self._handed.values()):
            yield from self._give_up(entry, now)

    @property
    def is_idle(self) -> bool:
        return self._page.is_usable and not (self._busy or self.in_doubt or self._queue)

    def _earlier(self, request: Send | AnnounceMedia, now: float) -> JournalEntry | None:
        if request.idempotency is None:
            return None
        since = now - self._policy.key_seconds
        return self._work.store.keyed(self._work.record.id, request.idempotency.key, since)

    def _prepares(self, entry: JournalEntry) -> bool:
        """Whether something has to happen in the page before the message can be handed over."""
        return self._must_type(entry) or self._must_upload(entry)

    def _must_type(self, entry: JournalEntry) -> bool:
        return bool(entry.payload.get("typingMs")) and entry.id not in self._typed

    def _must_upload(self, entry: JournalEntry) -> bool:
        return "path" in entry.payload and entry.id not in self._sources

    def _pump(self, now: float) -> Iterator[Effect]:
        if not self._page.is_usable or self._busy or self.in_doubt or not self._queue:
            return
        entry = self._queue[0]
        found = self._page.inventory
        if not (found.can_send_media if "path" in entry.payload else found.can_send):
            # It waits for a page that can, as for a connection.
            return
        if self._must_upload(entry):
            self._busy = entry.id
            yield self._page.upload(entry.payload["path"], self._policy.media_deadline, entry.id)
        elif self._must_type(entry):
            self._busy = entry.id
            arguments = {"to": entry.to, "state": "composing"}
            yield self._page.call(Called.TYPING, "typing", arguments, self._policy.call_deadline, entry.id)
            yield Wake(entry.payload["typingMs"] / 1000, TypingDone(entry.id))
        else:
            yield from self._hand(entry, now)
            self._queue.popleft()
            self._typed.discard(entry.id)

    def _hand(self, entry: JournalEntry, now: float) -> Iterator[Effect]:
        """HANDED is committed before the call leaves: a crash in between is asked about, never forgotten."""
        entry = replace(entry, handover=Handover.HANDED, handed_at=now)
        yield from self._work.write(now, journal=entry)
        self._handed[entry.id] = entry
        self.in_doubt.handed(entry.id, self._work.record.page)
        self._busy = entry.id
        function, arguments = page_call(entry, self._sources.pop(entry.id, None))
        if self.new_contacts.limit(now):
            arguments["knownOnly"] = True
        deadline = self._policy.send_deadline + extra_seconds(entry)
        yield self._page.call(Called.SEND, function, arguments, deadline, entry.id)

    def _on_sent(self, entry: JournalEntry, outcome: CallResult, now: float) -> Iterator[Effect]:
        match outcome:
            case CallRejected(reason=reason, until=until) if reason in REJECTIONS:
                problems = [PROBLEMS[reason]] if reason in PROBLEMS else []
                yield from self._fail(entry, REJECTIONS[reason], now, problems, until)
            case CallRejected(reason=reason) if reason == NEW_CONTACT:
                yield from self._fail(entry, self.new_contacts.limit(now) or Code.REACHOUT_TIMELOCK, now)
            case CallRejected():
                yield from self.in_doubt.refused(entry)
            case NotCalled():
                yield from self._take_back(entry, now)
            case CallFailure():
                yield from self.in_doubt.unanswered(entry)
            case _:
                yield from self._on_held(entry, outcome, now)

    def _on_held(self, entry: JournalEntry, answer: Any, now: float) -> Iterator[Effect]:
        """The page holds the message and knows its chat; the acknowledgement may have come already."""
        to, ack = str(answer.get("to") or entry.to), int(answer.get("ack") or 0)
        self._handed[entry.id] = replace(entry, to=to)
        if ack:
            yield from self.acknowledged(entry.id, ack, to, now)

    def _on_found(self, entry: JournalEntry, found: Found, answer: Any, now: float) -> Iterator[Effect]:
        match found:
            case Found.HELD:
                # At ack 0 the page sends it by itself: its acknowledgement will come as an event.
                self.in_doubt.decided(entry.id)
                yield from self.acknowledged(entry.id, int(answer.get("ack") or 0), entry.to, now)
            case Found.FAILED:
                yield from self._fail(entry, Code.NOT_CONNECTED, now)
            case Found.ABSENT:
                entry = replace(entry, payload={**entry.payload, MAY_HAVE_LEFT: True})
                yield from self._take_back(entry, now)
            case Found.REFUSED:
                yield from self._fail(entry, Code.SEND_FAILED, now)
            case Found.UNKNOWN:
                yield self.in_doubt.ask_later(entry.id, now)

    def _take_back(self, entry: JournalEntry, now: float) -> Iterator[Effect]:
        """It surely is not on its way: first in the queue again, with the same id."""
        entry = replace(entry, handover=Handover.ACCEPTED)
        yield from self._work.write(now, journal=entry)
        self._settle(entry.id)
        self._queue = deque(sorted([entry, *self._queue], key=_turn))

    def _fail(
        self,
        entry: JournalEntry,
        code: Code,
        now: float,
        problems: Sequence[SendProblem] = (),
        until: float | None = None,
    ) -> Iterator[Effect]:
        yield from self.new_contacts.met(code, until, now)
        yield from self._outcomes.fail(entry, self._refusal(code, now, problems), now)
        self._settle(entry.id)

    def _refusal(self, code: Code, now: float, problems: Sequence[SendProblem] = ()) -> Refusal:
        if code is Code.NOT_CONNECTED:
            return not_connected(self._work.record)
        if code is Code.COULD_NOT_LOOK:
            return Refusal(code, retry_after=TRY_AGAIN_SECONDS)
        return Refusal(code, details=problems, retry_after=self.new_contacts.retry_after(code, now))

    def _report_outcome(self, message_id: str, now: float) -> Iterator[Effect]:
        entry = self._pending(message_id)
        if entry is None:
            return
        if entry.handover is Handover.ACCEPTED and self._page.is_usable:
            # Nothing is wrong with it: others before it are typed, uploaded or decided.
            yield Wake(self._policy.outcome_deadline, OutcomeDue(message_id))
        else:
            yield from self._give_up(entry, now)
        yield from self._pump(now)

    def _give_up(self, entry: JournalEntry, now: float) -> Iterator[Effect]:
        """It is not handed over (again)."""
        if entry.handover is Handover.ACCEPTED and not may_have_left(entry):
            yield from self._fail(entry, Code.NOT_CONNECTED, now)
        else:
            yield from self._outcomes.report_unknown(entry, now)
            self._settle(entry.id)

    def _pending(self, message_id: str) -> JournalEntry | None:
        queued = (entry for entry in self._queue if entry.id == message_id)
        return self._handed.get(message_id) or next(queued, None)

    def _settle(self, message_id: str) -> None:
        self._handed.pop(message_id, None)
        self.in_doubt.decided(message_id)
        self._queue = deque(entry for entry in self._queue if entry.id != message_id)

    def _outcome_timer(self, entry: JournalEntry, now: float) -> Wake:
        return Wake(max(0.0, entry.accepted_at + self._policy.outcome_deadline - now), OutcomeDue(entry.id))


def _turn(entry: JournalEntry) -> tuple[float, float]:
    """The order of the queue: as accepted; what was handed over before goes first."""
    return entry.accepted_at, entry.handed_at or float("inf")
