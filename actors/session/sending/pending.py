"""Messages that are not settled: in the queue, in the order in which they were accepted, or handed to the page."""

from __future__ import annotations

from collections import deque

from actors.session.sending.send_codec import queue_order
from wppmt.store.records import JournalEntry


class PendingMessages:
    """Each stands in one of the two, under its id."""

    def __init__(self) -> None:
        self._queue: deque[JournalEntry] = deque()
        self._handed: dict[str, JournalEntry] = {}

    def __len__(self) -> int:
        """How many wait in the queue."""
        return len(self._queue)

    @property
    def queued(self) -> tuple[JournalEntry, ...]:
        return tuple(self._queue)

    @property
    def handed(self) -> tuple[JournalEntry, ...]:
        """What the page was given and the server has not acknowledged."""
        return tuple(self._handed.values())

    def first(self) -> JournalEntry:
        return self._queue[0]

    def find(self, message_id: str) -> JournalEntry | None:
        queued = (entry for entry in self._queue if entry.id == message_id)
        return self._handed.get(message_id) or next(queued, None)

    def find_handed(self, message_id: str) -> JournalEntry | None:
        return self._handed.get(message_id)

    def append(self, entry: JournalEntry) -> None:
        self._queue.append(entry)

    def take_first(self) -> JournalEntry:
        return self._queue.popleft()

    def take_back(self, entry: JournalEntry) -> None:
        """It was handed over, and waits again where it stood."""
        self.settle(entry.id)
        self._queue = deque(sorted([entry, *self._queue], key=queue_order))

    def hand(self, entry: JournalEntry) -> None:
        """Also anew, with more that is known of it."""
        self._handed[entry.id] = entry

    def change_queued(self, entry: JournalEntry) -> None:
        self._queue = deque(entry if other.id == entry.id else other for other in self._queue)

    def settle(self, message_id: str) -> None:
        self._handed.pop(message_id, None)
        self._queue = deque(entry for entry in self._queue if entry.id != message_id)
