"""What an operator is told of by itself: the codes (docs/contract.md 15), one alert, and the words for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class AlertCode(StrEnum):
    MEMORY_HIGH = "MEMORY_HIGH"
    CPU_HIGH = "CPU_HIGH"
    FEWER_CONNECTED = "FEWER_CONNECTED"
    ERROR_RATE = "ERROR_RATE"
    SLOW_RESPONSES = "SLOW_RESPONSES"
    WEBHOOKS_FAILING = "WEBHOOKS_FAILING"
    SESSION_IN_ERROR = "SESSION_IN_ERROR"
    DISK_LOW = "DISK_LOW"
    COMMON_CAUSE = "COMMON_CAUSE"
    INBOUND_MISSED = "INBOUND_MISSED"
    WHATSAPP_CHANGED = "WHATSAPP_CHANGED"
    WEBHOOK_EXHAUSTED = "WEBHOOK_EXHAUSTED"
    MEMORY_PRESSURE = "MEMORY_PRESSURE"
    FEW_FREE_SLOTS = "FEW_FREE_SLOTS"


@dataclass(frozen=True, slots=True)
class Cause:
    """Of one cause at most one alert fires at a time."""

    code: AlertCode
    subject: str = ""
    """A session's id, or a webhook's URL; empty: the service as a whole."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Times are epoch seconds. `message` and `remedy` are for people, in Portuguese."""

    cause: Cause
    message: str
    remedy: str
    since: float
    session_id: str | None = None
    ended_at: float | None = None
    """None while it fires."""

    @property
    def code(self) -> AlertCode:
        return self.cause.code

    @property
    def is_firing(self) -> bool:
        return self.ended_at is None


TITLES: Mapping[AlertCode, str] = {
    AlertCode.MEMORY_HIGH: "Memória alta",
    AlertCode.CPU_HIGH: "Processador ocupado",
    AlertCode.FEWER_CONNECTED: "Menos sessões conectadas do que deveriam",
    AlertCode.ERROR_RATE: "Muitos erros nas respostas e nos envios",
    AlertCode.SLOW_RESPONSES: "Respostas lentas",
    AlertCode.WEBHOOKS_FAILING: "Muitas tentativas de webhook falham",
    AlertCode.SESSION_IN_ERROR: "Sessão em erro",
    AlertCode.DISK_LOW: "Pouco espaço em disco",
    AlertCode.COMMON_CAUSE: "Muitas sessões falham pela mesma causa",
    AlertCode.INBOUND_MISSED: "Mensagens recebidas não foram avisadas na hora",
    AlertCode.WHATSAPP_CHANGED: "O WhatsApp Web mudou",
    AlertCode.WEBHOOK_EXHAUSTED: "Um webhook deixou de receber eventos",
    AlertCode.MEMORY_PRESSURE: "Os programas da máquina esperam por memória",
    AlertCode.FEW_FREE_SLOTS: "Restam poucas vagas para sessões",
}
"""Without a name of a session or of an address: anybody may read them."""

REMEDIES: Mapping[AlertCode, str] = {
    AlertCode.MEMORY_HIGH: (
        "Veja em GET /api/admin/sessions quem usa mais memória e reinicie essa sessão (restart). Se todas são necessárias, dê"
        " mais memória à máquina e aumente WPP_MEMORY_LIMIT_MB: acima do limite nenhuma sessão nova inicia"
    ),
    AlertCode.CPU_HIGH: (
        "Veja em /metrics, ou com top, qual sessão usa o processador e reinicie-a (restart). Se todas trabalham, dê mais"
        " núcleos à máquina ou mova sessões para outra instância"
    ),
    AlertCode.FEWER_CONNECTED: (
        "Veja o motivo de cada sessão em GET /api/admin/sessions: com o celular sem internet, volta sozinha quando ele voltar;"
        " a que espera um QR Code precisa do cliente"
    ),
    AlertCode.ERROR_RATE: (
        "Veja no log as linhas de nível error: elas dizem se é uma sessão, o disco ou o serviço"
    ),
    AlertCode.SLOW_RESPONSES: (
        "Verifique processador, memória e disco da máquina (wppmt doctor) e se algum programa chama a API em excesso"
    ),
    AlertCode.WEBHOOKS_FAILING: (
        "Verifique se o destino está no ar e o que ele responde (POST /api/sessions/{id}/webhook/test). Os eventos são tentados"
        " de novo; os abandonados podem ser reenviados (dead-letters/replay)"
    ),
    AlertCode.SESSION_IN_ERROR: "Reinicie a sessão (restart). Se o erro voltar, veja o log desta sessão",
    AlertCode.DISK_LOW: "Libere espaço no disco e não faça mais nada: as sessões voltam sozinhas, sem QR Code",
    AlertCode.COMMON_CAUSE: (
        "Verifique disco, memória, Chromium e rede do servidor (wppmt doctor). Corrigida a causa, as sessões voltam sozinhas"
    ),
    AlertCode.INBOUND_MISSED: (
        "As mensagens já foram entregues, com backfilled: true. Se o alerta continua, reinicie a sessão (restart) e verifique"
        " se há uma versão nova do wa-js (wppmt wa-js)"
    ),
    AlertCode.WHATSAPP_CHANGED: (
        "Não desvincule: o login está guardado. Instale uma versão nova do wa-js (wppmt wa-js) ou do wppmt; a sessão tenta de"
        " novo sozinha"
    ),
    AlertCode.WEBHOOK_EXHAUSTED: (
        "Corrija o destino, confirme com POST /api/sessions/{id}/webhook/test e reenvie os eventos abandonados (POST"
        " /api/sessions/{id}/dead-letters/replay). Se ele respondeu 410, configure o webhook de novo (PUT)"
    ),
    AlertCode.MEMORY_PRESSURE: (
        "O serviço já devolve o que pode e não inicia sessões. Dê mais memória à máquina, ative zram, ou deixe hibernar sessões"
        " pouco usadas (hibernate; docs/operacao.md)"
    ),
    AlertCode.FEW_FREE_SLOTS: (
        "Encerre sessões que ninguém usa (DELETE) ou aumente WPP_MAX_SESSIONS, se houver memória (wppmt doctor)"
    ),
}
"""What to do about it."""
