"""Which sessions have crashed, and which of these only a person may start again."""

from __future__ import annotations

from collections.abc import Callable

from actors.supervisor.children import Children
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import Desired, SessionStatus


class Crashed:
    """As the last published statuses and the pings show it."""

    def __init__(self, children: Children, status: Callable[[str], SessionStatus | None]) -> None:
        self._children = children
        self._status = status

    def among(self, sessions: frozenset[str] | None) -> list[str]:
        """Of these (None: of all), in order of their ids."""
        known = self._children.sessions
        return [
            one for one in sorted(known) if self._has_crashed(one) and (sessions is None or one in sessions)
        ]

    def awaits_person(self, session_id: str) -> bool:
        """A new browser would show a QR code; whether the login is restored instead is a person's choice."""
        status = self._status(session_id)
        return status is not None and status.record.reason is Reason.TOKEN_CORRUPT

    def _has_crashed(self, session_id: str) -> bool:
        """A stopped session has not crashed: a dead actor of it is replaced at the next look, without a browser."""
        status = self._status(session_id)
        if status is None or status.record.desired is Desired.STOPPED:
            return False
        return status.record.state is State.ERROR or self._children.trouble(session_id) is not None
