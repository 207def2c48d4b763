"""What lives as long as the process, and what all parts of the daemon stand on."""

from __future__ import annotations

from dataclasses import dataclass

from actors.runtime.directory import Directory
from wppmt.app.settings import Settings
from wppmt.metrics.loop_lag import LoopLag
from wppmt.metrics.meter import Meter
from wppmt.store.redis_watch import RedisWatch


@dataclass(frozen=True, slots=True)
class ProcessWide:
    settings: Settings
    directory: Directory
    meter: Meter
    loop_lag: LoopLag
    redis_watch: RedisWatch
