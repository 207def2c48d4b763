"""Which requests to send become messages: the session is connected, the key is new, there is room in the queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from actors.runtime.effects import Answer, DeleteFile, Effect, Reply, Wake
from actors.session.messages import PageAnswered
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.sending.examination import Examination
from actors.session.sending.new_contacts import NewContacts
from actors.session.sending.outcomes import Outcomes, as_sent
from actors.session.sending.queue import SendQueue
from actors.session.sending.refusals import REJECTIONS, Refusals, changed, not_connected
from actors.session.sending.send_codec import extra_seconds, to_entry
from actors.session.sending.strangers import Recipient, Strangers
from actors.session.sending.timers import AnswerDue
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import CallFailure, CallRejected, CallResult
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.sends import AnnounceMedia, Send, SendMedia, Sent
from wppmt.domain.states import State
from wppmt.store.records import JournalEntry, SendState, SessionRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Accepts what can be sent now; anything else is refused at once and not kept."""

    work: UnitOfWork
    page: Page
    sending: SendQueue
    outcomes: Outcomes
    new_contacts: NewContacts
    strangers: Strangers
    examination: Examination
    refusals: Refusals
    policy: SessionPolicy
    new_message_id: Callable[[], str]

    def send(self, request: Send, reply: Reply, now: float) -> Iterator[Effect]:
        if earlier := self._earlier(request, now):
            yield Answer(reply, self._stored_answer(earlier, now))
            if isinstance(request, SendMedia):
                yield DeleteFile(request.path)
        else:
            self._require_acceptable(request)
            if self.examination.is_needed(request, now):
                yield from self.examination.begin(request, reply, now)
            else:
                yield from self._accept(request, reply, now)

    def examined(self, answer: PageAnswered, now: float) -> Iterator[Effect]:
        """The page has said who the recipient is: each that waits is accepted, or refused before it is handed over."""
        for waiting in self.examination.end(answer.subject):
            try:
                self._require_acceptable(waiting.request)
                whom = self._recipient(answer.outcome, now)
                yield from self._require_admissible(whom, answer.outcome, now)
            except Refusal as refusal:
                yield Answer(waiting.reply, refusal)
            else:
                yield from self._accept(waiting.request, waiting.reply, now, whom)

    def _recipient(self, outcome: CallResult, now: float) -> Recipient | None:
        """None where the send itself will be rejected for the same reason. Raises Refusal(COULD_NOT_LOOK)."""
        if not isinstance(outcome, CallFailure):
            return Recipient.of(outcome)
        reason = outcome.reason if isinstance(outcome, CallRejected) else ""
        code = REJECTIONS.get(reason, Code.COULD_NOT_LOOK)
        if code is Code.COULD_NOT_LOOK:
            raise self.refusals.of(code, now)
        return None

    def _require_admissible(
        self, whom: Recipient | None, outcome: CallResult, now: float
    ) -> Iterator[Effect]:
        """Raises Refusal with the obstacle that lasts longest: before its end nothing would be accepted."""
        if whom is None or isinstance(outcome, CallFailure):
            return
        obstacles = [*self.strangers.obstacles(whom, now)]
        if code := REJECTIONS.get(outcome["limit"] or ""):
            yield from self.new_contacts.met(code, None, now)
            obstacles += self.new_contacts.obstacles(now)
        if obstacles:
            code, end = max(obstacles, key=lambda obstacle: obstacle[1])
            raise Refusal(code, retry_after=end - now)

    def announce(self, request: AnnounceMedia, reply: Reply, now: float) -> Iterator[Effect]:
        """Whether a file that is about to be fetched could be sent."""
        if earlier := self._earlier(request, now):
            yield Answer(reply, self._stored_answer(earlier, now))
        else:
            self._require_acceptable(request)
            yield Answer(reply, None)

    def _require_acceptable(self, request: Send | AnnounceMedia) -> None:
        """Raises Refusal: NOT_CONNECTED, WHATSAPP_CHANGED, QUEUE_FULL."""
        require_connected(self.work.record)
        needs_media = isinstance(request, SendMedia | AnnounceMedia)
        require_ability(self.work.record, is_there=self.page.inventory.can(needs_media=needs_media))
        if len(self.sending) + len(self.examination) >= self.policy.queue_limit:
            raise Refusal(Code.QUEUE_FULL, retry_after=10)

    def _accept(
        self, request: Send, reply: Reply, now: float, whom: Recipient | None = None
    ) -> Iterator[Effect]:
        """Journal the message and take responsibility for it."""
        entry = self._addressed(to_entry(request, self.work.record.id, self.new_message_id(), now))
        if whom is None:
            yield from self.sending.add(entry, now)
        else:
            was_used_up = self.strangers.gate(now).is_used_up
            yield from self.sending.add(self.strangers.admitted(entry, whom, now), now)
            yield from self.strangers.tell_if_used_up(now, was_used_up=was_used_up)
        if request.respond_async:
            yield Answer(reply, as_sent(entry, now))
        else:
            self.outcomes.promise(entry.id, reply)
            yield Wake(self.policy.send_deadline + extra_seconds(entry), AnswerDue(entry.id))
        yield from self.sending.pump(now)

    def _addressed(self, entry: JournalEntry) -> JournalEntry:
        """An act on a message that the gateway sent goes where that went: its short id does not tell."""
        target = None if entry.to else self.work.message(str(entry.payload.get("messageId", "")))
        return replace(entry, to=target.to) if target else entry

    def _earlier(self, request: Send | AnnounceMedia, now: float) -> JournalEntry | None:
        """The message accepted under the request's key. Raises Refusal(IDEMPOTENCY_MISMATCH, …_IN_FLIGHT)."""
        if request.idempotency is None:
            return None
        since = now - self.policy.key_seconds
        entry = self.work.store.keyed(self.work.record.id, request.idempotency.key, since)
        if entry is None:
            if self.examination.holds(request.idempotency.key):
                raise Refusal(Code.IDEMPOTENCY_IN_FLIGHT, retry_after=5)
            return None
        if entry.fingerprint != request.idempotency.fingerprint:
            raise Refusal(Code.IDEMPOTENCY_MISMATCH)
        if self.outcomes.is_awaited(entry.id):
            raise Refusal(Code.IDEMPOTENCY_IN_FLIGHT, retry_after=5)
        return entry

    def _stored_answer(self, entry: JournalEntry, now: float) -> Sent | Refusal:
        if entry.state is not SendState.FAILED:
            return replace(as_sent(entry, now), is_repeat=True)
        refusal = self.refusals.of(Code(entry.failure), now)
        refusal.is_repeat = True
        return refusal


def require_connected(record: SessionRecord) -> None:
    """Raises Refusal(NOT_CONNECTED) unless messages can go out: while a QR code is shown, say, they are not queued."""
    if record.state is not State.CONNECTED:
        raise not_connected(record)


def require_ability(record: SessionRecord, *, is_there: bool) -> None:
    """Raises Refusal(WHATSAPP_CHANGED) for what WhatsApp's page cannot do any more."""
    if not is_there:
        raise changed(record)
