"""The session's own policy towards people who never wrote to its account: a budget a day, a gap, quiet hours.

A refused message is never held: who asked has the moment from which on it may go. What was admitted is looked at once
more when it is handed over, which may be on the next day. The journal is the counter, so that both are one commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random

from actors.runtime.effects import Effect
from actors.session.policy import SessionPolicy
from actors.session.sending.send_codec import OPENING
from actors.session.unit_of_work import UnitOfWork
from wppmt.browser.port import Json
from wppmt.domain.contact_policy import ContactPolicy
from wppmt.domain.errors import Code
from wppmt.domain.stranger_gate import Obstacle, StrangerGate
from wppmt.store.records import JournalEntry
from wppmt.store.stranger_gates import gate_of


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who a message goes to, as the page knows it."""

    contact: str
    """One name of the person, whatever the caller wrote."""
    is_stranger: bool
    """Never wrote to the account, and is no group."""
    was_written_to: bool

    @classmethod
    def of(cls, answer: Json) -> Recipient:
        return cls(str(answer["to"]), bool(answer["isNew"]), bool(answer["writtenTo"]))


class Strangers:
    """Decides by the journal and the record alone."""

    def __init__(self, work: UnitOfWork, policy: SessionPolicy, random: Random) -> None:
        self._work = work
        self._defaults = policy.contacts
        self._random = random

    @property
    def is_off(self) -> bool:
        return self.policy.is_off

    @property
    def policy(self) -> ContactPolicy:
        return self._work.record.contact_policy or self._defaults

    def gate(self, now: float) -> StrangerGate:
        return gate_of(self._work.record, self._defaults, self._work.contacts_since, now)

    def obstacles(self, whom: Recipient, now: float) -> Iterator[Obstacle]:
        """Why a message to them is refused now."""
        if whom.is_stranger:
            gate = self.gate(now)
            yield from gate.obstacles(is_first=_opens(whom, gate))

    def admitted(self, entry: JournalEntry, whom: Recipient, now: float) -> JournalEntry:
        """The entry as it is to be journalled: with it, a first message to a stranger is counted."""
        if not whom.is_stranger:
            return entry
        is_opening = _opens(whom, self.gate(now))
        if is_opening:
            self._work.note(next_first=now + self.policy.gap(self._random))
        return replace(counted(entry, whom), payload={**entry.payload, OPENING: is_opening})

    def late(self, entry: JournalEntry, now: float) -> Code | None:
        """Why a message that was admitted is not handed over now, after it has waited."""
        if OPENING not in entry.payload:
            return None
        if self.policy.quiet_until(now):
            return Code.QUIET_HOURS
        today, _ = self.policy.day_of(now)
        if entry.contact and entry.accepted_at < today and self.gate(now).is_overdrawn:
            return Code.NEW_CONTACT_BUDGET
        is_early = now < self._work.record.first_handed_at + self.policy.gap_min
        return Code.STRANGER_GAP if entry.payload[OPENING] and is_early else None

    def handed(self, entry: JournalEntry, now: float) -> None:
        """In the commit of the hand-over: one that has waited begins the next gap anew."""
        if entry.contact:
            # Be it the second message: the first may turn out not to have been sent.
            self._work.note(first_handed_at=now)
        if entry.payload.get(OPENING) and now > entry.accepted_at:
            next_first = max(self._work.record.next_first, now + self.policy.gap(self._random))
            self._work.note(next_first=next_first)

    @staticmethod
    def heir(failed: JournalEntry, waiting: Iterable[JournalEntry]) -> JournalEntry | None:
        """A first message was not sent, so another one that waits for the same person is the first: as it is now."""
        if not failed.payload.get(OPENING):
            return None
        siblings = (entry for entry in waiting if entry.contact == failed.contact and entry.id != failed.id)
        heir = next(siblings, None)
        return replace(heir, payload={**heir.payload, OPENING: True}) if heir else None

    def retry_after(self, now: float) -> float | None:
        """Seconds until the policy lets a stranger be written to; None: now."""
        ends = [end for _, end in self.gate(now).obstacles(is_first=True)]
        return max(ends) - now if ends else None

    def tell_if_used_up(self, now: float, *, was_used_up: bool) -> Iterator[Effect]:
        """The day's last new contact has been admitted: that is told once."""
        gate = self.gate(now)
        if gate.is_used_up and not was_used_up:
            yield from self._work.write(now, ("account_limit", gate.shown(self._work.record.limits)))


def counted(entry: JournalEntry, whom: Recipient) -> JournalEntry:
    """Further messages to somebody who has been written to are free."""
    is_new = whom.is_stranger and not whom.was_written_to
    return replace(entry, contact=whom.contact) if is_new else entry


def _opens(whom: Recipient, gate: StrangerGate) -> bool:
    """Whether this would be the first message to a stranger."""
    return not whom.was_written_to and whom.contact not in gate.contacts
