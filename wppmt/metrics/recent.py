"""What happened within the last minutes, in slices that are forgotten as they grow old."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from wppmt.domain.figures import Recent
from wppmt.domain.occurrences import (
    Occurrence,
    RequestAnswered,
    SendFailedLater,
    WebhookAttempted,
    WebhookOutcome,
)

SLICE_SECONDS = 5.0
TRAFFIC_SECONDS = 300.0
WEBHOOK_SECONDS = 60.0
BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Of answers' durations; one that takes longer than the last counts as twice that."""
MOST = 0.95


@dataclass(slots=True)
class _Slice:
    number: int
    requests: int = 0
    failures: int = 0
    webhooks_failed: int = 0
    durations: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))


class RecentCounts:
    """Thread-safe; 60 slices, whatever the traffic."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` in seconds, never set back."""
        self._clock = clock
        self._lock = threading.Lock()
        self._slices: deque[_Slice] = deque(maxlen=int(TRAFFIC_SECONDS / SLICE_SECONDS))

    def count(self, occurrence: Occurrence) -> None:
        with self._lock:
            self._note(self._current(), occurrence)

    def now(self) -> Recent:
        with self._lock:
            traffic = list(self._of_last(TRAFFIC_SECONDS))
            webhooks_failed = sum(one.webhooks_failed for one in self._of_last(WEBHOOK_SECONDS))
        durations = [sum(column) for column in zip(*(one.durations for one in traffic), strict=True)]
        return Recent(
            requests=sum(one.requests for one in traffic),
            failures=sum(one.failures for one in traffic),
            response_seconds=_within_most(durations),
            webhooks_failed=webhooks_failed,
        )

    def _note(self, current: _Slice, occurrence: Occurrence) -> None:
        match occurrence:
            case RequestAnswered(by_watcher=False, failed=failed, seconds=seconds, waited=waited):
                current.requests += 1
                current.failures += failed
                current.durations[bisect_left(BOUNDS, seconds - waited)] += 1
            case SendFailedLater():
                current.failures += 1
            case WebhookAttempted(outcome=WebhookOutcome.FAILED | WebhookOutcome.DEAD):
                current.webhooks_failed += 1
            case _:
                """Counted elsewhere, or by watchers."""

    def _current(self) -> _Slice:
        number = int(self._clock() / SLICE_SECONDS)
        if not self._slices or self._slices[-1].number != number:
            self._slices.append(_Slice(number))
        return self._slices[-1]

    def _of_last(self, seconds: float) -> Iterator[_Slice]:
        oldest = (self._clock() - seconds) / SLICE_SECONDS
        return (one for one in self._slices if one.number > oldest)


def _within_most(durations: list[int]) -> float:
    """Seconds within which 95 of 100 were answered, read between two bounds as Prometheus does; 0 for none."""
    left = MOST * sum(durations)
    lower = 0.0
    for bound, count in zip((*BOUNDS, 2 * BOUNDS[-1]), durations, strict=False):
        if count and count >= left:
            return lower + (bound - lower) * left / count
        left -= count
        lower = bound
    return 0.0
