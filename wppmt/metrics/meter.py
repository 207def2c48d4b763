"""Everything that is counted and measured, in one place: kept by those who see it, read by those who tell it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence

from wppmt.domain.figures import Figures, Sample
from wppmt.domain.occurrences import Count, Occurrence
from wppmt.domain.states import State
from wppmt.metrics.instruments import Instruments
from wppmt.metrics.recent import RecentCounts
from wppmt.metrics.text import Family
from wppmt.store.records import Desired, SessionRecord, SessionStatus


class Meter:
    """Thread-safe. Reading asks no actor and waits for nothing."""

    def __init__(
        self,
        statuses: Callable[[], Sequence[SessionStatus]],
        disk_free_mb: Callable[[], int],
        memory_limit_mb: int,
        clock: Callable[[], float] = time.monotonic,
        *,
        max_sessions: int = 0,
        pressure_percent: Callable[[], float | None] = lambda: None,
    ) -> None:
        """`clock` in seconds, never set back."""
        self.also: Count | None = None
        """Who else is told of everything."""
        self.statuses = statuses
        self._disk_free_mb = disk_free_mb
        self._memory_limit_mb = memory_limit_mb
        self._max_sessions = max_sessions
        self._pressure_percent = pressure_percent
        self._recent = RecentCounts(clock)
        self._instruments = Instruments()
        self._sample = Sample()

    def count(self, occurrence: Occurrence) -> None:
        self._recent.count(occurrence)
        self._instruments.count(occurrence)
        if self.also:
            self.also(occurrence)

    def counted(self, sessions: Collection[str]) -> Iterable[Family]:
        """Since the daemon began, of these sessions alone."""
        return self._instruments.families(sessions)

    def histograms(self) -> str:
        """In Prometheus' text format."""
        return self._instruments.histograms()

    def record(self, sample: Sample) -> None:
        """By whoever weighs."""
        self._sample = sample

    def figures(self) -> Figures:
        records = [status.record for status in self.statuses()]
        wanted = [record for record in records if _should_be_connected(record)]
        return Figures(
            sample=self._sample,
            recent=self._recent.now(),
            memory_limit_mb=self._memory_limit_mb,
            disk_free_mb=self._disk_free_mb(),
            wanted=len(wanted),
            connected=sum(record.state is State.CONNECTED for record in wanted),
            hibernating=sum(record.is_hibernating for record in wanted),
            max_sessions=self._max_sessions,
            running=sum(record.desired is Desired.RUNNING for record in records),
            pressure_percent=self._pressure_percent(),
        )


def _should_be_connected(record: SessionRecord) -> bool:
    """Once paired, and nobody has stopped it; one that waits for its first scan lacks nothing."""
    return record.desired is Desired.RUNNING and (record.has_login or bool(record.last_phone))
