"""The HistoryMind: how each session was, every minute and at each change of state, for as long as a month."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from actors.runtime.effects import Effect, Wake
from actors.watch.messages import Sample
from wppmt.domain.states import State
from wppmt.store.port import Store, StoreUnavailable
from wppmt.store.records import HistoryPoint, SessionStatus

LOOK_SECONDS = 1.0
SAMPLE_SECONDS = 60.0
COARSE_SECONDS = 600.0
FINE_DAYS = 2.0
KEEP_DAYS = 30.0
DAY = 86_400.0
DROPS = 5
"""Steps a minute, each of some hundred points."""


class HistoryMind:
    """A session is known here by what the Directory publishes of it; a look costs nothing where nothing has changed."""

    def __init__(self, store: Store, statuses: Callable[[], Sequence[SessionStatus]]) -> None:
        self._store = store
        self._statuses = statuses
        self._states: dict[str, State] = {}
        self._sampled_at = 0.0
        self._coarse_at = 0.0

    def handle(self, message: object, now: float) -> Iterable[Effect]:
        match message:
            case Sample():
                # Refused: a gap, and the next look writes how it is then.
                with suppress(StoreUnavailable):
                    self._sample(now)
                return [Wake(LOOK_SECONDS, Sample())]
            case _:
                raise TypeError(type(message).__name__)

    def _sample(self, now: float) -> None:
        statuses = {status.record.id: status for status in self._statuses()}
        is_due = abs(now - self._sampled_at) >= SAMPLE_SECONDS
        is_coarse = is_due and abs(now - self._coarse_at) >= COARSE_SECONDS
        points = [
            HistoryPoint(
                name, now, status.record.state, status.memory_mb, is_coarse or self._has_moved(status)
            )
            for name, status in statuses.items()
            if is_due or self._has_moved(status)
        ]
        if points:
            self._store.keep_points(points)
        self._states = {name: status.record.state for name, status in statuses.items()}
        if is_due:
            self._sampled_at = now
            self._coarse_at = now if is_coarse else self._coarse_at
            self._drop(now)

    def _drop(self, now: float) -> None:
        """As much as a thousand sessions make in a minute, and more; what is left over a long stop goes later."""
        for _ in range(DROPS):
            if not self._store.drop_points(now - KEEP_DAYS * DAY, now - FINE_DAYS * DAY):
                return

    def _has_moved(self, status: SessionStatus) -> bool:
        return self._states.get(status.record.id) is not status.record.state
