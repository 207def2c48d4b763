"""How many sessions may run; counts those that run and those that were admitted and may start."""

from __future__ import annotations

from itertools import count

from wppmt.domain.shortages import Resource, Shortage, resource_limit
from wppmt.store.port import Store
from wppmt.store.records import Desired


class Admission:
    """Counts a session from its admission until its actor has confirmed what came of it.

    An actor's mailbox may still hold an older close when a start is sent: only its DesiredConfirmed, sent after that start,
    shows whether the session runs.
    """

    def __init__(self, store: Store, most: int) -> None:
        self.wanted: set[str] = set()
        """Sessions that should run, as last reported by their actors."""
        self._store = store
        self._most = most
        self._numbers = count(1)
        self._let_in: dict[int, str] = {}
        """Admissions that are not confirmed yet, by number."""

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._counted_ids

    def require_room(self) -> None:
        """Raises Refusal(RESOURCE_LIMIT) (docs/MULTI_TENANT_ARCHITECTURE.md 11.4)."""
        if len(self._counted_ids) >= self._most:
            # An actor that died may have committed a change that it did not report.
            self.wanted = {
                record.id for record in self._store.sessions() if record.desired is Desired.RUNNING
            }
        if len(self._counted_ids) >= self._most:
            raise resource_limit(Shortage(Resource.SESSIONS, len(self._counted_ids), self._most))

    def let_in(self, session_id: str) -> int:
        """Under a number that `confirmed` names."""
        number = next(self._numbers)
        self._let_in[number] = session_id
        return number

    def set_desired(self, session_id: str, desired: Desired) -> None:
        change = self.wanted.add if desired is Desired.RUNNING else self.wanted.discard
        change(session_id)

    def confirmed(self, number: int, desired: Desired) -> None:
        """Whatever was asked under this number is done or refused, and committed."""
        if session_id := self._let_in.pop(number, None):
            self.set_desired(session_id, desired)

    def withdraw(self, session_id: str) -> None:
        """Its actor has ended, and with it what waited in the mailbox."""
        self._let_in = {number: name for number, name in self._let_in.items() if name != session_id}

    @property
    def _counted_ids(self) -> set[str]:
        return self.wanted.union(self._let_in.values())
