"""Who else has to agree that a session changes hands: the cluster, where there is one."""

from __future__ import annotations

from typing import Protocol

from wppmt.domain.moves import Sender
from wppmt.moving.destination import Destination


class Undecided(Exception):
    """Whether it was written down is not known, or cannot be now: ask again."""


class Ownership(Protocol):
    def require_decidable(self) -> None:
        """Whether anything can change hands now; before a session is touched. Raises Refusal."""

    async def give(self, session_id: str, to: Destination, /) -> bool:
        """It belongs to that one from now on; again and again the same answer. False: a third one has it by now.

        Raises Undecided.
        """

    def require_may_come(self, session_id: str, sender: Sender, /) -> None:
        """Before its archive is taken. Raises Refusal."""

    async def take(self, session_id: str, /) -> None:
        """It is ours, and may be started here. Raises Refusal."""

    def is_peer(self, sender: Sender, /) -> bool:
        """Whether it is a machine of our cluster that sends: then what it sent is taken also when it cannot say so any more."""


class Alone:
    """An instance by itself: what two of them have agreed on is so. Implements Ownership."""

    def require_decidable(self) -> None:
        pass

    async def give(self, _session_id: str, _to: Destination, /) -> bool:
        return True

    def require_may_come(self, _session_id: str, _sender: Sender, /) -> None:
        pass

    async def take(self, _session_id: str, /) -> None:
        pass

    def is_peer(self, _sender: Sender, /) -> bool:
        return False
