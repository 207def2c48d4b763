"""Which requests to send become messages: the session is connected, the key is new, there is room in the queue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from actors.runtime.effects import Answer, DeleteFile, Effect, Reply, Wake
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.sending.outcomes import Outcomes, as_sent
from actors.session.sending.queue import SendQueue
from actors.session.sending.refusals import Refusals, require_ability, require_connected
from actors.session.sending.send_codec import extra_seconds, to_entry
from actors.session.sending.timers import AnswerDue
from actors.session.unit_of_work import UnitOfWork
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import AnnounceMedia, Send, SendMedia, Sent
from wppmt.store.records import Handover, JournalEntry


class Acceptance:
    """Accepts what can be sent now; anything else is refused at once and not kept."""

    def __init__(
        self,
        work: UnitOfWork,
        queue: SendQueue,
        outcomes: Outcomes,
        page: Page,
        policy: SessionPolicy,
        new_message_id: Callable[[], str],
    ) -> None:
        self._work = work
        self._queue = queue
        self._outcomes = outcomes
        self._page = page
        self._refusals = Refusals(work, queue.new_contacts)
        self._policy = policy
        self._new_message_id = new_message_id

    def send(self, request: Send, reply: Reply, now: float) -> Iterator[Effect]:
        if earlier := self._earlier(request, now):
            yield Answer(reply, self._stored_answer(earlier, now))
            if isinstance(request, SendMedia):
                yield DeleteFile(request.path)
        else:
            self._require_acceptable(request)
            yield from self._accept(request, reply, now)

    def announce(self, request: AnnounceMedia, reply: Reply, now: float) -> Iterator[Effect]:
        """Whether a file that is about to be fetched could be sent."""
        if earlier := self._earlier(request, now):
            yield Answer(reply, self._stored_answer(earlier, now))
        else:
            self._require_acceptable(request)
            yield Answer(reply, None)

    def _require_acceptable(self, request: Send | AnnounceMedia) -> None:
        """Raises Refusal: NOT_CONNECTED, WHATSAPP_CHANGED, QUEUE_FULL."""
        require_connected(self._work.record)
        needs_media = isinstance(request, SendMedia | AnnounceMedia)
        require_ability(self._work.record, is_there=self._page.inventory.can(needs_media=needs_media))
        if len(self._queue) >= self._policy.queue_limit:
            raise Refusal(Code.QUEUE_FULL, retry_after=10)

    def _accept(self, request: Send, reply: Reply, now: float) -> Iterator[Effect]:
        """Journal the message and take responsibility for it."""
        entry = self._addressed(to_entry(request, self._work.record.id, self._new_message_id(), now))
        yield from self._queue.add(entry, now)
        if request.respond_async:
            yield Answer(reply, as_sent(entry, now))
        else:
            self._outcomes.promise(entry.id, reply)
            yield Wake(self._policy.send_deadline + extra_seconds(entry), AnswerDue(entry.id))
        yield from self._queue.pump(now)

    def _addressed(self, entry: JournalEntry) -> JournalEntry:
        """An act on a message that the gateway sent goes where that went: its short id does not tell."""
        target = None if entry.to else self._work.message(str(entry.payload.get("messageId", "")))
        return replace(entry, to=target.to) if target else entry

    def _earlier(self, request: Send | AnnounceMedia, now: float) -> JournalEntry | None:
        """The message accepted under the request's key. Raises Refusal(IDEMPOTENCY_MISMATCH, …_IN_FLIGHT)."""
        if request.idempotency is None:
            return None
        since = now - self._policy.key_seconds
        entry = self._work.store.keyed(self._work.record.id, request.idempotency.key, since)
        if entry is None:
            return None
        if entry.fingerprint != request.idempotency.fingerprint:
            raise Refusal(Code.IDEMPOTENCY_MISMATCH)
        if self._outcomes.is_awaited(entry.id):
            raise Refusal(Code.IDEMPOTENCY_IN_FLIGHT, retry_after=5)
        return entry

    def _stored_answer(self, entry: JournalEntry, now: float) -> Sent | Refusal:
        if entry.handover is not Handover.FAILED:
            return as_sent(entry, now)
        return self._refusals.of(Code(entry.failure), now)
