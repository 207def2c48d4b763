"""What answers say to the operator: health, every tenant's row, the actors."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from wppmt.domain.alerts import AlertCode
from wppmt.domain.jobs import JobStatus
from wppmt.domain.states import State
from wppmt.http.api.responses import AnswerBody, Instant, Status

_ACTORS = [
    {"actor": "root", "children": 1},
    {"actor": "session:cliente-001", "alive": True, "hung": False, "unansweredPings": 0, "replaced": 0},
]


class Home(AnswerBody):
    """`/` for programs."""

    name: Literal["wppmt"] = "wppmt"
    version: str = Field(examples=["1.0.0"])
    dashboard: str = Field(default="/", examples=["/"], description="o painel, para pessoas")
    docs: str = Field(default="/api-docs", examples=["/api-docs"], description="esta documentação, para ler")
    openapi: str = Field(
        default="/openapi.json", examples=["/openapi.json"], description="esta documentação, em JSON"
    )
    health: str = Field(
        default="/api/health", examples=["/api/health"], description="saúde do serviço, em números"
    )


class Deliveries(AnswerBody):
    """Webhook deliveries that wait, and those given up on."""

    pending: int = Field(examples=[0])
    dead: int = Field(examples=[0])


class HealthReason(AnswerBody):
    """One thing that keeps the service from its work."""

    reason_code: str = Field(examples=["MEMORY_LIMIT", "SESSION_IN_ERROR"])
    reason: str = Field(
        examples=["5000 MB de memória em uso; o limite é 4096 MB (WPP_MEMORY_LIMIT_MB)", "Sessão em erro (2)"]
    )


class HealthBody(AnswerBody):
    """Counts, never names: this one is read without a token."""

    status: Literal["ok", "degraded", "starting", "draining"] = Field(examples=["ok", "draining"])
    reasons: list[HealthReason] = Field(examples=[[]])
    uptime_seconds: int = Field(examples=[86400])
    sessions: dict[str, int] = Field(examples=[{"total": 10, "connected": 9, "waiting_scan": 1}])
    abilities: dict[str, int] = Field(
        examples=[{"canSend": 9, "canReceive": 9, "canAck": 9, "canSendMedia": 9}]
    )
    max_sessions: int = Field(examples=[10])
    memory_mb: int | None = Field(examples=[1650])
    daemon_memory_mb: int | None = Field(examples=[110])
    webhooks: Deliveries
    version: str = Field(examples=["1.0.0"])


class CgroupUsage(AnswerBody):
    """As the kernel counts it since the browser started."""

    memory_mb: float = Field(
        examples=[412.5], description="memória do navegador e dos seus arquivos em cache"
    )
    memory_max_mb: float | None = Field(
        examples=[2048.0],
        description="acima disso o navegador é encerrado (`RESOURCE_LIMIT`); null: sem limite",
    )
    cpu_seconds: float = Field(examples=[83.2], description="tempo de processador")
    pids: int = Field(examples=[61], description="processos e threads agora")
    pids_max: int | None = Field(examples=[900], description="quantos pode haver; null: sem limite")


class AdminSession(Status):
    """A tenant's row for the operator."""

    remedy: str = Field(examples=["Nada a fazer: o serviço cuida disso sozinho."])
    desired: Literal["running", "stopped"] = Field(examples=["running"])
    pid: int | None = Field(examples=[4711])
    profile_mb: int | None = Field(examples=[95])
    cgroup: CgroupUsage | None = Field(description="null: a sessão não tem cgroup próprio")
    webhooks: Deliveries
    webhook_lag_seconds: int | None = Field(
        examples=[None, 12],
        description="há quanto tempo espera o evento mais antigo ainda não entregue; `null`: nenhum",
    )
    last_error: str | None
    outdated: str | None = Field(
        examples=[None],
        description="depois de uma troca de versão: por que o navegador será aberto de novo, quando chegar a sua vez;"
        " null: não será",
    )


class ServiceFigures(AnswerBody):
    """The figures that alerts judge by (docs/MULTI_TENANT_ARCHITECTURE.md 10.1), of the whole service, at one moment."""

    memory_mb: int = Field(examples=[1650], description="memória do serviço e dos navegadores, em MB")
    memory_limit_mb: int = Field(examples=[4096], description="acima dela nenhuma sessão nova inicia, em MB")
    cpu_percent: float = Field(
        examples=[12.5], description="processador em uso pelo serviço e pelos navegadores; 100: todo o que há"
    )
    wanted: int = Field(examples=[10], description="sessões que deveriam estar conectadas")
    connected: int = Field(examples=[9], description="destas, as que estão")
    hibernating: int = Field(examples=[0], description="destas, as que hibernam")
    free_slots: int = Field(examples=[0], description="sessões que ainda podem ser iniciadas")
    memory_pressure_percent: float | None = Field(
        examples=[0.4],
        description="dos últimos dez segundos, quanto se esperou por memória na máquina; null: o kernel não diz",
    )
    requests: int = Field(examples=[240], description="requisições dos últimos 5 minutos")
    error_percent: float = Field(
        examples=[0.4],
        description="destas, as que falharam: respostas 5xx e envios sem sucesso, em por cento",
    )
    response_seconds: float = Field(
        examples=[0.1],
        description="em até quantos segundos 95 % delas foram respondidas, sem a espera pela confirmação do WhatsApp",
    )
    webhooks_failed: int = Field(
        examples=[0], description="tentativas de webhook sem sucesso no último minuto"
    )
    disk_free_mb: int = Field(examples=[52000], description="espaço livre no disco dos logins, em MB")


class AdminSessionList(AnswerBody):
    count: int = Field(examples=[1])
    daemon_memory_mb: int | None = Field(examples=[110])
    figures: ServiceFigures = Field(description="o serviço como um todo, em números")
    sessions: list[AdminSession]


class Actors(AnswerBody):
    """The live actor tree; what a row tells depends on the actor."""

    actors: list[dict[str, Any]] = Field(examples=[_ACTORS])


class Skipped(AnswerBody):
    """A session in trouble that a new browser would not help, or that there is no room for."""

    session_id: str = Field(examples=["cliente-004"])
    reason_code: str = Field(examples=["TOKEN_CORRUPT"])
    reason: str = Field(
        examples=[
            "O login salvo não foi aceito. Restaure a última cópia (restore) ou recomece com um QR Code (reset)"
        ]
    )


class Restarted(AnswerBody):
    restarted: list[str] = Field(examples=[["cliente-003"]])
    skipped: list[Skipped]


class AlertRow(AnswerBody):
    """Times are those of the service's clock."""

    code: AlertCode = Field(examples=["SESSION_IN_ERROR"], description="o que houve, em um código estável")
    session_id: str | None = Field(
        examples=["cliente-003"], description="a sessão a que se refere; `null`: o serviço como um todo"
    )
    message: str = Field(
        examples=["Sessão cliente-003 em erro: WhatsApp Web aberto em outro lugar com este login"],
        description="o que houve, em uma frase para pessoas",
    )
    remedy: str = Field(examples=["Feche o outro WhatsApp Web que usa este login e reinicie a sessão."])
    since: Instant = Field(description="desde quando")
    ended_at: Instant | None = Field(examples=[None], description="quando terminou; `null`: está ativo")


class AlertList(AnswerBody):
    firing: list[AlertRow] = Field(description="os ativos, do mais antigo ao mais novo")
    recent: list[AlertRow] = Field(
        examples=[[]], description="os últimos que terminaram, o mais novo primeiro"
    )


class AlertSecret(AnswerBody):
    success: Literal[True] = True
    secret: str = Field(
        examples=["whsec_…"], description="segredo das assinaturas dos alertas, mostrado só desta vez"
    )


class SessionPoint(AnswerBody):
    """How a session was at a moment."""

    at: Instant = Field(description="quando")
    status: State = Field(examples=["connected"])
    memory_mb: int | None = Field(examples=[312])


class SessionHistory(AnswerBody):
    points: list[SessionPoint] = Field(
        description="a cada minuto e a cada mudança de estado; depois de 2 dias, a cada 10 minutos"
    )


class Probe(AnswerBody):
    status: str = Field(examples=["ok", "draining"])


class JobBegun(AnswerBody):
    """Ask for it with GET /api/admin/jobs/{job}."""

    job: str = Field(examples=["job_01HZX3V5Q4W8Y0T2R6N9M1K7J5"])
    session_id: str = Field(examples=["cliente-001"])


class JobShown(AnswerBody):
    job: str = Field(examples=["job_01HZX3V5Q4W8Y0T2R6N9M1K7J5"])
    session_id: str = Field(examples=["cliente-001"])
    status: JobStatus = Field(examples=["done"])
    file: str | None = Field(
        default=None,
        examples=["/var/lib/wppmt/backups/cliente-001-20261129T030000Z.wppmt"],
        description="o arquivo que um backup terminado deixou, nesta máquina",
    )
    error: str | None = Field(default=None, examples=[None], description="por que falhou; nada foi mudado")
