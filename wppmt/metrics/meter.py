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
    ) -> None:
        """`clock` in seconds, never set back."""
        self.also: Count | None = None
        """Who else is told of everything."""
        self.statuses = statuses
        self._disk_free_mb = disk_free_mb
        self._memory_limit_mb = memory_limit_mb
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
        wanted = [status.record for status in self.statuses() if _should_be_connected(status.record)]
        return Figures(
            sample=self._sample,
            recent=self._recent.now(),
            memory_limit_mb=self._memory_limit_mb,
            disk_free_mb=self._disk_free_mb(),
            wanted=len(wanted),
            connected=sum(record.state is State.CONNECTED for record in wanted),
        )


def _should_be_connected(record: SessionRecord) -> bool:
    """Once paired, and nobody has stopped it; one that waits for its first scan lacks nothing."""
    return record.desired is Desired.RUNNING and (record.has_login or bool(record.last_phone))
