"""The resources that can be too short for one more browser (docs/MULTI_TENANT_ARCHITECTURE.md 11.4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from wppmt.domain.errors import Code, Refusal


class Resource(StrEnum):
    SESSIONS = "sessions"
    MEMORY = "memory"
    PRESSURE = "memoryPressure"
    DISK = "disk"
    STREAMS = "streams"


_SENTENCES = {
    Resource.SESSIONS: "{current} sessões no ar; o máximo é {limit} (WPP_MAX_SESSIONS)",
    Resource.MEMORY: "{current} MB de memória em uso; o limite é {limit} MB (WPP_MEMORY_LIMIT_MB)",
    Resource.PRESSURE: "{current} % do tempo os programas esperam por memória; o limite é {limit} % (WPP_MEMORY_PRESSURE_PERCENT)",
    Resource.DISK: "{current} MB livres no disco dos logins; são necessários {limit} MB (WPP_DISK_MIN_FREE_MB)",
    Resource.STREAMS: "{current} streams de eventos abertos; o máximo é {limit}, metade de WPP_MAX_CONNECTIONS",
}


@dataclass(frozen=True, slots=True)
class Shortage:
    """Sessions and streams are counted, pressure is in per cent, the others are in MB; `limit` is what `current` must not exceed, of the disk: fall short of."""

    resource: Resource
    current: int
    limit: int

    def __str__(self) -> str:
        return _SENTENCES[self.resource].format(current=self.current, limit=self.limit)

    @property
    def detail(self) -> dict[str, Any]:
        """For `details` of RESOURCE_LIMIT."""
        return {
            "field": self.resource.value,
            "problem": str(self),
            "current": self.current,
            "limit": self.limit,
        }


def resource_limit(*shortages: Shortage, retry_after: float | None = None) -> Refusal:
    return Refusal(
        Code.RESOURCE_LIMIT, details=[shortage.detail for shortage in shortages], retry_after=retry_after
    )
