"""How many browsers may start at the same time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from actors.session.messages import Haste, SlotWanted

SLOT_SECONDS = 90.0
"""A slot is taken back after this: a start that hangs must not block the others."""


class StartSlots:
    """At most `capacity` browsers start at the same time, by haste and then as they came, each slot for a limited time.

    What a session wants or frees costs the same, however many others wait.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._taken: dict[SlotWanted, float] = {}
        self._waiting: dict[Haste, OrderedDict[str, SlotWanted]] = {haste: OrderedDict() for haste in Haste}
        """By session, in the order in which they came."""

    def want(self, wish: SlotWanted) -> None:
        """A newer request of the same session replaces its older one, unless that is granted: its answer is on its way."""
        asked = wish.session_id, wish.generation
        if any((taken.session_id, taken.generation) == asked for taken in self._taken):
            return
        self.free(wish.session_id, wish.generation)
        self._waiting[wish.haste].setdefault(wish.session_id, wish)

    def free(self, session_id: str, up_to: float = float("inf")) -> None:
        """Free what this session holds or waits for, up to this generation; a slot of a later one is kept."""
        self._taken = {wish: since for wish, since in self._taken.items() if not _is(wish, session_id, up_to)}
        for row in self._waiting.values():
            if (wish := row.get(session_id)) is not None and wish.generation <= up_to:
                del row[session_id]

    def grant(self, now: float, least: Haste = Haste.SCHEDULED) -> Iterator[SlotWanted]:
        """To those that have at least this haste."""
        self._taken = {wish: since for wish, since in self._taken.items() if now - since <= SLOT_SECONDS}
        for haste in Haste:
            row = self._waiting[haste]
            while row and haste <= least and len(self._taken) < self._capacity:
                _, wish = row.popitem(last=False)
                self._taken[wish] = now
                yield wish


def _is(wish: SlotWanted, session_id: str, up_to: float) -> bool:
    return wish.session_id == session_id and wish.generation <= up_to
