"""Which wa-js is meant for whom, and how far a change from one to another has come: values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

SHIPPED = ""
"""The name of the one that comes with the gateway."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Names of wa-js: for everyone, and for sessions that differ."""

    everyone: str = SHIPPED
    sessions: Mapping[str, str] = field(default_factory=dict)

    def of(self, session_id: str) -> str:
        return self.sessions.get(session_id, self.everyone)

    def with_session(self, session_id: str, name: str) -> Choice:
        return replace(self, sessions={**self.sessions, session_id: name})


@dataclass(frozen=True, slots=True)
class Taken:
    """A session that was given the new one, and what it could do before: that it must not lose."""

    since: float
    abilities: frozenset[str]
    was_connected: bool
    has_proved: bool = False
    """It can do all that it could."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the last change ended: with `why` it was undone."""

    at: float
    choice: Choice
    why: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A change is under way while what is wanted is not what is settled."""

    wanted: Choice = Choice()
    settled: Choice = Choice()
    """What has proved to work; a change that fails goes back to it."""
    in_use: Choice = Choice()
    """What a browser that opens now is given: the settled one, but for sessions that were given the wanted one."""
    previous: Choice = Choice()
    """What was settled before."""
    taken: Mapping[str, Taken] = field(default_factory=dict)
    """The sessions that this change has reached."""
    outcome: Outcome | None = None

    @property
    def is_quiet(self) -> bool:
        """Nothing is left to do."""
        return self.wanted == self.settled == self.in_use

    def want(self, choice: Choice) -> Plan:
        """Begins a change, or ends one that is under way by another; the sessions that it reached are asked anew."""
        return replace(self, wanted=choice, taken={}, outcome=None)

    def want_back(self) -> Plan:
        """The end of a change that is under way, else a change to what was settled before."""
        return self.want(self.settled if self.wanted != self.settled else self.previous)

    def take(self, session_id: str, taken: Taken) -> Plan:
        """From now on this session has what is wanted for it."""
        in_use = self.in_use.with_session(session_id, self.wanted.of(session_id))
        return replace(self, in_use=in_use, taken={**self.taken, session_id: taken})

    def settle(self, now: float) -> Plan:
        """The change is done."""
        done = Outcome(now, self.wanted)
        return Plan(self.wanted, self.wanted, self.wanted, previous=self.settled, outcome=done)

    def go_back(self, now: float, why: str) -> Plan:
        """The change is undone."""
        undone = Outcome(now, self.wanted, why)
        return Plan(self.settled, self.settled, self.settled, previous=self.previous, outcome=undone)
