"""How a message stops being pending: it failed, nobody can tell what became of it, or it goes back into the queue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from actors.runtime.effects import Effect
from actors.session.sending.in_doubt import InDoubt
from actors.session.sending.new_contacts import NewContacts
from actors.session.sending.outcomes import Outcomes, may_have_left
from actors.session.sending.pending import PendingMessages
from actors.session.sending.refusals import Refusals, SendProblem
from actors.session.sending.strangers import Strangers
from actors.session.unit_of_work import UnitOfWork
from wppmt.domain.errors import Code
from wppmt.store.records import JournalEntry, SendState


class Settling:
    def __init__(
        self,
        work: UnitOfWork,
        outcomes: Outcomes,
        pending: PendingMessages,
        in_doubt: InDoubt,
        new_contacts: NewContacts,
        strangers: Strangers,
    ) -> None:
        self._work = work
        self._outcomes = outcomes
        self._pending = pending
        self._in_doubt = in_doubt
        self._new_contacts = new_contacts
        self._strangers = strangers
        self._refusals = Refusals(work, new_contacts, strangers)

    def settle(self, message_id: str) -> None:
        self._pending.settle(message_id)
        self._in_doubt.decided(message_id)

    def fail(
        self,
        entry: JournalEntry,
        code: Code,
        now: float,
        problems: Sequence[SendProblem] = (),
        until: float | None = None,
    ) -> Iterator[Effect]:
        yield from self._new_contacts.met(code, until, now)
        yield from self._outcomes.fail(entry, self._refusals.of(code, now, problems), now)
        self.settle(entry.id)
        if heir := self._strangers.heir(entry, self._pending.queued):
            yield from self._work.write(now, journal=heir)
            self._pending.change_queued(heir)

    def drop(self, entry: JournalEntry, now: float) -> Iterator[Effect]:
        """It is not handed over (again)."""
        if entry.state is SendState.ACCEPTED and not may_have_left(entry):
            yield from self.fail(entry, Code.NOT_CONNECTED, now)
        else:
            yield from self._outcomes.report_unknown(entry, now)
            self.settle(entry.id)

    def take_back(self, entry: JournalEntry, now: float) -> Iterator[Effect]:
        """It was surely not sent: it is first in the queue again, with the same id."""
        entry = replace(entry, state=SendState.ACCEPTED)
        yield from self._work.write(now, journal=entry)
        self._in_doubt.decided(entry.id)
        self._pending.take_back(entry)
