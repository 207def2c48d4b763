"""Where a stream is in the durable log, and what comes next. Everything here blocks, for well under a millisecond.

An id that is larger than the log's newest is of an earlier log: the numbers have begun anew, and all there is is new.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from wppmt.store.port import Store

STEP = 25
"""Events of one read: the store has one reader, for which all wait; and of a stream that is read slowly, all in memory."""
_SEQUENCE = re.compile(r"[0-9]{1,15}", re.ASCII)
_CURSOR = re.compile(r"0|c([0-9a-f]{1,15})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a stream."""

    id: str
    body: bytes


class Reader(Protocol):
    @property
    def cursor(self) -> str:
        """The `Last-Event-ID` that goes on from here."""

    def read(self) -> Sequence[Told]:
        """The next events, at most STEP; none: there is nothing new. Raises StoreUnavailable."""


class OneSessionReader:
    """Ids are the session's sequence numbers."""

    def __init__(self, store: Store, session_id: str, position: int) -> None:
        self._store = store
        self._session_id = session_id
        self._position = position

    @classmethod
    def resume(cls, store: Store, session_id: str, last_event_id: str | None) -> Self:
        """None: from now on. Raises ValueError for what is no id, and StoreUnavailable."""
        said = None if last_event_id is None else int(_matched(_SEQUENCE, last_event_id)[0])
        return cls(store, session_id, _resume_at(said, store.last_sequence(session_id)))

    @property
    def cursor(self) -> str:
        return str(self._position)

    def read(self) -> Sequence[Told]:
        events = self._store.events_after(self._session_id, self._position, STEP)
        if events:
            self._position = events[-1].sequence
        return [Told(str(event.sequence), event.body) for event in events]


class ManySessionsReader:
    """Ids are opaque: where in the log of all an event stands. `sessions` None: every session."""

    def __init__(self, store: Store, sessions: frozenset[str] | None, position: int) -> None:
        self._store = store
        self._sessions = sessions
        self._position = position

    @classmethod
    def resume(cls, store: Store, sessions: frozenset[str] | None, last_event_id: str | None) -> Self:
        """None: from now on. Raises ValueError for what is no id, and StoreUnavailable."""
        said = None if last_event_id is None else int(_matched(_CURSOR, last_event_id)[1] or "0", 16)
        return cls(store, sessions, _resume_at(said, store.last_event_number()))

    @property
    def cursor(self) -> str:
        return f"c{self._position:x}"

    def read(self) -> Sequence[Told]:
        newest = self._store.last_event_number()
        rows = self._store.events_of_all_after(self._position, STEP, self._sessions)
        if rows:
            self._position = rows[-1][0]
        if len(rows) < STEP:
            # What others had meanwhile is not looked through again.
            self._position = max(self._position, newest)
        return [Told(f"c{number:x}", event.body) for number, event in rows]


def _resume_at(said: int | None, newest: int) -> int:
    if said is None:
        return newest
    return said if said <= newest else 0


def _matched(form: re.Pattern[str], text: str) -> re.Match[str]:
    found = form.fullmatch(text)
    if found is None:
        raise ValueError("no id of an event")
    return found
