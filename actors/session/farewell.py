"""How an actor ends whose session is here no more: purged, or given to another instance."""

from __future__ import annotations

from collections.abc import Iterator

from actors.runtime.effects import Effect, Stop, Tell, Withdraw
from actors.session.messages import Vanished
from wppmt.domain.messages import ROOT_ACTOR


class Farewell:
    """Said under the actor's own number: it may be read when Root has started a successor, which it must not end."""

    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self._incarnation = 0
        """As Begin tells, before which no session ends."""

    def begin(self, incarnation: int) -> None:
        self._incarnation = incarnation

    def say(self, *answers: Effect) -> Iterator[Effect]:
        """Whoever is answered finds the session gone."""
        yield Withdraw(self._session_id)
        yield from answers
        yield Tell(ROOT_ACTOR, Vanished(self._session_id, self._incarnation))
        yield Stop()
