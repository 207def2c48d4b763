"""Outcomes on their way into the store: many in one commit, kept while the store takes none."""

from __future__ import annotations

from dataclasses import dataclass

from actors.runtime.effects import Effect, Wake
from wppmt.store.operator_records import Attempt
from wppmt.store.outbox_records import Delivery
from wppmt.store.port import STORE_RETRY_SECONDS, Store, StoreUnavailable

SETTLE_SECONDS = 0.02
"""Outcomes are committed together this often: a crash in between sends again what was delivered, ids unchanged."""
AT_MOST = 64
LIMIT = 500
"""With a store that takes no writes nothing new is sent beyond this, or a crash would repeat too much."""


@dataclass(frozen=True, slots=True)
class Settle:
    """To the webhook actor itself: commit the outcomes."""


class Settling:
    """What was attempted and is not yet written back."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[Delivery] = []
        self._attempts: list[Attempt] = []
        self._is_due = False
        """A Settle is on its way."""
        self._store_ails = False

    @property
    def is_empty(self) -> bool:
        return not (self._waiting or self._attempts)

    @property
    def is_full(self) -> bool:
        return max(len(self._waiting), len(self._attempts)) >= LIMIT

    def add(self, delivery: Delivery) -> None:
        self._waiting.append(delivery)

    def note(self, attempt: Attempt) -> None:
        """It was made; what becomes of the delivery is another matter."""
        self._attempts.append(attempt)

    def commit(self) -> None:
        """Raises StoreUnavailable, and keeps everything."""
        if not self.is_empty:
            self._store.settle(self._waiting, self._attempts)
            self._waiting, self._attempts = [], []
        self._store_ails = False

    def settle(self) -> list[Effect]:
        """Commit, or come back to it when the store may be well again."""
        try:
            self.commit()
        except StoreUnavailable:
            self._store_ails = self._is_due = True
            return [Wake(STORE_RETRY_SECONDS, Settle())]
        return []

    def on_time(self) -> list[Effect]:
        """The Settle has come."""
        self._is_due = False
        return self.settle()

    def set_timer(self) -> list[Effect]:
        """Commit now, or arm the timer for it."""
        if len(self._waiting) >= AT_MOST and not self._store_ails:
            return self.settle()
        if not self.is_empty and not self._is_due:
            self._is_due = True
            return [Wake(SETTLE_SECONDS, Settle())]
        return []
