"""A session's messages on their way out: one at a time, in order, each in the journal before it is handed over.

ACCEPTED → HANDED → acknowledged (SENT) or FAILED or, when nobody can tell, UNKNOWN (docs/contract.md 5). After a
crash between hand-over and acknowledgement the page is asked whether it holds the id; only the same id is ever
handed over again, and nothing newer overtakes it meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from actors.runtime.effects import Effect, Wake
from actors.session.messages import Called, PageAnswered
from actors.session.page_calls import Page
from actors.session.policy import SessionPolicy
from actors.session.sending.in_doubt import Found, InDoubt
from actors.session.sending.new_contacts import NewContacts
from actors.session.sending.outcomes import Outcomes, as_sent
from actors.session.sending.pending import PendingMessages
from actors.session.sending.preparation import Preparation
from actors.session.sending.refusals import NEW_CONTACT, REJECTIONS, problems_of
from actors.session.sending.send_codec import MAY_HAVE_LEFT, OPENING, extra_seconds, page_call
from actors.session.sending.settling import Settling
from actors.session.sending.strangers import Strangers
from actors.session.sending.timers import AnswerDue, FindDue, OutcomeDue, SendingTimer, TypingDone, UploadDue
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import CallFailure, CallRejected, CallResult, NotCalled
from wppmt.domain.errors import Code
from wppmt.store.records import JournalEntry, SendState

UPLOAD_AGAIN_SECONDS = 5.0


class SendQueue:
    """The send queue of one session."""

    def __init__(
        self,
        work: UnitOfWork,
        outcomes: Outcomes,
        page: Page,
        policy: SessionPolicy,
        new_contacts: NewContacts,
        strangers: Strangers,
    ) -> None:
        self._work = work
        self._page = page
        self._policy = policy
        self._outcomes = outcomes
        self._new_contacts = new_contacts
        self._strangers = strangers
        self.last_ack = 0.0
        """When WhatsApp's server last acknowledged a message."""
        self._pending = PendingMessages()
        self.in_doubt = InDoubt(page, policy)
        self.preparation = Preparation(page, policy)
        self._settling = Settling(work, outcomes, self._pending, self.in_doubt, new_contacts, strangers)
        self._busy = ""
        """The message that is being prepared or handed over."""

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def handed(self) -> tuple[JournalEntry, ...]:
        """What the page was given and the server has not acknowledged."""
        return self._pending.handed

    def restore(self, now: float) -> Iterator[Effect]:
        """Take up what an earlier actor or daemon left unfinished."""
        for entry in self._work.store.unfinished(self._work.record.id):
            if entry.state is SendState.ACCEPTED:
                self._pending.append(entry)
            else:
                self._pending.hand(entry)
            yield self._outcome_timer(entry, now)

    def add(self, entry: JournalEntry, now: float) -> Iterator[Effect]:
        """Journal a message and, where nothing is before it, hand it over in the same commit: the usual case."""
        if self.is_idle and not self.preparation.is_needed(entry):
            yield from self._hand(entry, now)
        else:
            yield from self._work.write(now, journal=entry)
            self._pending.append(entry)
        yield self._outcome_timer(entry, now)

    def usable(self, now: float) -> Iterator[Effect]:
        """The page shows WhatsApp's main screen (again)."""
        yield from self.in_doubt.usable(self.handed, self._work.record.page, now)
        yield from self.pump(now)

    def lost(self) -> None:
        """The page can't be used: handed messages are in doubt until it is back, and its prepared files are gone."""
        self._busy = ""
        self.in_doubt.lost()
        self.preparation.lost()

    def due(self, timer: SendingTimer, now: float) -> Iterator[Effect]:
        match timer:
            case TypingDone(id=message_id):
                self._has_typed(message_id)
                yield from self.pump(now)
            case UploadDue():
                yield from self.pump(now)
            case AnswerDue(id=message_id):
                entry = self._pending.find(message_id)
                if entry is not None:
                    yield from self._outcomes.answer(message_id, as_sent(entry, now))
            case FindDue(id=message_id):
                if handed := self._pending.find_handed(message_id):
                    yield from self.in_doubt.find(handed)
            case OutcomeDue(id=message_id):
                yield from self._report_outcome(message_id, now)

    def _has_typed(self, message_id: str) -> None:
        if self._busy == message_id:
            self._busy = ""
            self.preparation.typed(message_id)

    def uploaded(self, answer: PageAnswered, now: float) -> Iterator[Effect]:
        """The page's answer to UPLOAD; handing over has not begun, so it may simply be tried again."""
        if self._busy != answer.subject:
            return
        self._busy = ""
        if isinstance(answer.outcome, CallRejected):
            entry = self._pending.find(answer.subject)
            if entry is not None:
                yield from self._settling.fail(entry, Code.SEND_FAILED, now)
            yield from self.pump(now)
        elif isinstance(answer.outcome, CallFailure):
            yield Wake(UPLOAD_AGAIN_SECONDS, UploadDue())
        else:
            self.preparation.uploaded(answer.subject, int(answer.outcome["blob"]))
            yield from self.pump(now)

    def answered(self, answer: PageAnswered, now: float) -> Iterator[Effect]:
        """The page's answer to SEND or FIND."""
        entry = self._pending.find_handed(answer.subject)
        if answer.call is Called.FIND:
            found = self.in_doubt.found(answer.subject, answer.outcome, now)
            if entry is not None and found is not None:
                yield from self._on_found(entry, found, answer.outcome, now)
        else:
            if self._busy == answer.subject:
                self._busy = ""
            # A late failure of an earlier browser is ignored: the current page is asked about the message anyway.
            is_late = answer.generation != self._page.generation and isinstance(answer.outcome, CallFailure)
            if entry is not None and not is_late:
                yield from self._on_sent(entry, answer.outcome, now)
        yield from self.pump(now)

    def acknowledged(self, message_id: str, ack: int, to: str, now: float) -> Iterator[Effect]:
        """An acknowledgement from the page. One for a message that the gateway did not send is ignored."""
        entry = self._pending.find(message_id) or self._work.message(message_id)
        if entry is None:
            return
        if ack < 0:
            yield from self.failed(message_id, "", now)
        elif ack > entry.ack:
            self.last_ack = now
            yield from self._outcomes.acknowledge(entry, ack, to, now)
            self._settling.settle(entry.id)
        yield from self.pump(now)

    def failed(
        self, message_id: str, reason: str, now: float, until: float | None = None
    ) -> Iterator[Effect]:
        """The page reports that WhatsApp did not accept the message; `reason` may be one of REJECTIONS."""
        entry = self._pending.find_handed(message_id)
        if entry is not None:
            yield from self._settling.fail(entry, REJECTIONS.get(reason, Code.SEND_FAILED), now, until=until)
            yield from self.pump(now)

    def close(self, now: float) -> Iterator[Effect]:
        """The session is closed: what was not handed over never will be."""
        for entry in self._pending.queued:
            yield from self._settling.drop(entry, now)
        self.lost()

    def leave(self, now: float) -> Iterator[Effect]:
        """It all goes on elsewhere; from there comes the `message_ack` of what is only `pending` here."""
        for entry in (*self._pending.queued, *self._pending.handed):
            yield from self._outcomes.answer(entry.id, as_sent(entry, now))
        self.lost()

    @property
    def is_at_rest(self) -> bool:
        """Nothing is under way, or no page is there with which it could be."""
        return not self._page.is_usable or (self.is_idle and not self.handed)

    def login_ended(self, now: float) -> Iterator[Effect]:
        """The next login's page does not hold what was handed to this one's, and would send it again."""
        yield from self.close(now)
        for entry in self._pending.handed:
            yield from self._settling.drop(entry, now)

    @property
    def is_idle(self) -> bool:
        return self._page.is_usable and not (self._busy or self.in_doubt or self._pending)

    def pump(self, now: float) -> Iterator[Effect]:
        """Go on with the first message, where nothing is under way."""
        if not self._page.is_usable or self._busy or self.in_doubt or not self._pending:
            return
        entry = self._pending.first()
        if not self._page.inventory.can(needs_media="path" in entry.payload):
            # It waits for a page that can, as for a connection.
            return
        if self.preparation.is_needed(entry):
            self._busy = entry.id
            yield from self.preparation.step(entry)
        else:
            yield from self._hand(self._pending.take_first(), now)

    def _hand(self, entry: JournalEntry, now: float) -> Iterator[Effect]:
        """HANDED is committed before the call is made: after a crash in between the page is asked about the message."""
        if late := self._strangers.late(entry, now):
            yield from self._settling.fail(entry, late, now)
            yield from self.pump(now)
            return
        self._strangers.handed(entry, now)
        entry = replace(entry, state=SendState.HANDED, handed_at=now)
        yield from self._work.write(now, journal=entry)
        self._pending.hand(entry)
        self.in_doubt.handed(entry.id, self._work.record.page)
        self._busy = entry.id
        function, arguments = page_call(entry, self.preparation.spend(entry.id))
        if words := self._new_contacts.words(now):
            arguments["limits"] = words
        if OPENING not in entry.payload and not self._strangers.is_off:
            # Nobody new slips through whom the policy was not asked about.
            arguments["knownOnly"] = True
        deadline = self._policy.send_deadline + extra_seconds(entry)
        yield self._page.call(Called.SEND, function, arguments, deadline, entry.id)

    def _on_sent(self, entry: JournalEntry, outcome: CallResult, now: float) -> Iterator[Effect]:
        match outcome:
            case CallRejected(reason=reason, until=until) if reason in REJECTIONS:
                yield from self._settling.fail(entry, REJECTIONS[reason], now, problems_of(outcome), until)
            case CallRejected(reason=reason) if reason == NEW_CONTACT:
                yield from self._settling.fail(entry, Code.COULD_NOT_LOOK, now)
            case CallRejected():
                yield from self.in_doubt.refused(entry)
            case NotCalled():
                yield from self._settling.take_back(entry, now)
            case CallFailure():
                yield from self.in_doubt.unanswered(entry)
            case _:
                yield from self._on_held(entry, outcome, now)

    def _on_held(self, entry: JournalEntry, answer: Any, now: float) -> Iterator[Effect]:
        """The page holds the message and knows its chat; the acknowledgement may have come already."""
        to, ack = str(answer.get("to") or entry.to), int(answer.get("ack") or 0)
        entry = replace(entry, to=to)
        self._pending.hand(entry)
        if answer.get("isNew") and not answer.get("writtenTo") and not entry.contact:
            # The day's count is kept where no policy asked for it, too.
            entry = replace(entry, contact=to)
            self._pending.hand(entry)
            yield from self._work.write(now, journal=entry)
        if ack:
            yield from self.acknowledged(entry.id, ack, to, now)

    def _on_found(self, entry: JournalEntry, found: Found, answer: Any, now: float) -> Iterator[Effect]:
        match found:
            case Found.HELD:
                # At ack 0 the page sends it by itself: its acknowledgement will come as an event.
                self.in_doubt.decided(entry.id)
                yield from self.acknowledged(entry.id, int(answer.get("ack") or 0), entry.to, now)
            case Found.FAILED:
                yield from self._settling.fail(entry, Code.NOT_CONNECTED, now)
            case Found.ABSENT:
                entry = replace(entry, payload={**entry.payload, MAY_HAVE_LEFT: True})
                yield from self._settling.take_back(entry, now)
            case Found.REFUSED:
                yield from self._settling.fail(entry, Code.SEND_FAILED, now)
            case Found.UNKNOWN:
                yield self.in_doubt.ask_later(entry.id, now)

    def _report_outcome(self, message_id: str, now: float) -> Iterator[Effect]:
        entry = self._pending.find(message_id)
        if entry is None:
            return
        if entry.state is SendState.ACCEPTED and self._page.is_usable:
            # It only waits for messages before it.
            yield Wake(self._policy.outcome_deadline, OutcomeDue(message_id))
        else:
            yield from self._settling.drop(entry, now)
        yield from self.pump(now)

    def _outcome_timer(self, entry: JournalEntry, now: float) -> Wake:
        return Wake(max(0.0, entry.accepted_at + self._policy.outcome_deadline - now), OutcomeDue(entry.id))
