"""The cluster as one machine sees it: a copy of all keys, kept up to date by their changes. No input or output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from wppmt.cluster import keys
from wppmt.cluster.etcd import Change, Entry, Snapshot
from wppmt.cluster.values import Goal, Home, Machine


@dataclass(frozen=True, slots=True)
class Living:
    """A machine with its key: while `created` is the same, it has lived all the time."""

    name: str
    value: Machine
    created: int
    lease: int


@dataclass(frozen=True, slots=True)
class Ownership:
    """Whose a session is. `home` decides whose it is to be, `owner` who may open its browser now."""

    owner: str = ""
    """A machine; empty: nobody may."""
    epoch: int = 0
    """The owner key's create revision; 0: there is none."""
    home: Home | None = None
    home_revision: int = 0
    """The home key's modification revision; 0: there is none."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A goal, as it was last written."""

    value: Goal
    revision: int


NOBODY = Ownership()


@dataclass(slots=True)
class View:
    """Changed in one thread; what it hands out are values."""

    revision: int = 0
    """Of the last thing that was seen; 0: nothing yet."""
    leader: str = ""
    """A machine; empty: there is none now."""
    leader_term: int = 0
    """The leader key's create revision; 0: there is none."""
    _machines: dict[str, Living] = field(default_factory=dict)
    _sessions: dict[str, Ownership] = field(default_factory=dict)
    _goals: dict[str, Aim] = field(default_factory=dict)
    _drains: set[str] = field(default_factory=set)

    @property
    def machines(self) -> Mapping[str, Living]:
        return MappingProxyType(self._machines)

    @property
    def sessions(self) -> Mapping[str, Ownership]:
        return MappingProxyType(self._sessions)

    @property
    def goals(self) -> Mapping[str, Aim]:
        return MappingProxyType(self._goals)

    @property
    def drains(self) -> frozenset[str]:
        return frozenset(self._drains)

    def ownership(self, session_id: str) -> Ownership:
        return self._sessions.get(session_id, NOBODY)

    def reset(self, snapshot: Snapshot) -> None:
        """Everything anew, as at the start, and after changes were missed."""
        anew = View()
        for entry in snapshot.entries:
            anew._set(entry.key, entry)
        # Another thread may be reading: it finds one or the other, and neither half.
        self.leader, self.leader_term = anew.leader, anew.leader_term
        self._machines, self._sessions = anew._machines, anew._sessions
        self._goals, self._drains = anew._goals, anew._drains
        self.revision = snapshot.revision

    def apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self._set(change.key, change.entry)
            self.revision = max(self.revision, change.revision)

    def _set(self, key: str, entry: Entry | None) -> None:
        match key.removeprefix(keys.PREFIX).split("/"):
            case ["machines", name]:
                _put(self._machines, name, _living(name, entry))
            case ["sessions", session_id, "owner"]:
                self._set_owner(session_id, entry)
            case ["sessions", session_id, "home"]:
                self._set_home(session_id, entry)
            case ["goals", session_id]:
                goal = Goal.parse(entry.value) if entry else None
                _put(self._goals, session_id, Aim(goal, entry.mod_revision) if goal and entry else None)
            case ["drains", name] if entry:
                self._drains.add(name)
            case ["drains", name]:
                self._drains.discard(name)
            case ["leader"]:
                self.leader, self.leader_term = (entry.value, entry.create_revision) if entry else ("", 0)
            case _:
                return

    def _set_owner(self, session_id: str, entry: Entry | None) -> None:
        old = self.ownership(session_id)
        name, epoch = (entry.value, entry.create_revision) if entry else ("", 0)
        self._keep(session_id, Ownership(name, epoch, old.home, old.home_revision))

    def _set_home(self, session_id: str, entry: Entry | None) -> None:
        old = self.ownership(session_id)
        home = Home.parse(entry.value) if entry else None
        revision = entry.mod_revision if entry else 0
        self._keep(session_id, Ownership(old.owner, old.epoch, home, revision))

    def _keep(self, session_id: str, ownership: Ownership) -> None:
        _put(self._sessions, session_id, None if ownership == NOBODY else ownership)


def _living(name: str, entry: Entry | None) -> Living | None:
    value = Machine.parse(entry.value) if entry else None
    return Living(name, value, entry.create_revision, entry.lease) if entry and value else None


def _put(part: dict[str, Any], name: str, value: object | None) -> None:
    if value is None:
        part.pop(name, None)
    else:
        part[name] = value
