"""What keeps the service as a whole from working: `reasons` of `/api/health`. One tenant's problems are in its status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from wppmt.domain.shortages import Resource, Shortage
from wppmt.domain.states import State
from wppmt.store.records import Desired, SessionRecord


class TroubleCode(StrEnum):
    NONE_CONNECTED = "NONE_CONNECTED"
    MEMORY_LIMIT = "MEMORY_LIMIT"
    DISK_SHORT = "DISK_SHORT"
    COMMON_CAUSE = "COMMON_CAUSE"
    REDIS_DOWN = "REDIS_DOWN"


@dataclass(frozen=True, slots=True)
class Trouble:
    code: TroubleCode
    sentence: str


REDIS_DOWN = Trouble(TroubleCode.REDIS_DOWN, "Redis fora do ar (REDIS_URL): o serviço segue sem ele")


def of_shortage(shortage: Shortage) -> Trouble:
    is_disk = shortage.resource is Resource.DISK
    return Trouble(TroubleCode.DISK_SHORT if is_disk else TroubleCode.MEMORY_LIMIT, str(shortage))


def none_connected(records: Sequence[SessionRecord]) -> Trouble | None:
    """Where sessions should run, and not one of them can serve."""
    running = [record for record in records if record.desired is Desired.RUNNING]
    if not running or any(record.state is State.CONNECTED for record in running):
        return None
    said = "Nenhuma sessão conectada" + (
        "" if len(running) == 1 else f", das {len(running)} que deveriam estar"
    )
    return Trouble(TroubleCode.NONE_CONNECTED, said)
