"""The cluster as the operator sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class MachineState(StrEnum):
    """How a machine is, by its own word. What a newer version may say besides is as good as any of the last three."""

    OK = "ok"
    STOPPING = "stopping"
    SHORT = "short"
    """Of disk or memory: no session starts there."""
    FAILING = "failing"
    """Many of its sessions failed at the same time, and so would others."""


@dataclass(frozen=True, slots=True)
class MachineShown:
    name: str
    url: str
    state: str
    """A MachineState, or a newer version's."""
    places: int
    used: int
    """Of the places; one of another machine may be a second late."""
    is_here: bool
    is_drained: bool
    wppmt: str
    chrome: str
    schema_version: int

    @property
    def takes_sessions(self) -> bool:
        return not self.is_drained and self.state == MachineState.OK


@dataclass(frozen=True, slots=True)
class SessionShown:
    session_id: str
    machine: str
    """Whose it is."""
    is_owned: bool
    """That machine may open its browser now; False: it is lost, or the session is on its way."""
    epoch: int


@dataclass(frozen=True, slots=True)
class MoveShown:
    session_id: str
    from_: str
    to: str
    why: str
    refused: str
    """Why it did not go; empty: it is to go, or on its way."""


@dataclass(frozen=True, slots=True)
class ClusterShown:
    machine: str = ""
    """This one; empty: there is no cluster."""
    leader: str = ""
    is_frozen: bool = False
    """etcd is not in reach: what is shown may be old, and nothing moves."""
    failover: bool = False
    machines: Sequence[MachineShown] = ()
    sessions: Sequence[SessionShown] = ()
    moves: Sequence[MoveShown] = ()

    @property
    def free_places(self) -> int:
        """Of the machines that take sessions."""
        return sum(max(one.places - one.used, 0) for one in self.machines if one.takes_sessions)

    @property
    def places(self) -> int:
        """Free or not, of the machines that take sessions."""
        return sum(one.places for one in self.machines if one.takes_sessions)


ALONE = ClusterShown()
