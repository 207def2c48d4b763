"""How the service as a whole is: its memory, its disk, and failures that many sessions share."""

from __future__ import annotations

from collections.abc import Iterator

from actors.runtime.effects import Effect, PublishOverview
from actors.supervisor.common_cause import CommonCause
from actors.supervisor.disk_policy import DiskPolicy
from actors.supervisor.memory_pressure import MemoryPressure
from actors.supervisor.messages import MemoryMeasured
from actors.supervisor.renewals import Renewals
from wppmt.domain.overview import Overview
from wppmt.domain.shortages import Resource, Shortage


class Overall:
    """Published whenever it has changed; other threads read what was published, never this."""

    def __init__(
        self,
        disk: DiskPolicy,
        pressure: MemoryPressure,
        common_cause: CommonCause,
        renewals: Renewals,
        memory_limit_mb: int,
    ) -> None:
        self._disk = disk
        self._pressure = pressure
        self._common_cause = common_cause
        self._renewals = renewals
        self._memory_limit_mb = memory_limit_mb
        self._measured = MemoryMeasured(0, 0)
        self._published = Overview()

    def measured(self, measured: MemoryMeasured) -> None:
        self._measured = measured

    def publish(self) -> Iterator[Effect]:
        """At the end of every turn."""
        if (overview := self._now) != self._published:
            self._published = overview
            yield PublishOverview(overview)

    @property
    def shortages(self) -> tuple[Shortage, ...]:
        """Of memory and disk."""
        used, limit = self._measured.total_mb, self._memory_limit_mb
        memory = Shortage(Resource.MEMORY, used, limit) if used > limit else None
        found = (memory, self._pressure.shortage, self._disk.shortage)
        return tuple(shortage for shortage in found if shortage)

    @property
    def _now(self) -> Overview:
        return Overview(
            memory_mb=self._measured.total_mb,
            daemon_memory_mb=self._measured.daemon_mb,
            shortages=self.shortages,
            pressure_percent=self._pressure.percent,
            common_cause=self._common_cause.failure,
            stopped_renewal=self._renewals.stopped_by,
        )
