"""What keeps the service as a whole from working and is no alert: `reasons` of `/api/health`, beside the alerts that fire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from wppmt.domain.overview import Overview
from wppmt.domain.shortages import Resource, Shortage
from wppmt.domain.states import State
from wppmt.store.records import Desired, SessionRecord


class TroubleCode(StrEnum):
    NONE_CONNECTED = "NONE_CONNECTED"
    MEMORY_LIMIT = "MEMORY_LIMIT"
    REDIS_DOWN = "REDIS_DOWN"
    RENEWAL_STOPPED = "RENEWAL_STOPPED"
    CLUSTER_UNREACHABLE = "CLUSTER_UNREACHABLE"
    CLUSTER_DISPUTED = "CLUSTER_DISPUTED"
    CLUSTER_MISSING = "CLUSTER_MISSING"


@dataclass(frozen=True, slots=True)
class Trouble:
    code: TroubleCode
    sentence: str


REDIS_DOWN = Trouble(TroubleCode.REDIS_DOWN, "Redis fora do ar (REDIS_URL): o serviço segue sem ele")


RENEWAL_STOPPED = Trouble(
    TroubleCode.RENEWAL_STOPPED,
    "A troca de versão parou em uma sessão com problema: renewal_stopped no log diz qual e o que fazer",
)


CLUSTER_FROZEN = Trouble(
    TroubleCode.CLUSTER_UNREACHABLE,
    "O etcd do cluster não responde (WPP_CLUSTER_ETCD): as sessões seguem aqui, e nenhuma começa ou muda de máquina",
)
CLUSTER_FENCED = Trouble(
    TroubleCode.CLUSTER_UNREACHABLE,
    "O etcd do cluster não responde (WPP_CLUSTER_ETCD): os navegadores desta máquina esperam fechados por ele",
)
CLUSTER_DISPUTED = Trouble(
    TroubleCode.CLUSTER_DISPUTED,
    "O etcd diz que uma sessão desta máquina é de outra, e nada prova que ela a recebeu: fica fechada aqui, com o login"
    " guardado; session_disputed no log diz qual e o que fazer",
)
CLUSTER_MISSING = Trouble(
    TroubleCode.CLUSTER_MISSING,
    "O etcd diz que uma sessão é desta máquina, e aqui não há nada dela: session_missing no log diz qual e o que fazer",
)


def troubles_of(overview: Overview) -> tuple[Trouble, ...]:
    """Without a session's name: anybody may read them."""
    return (*over_limit(overview.shortages), *([RENEWAL_STOPPED] if overview.stopped_renewal else ()))


def over_limit(shortages: Sequence[Shortage]) -> tuple[Trouble, ...]:
    """No session starts for want of memory; of the disk an alert tells."""
    return tuple(
        Trouble(TroubleCode.MEMORY_LIMIT, str(shortage))
        for shortage in shortages
        if shortage.resource is Resource.MEMORY
    )


def none_connected(records: Sequence[SessionRecord]) -> Trouble | None:
    """Where sessions should run, and not one of them can serve."""
    running = [record for record in records if record.desired is Desired.RUNNING]
    if not running or any(record.state is State.CONNECTED for record in running):
        return None
    said = "Nenhuma sessão conectada" + (
        "" if len(running) == 1 else f", das {len(running)} que deveriam estar"
    )
    return Trouble(TroubleCode.NONE_CONNECTED, said)
