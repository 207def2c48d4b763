"""What answers say: pydantic models with the order and texts of docs/MULTI_TENANT_ARCHITECTURE.md 4.2."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from wppmt.domain.errors import Code
from wppmt.domain.states import State

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-02-10T14:30:00Z"])]
MessageStatus = Literal["pending", "sent", "delivered", "read", "played", "failed", "unknown"]


def absent(default: Any = None, **kwargs: Any) -> Any:
    """A field that is left out of the JSON, rather than null, when it has nothing to say."""
    return Field(default, exclude_if=lambda value: value is None, **kwargs)


class AnswerBody(BaseModel):
    """An answer's JSON."""

    # Built at the first use: all of them at once are a good part of the service's start.
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, defer_build=True)


class FieldProblem(AnswerBody):
    field: str = Field(examples=["phone"])
    problem: str = Field(examples=["campo obrigatório"])
    current: int | None = absent(description="em `RESOURCE_LIMIT`: o valor atual (sessões, ou MB)")
    limit: int | None = absent(description="em `RESOURCE_LIMIT`: o limite")


class Error(AnswerBody):
    """The one form of every "no"; responses.py writes it."""

    success: Literal[False]
    error: str = Field(examples=["WhatsApp não está conectado"])
    status: State | None = absent(description="estado da sessão, se houver")
    reconnect_required: bool | None = absent(description="true: uma pessoa precisa agir no celular")
    code: Code
    request_id: str = Field(examples=["5f0c8f5a4d1e4b7f9c3f6a2b1d0e9c8b"])
    owner: str | None = absent(
        description="em `NOT_OWNER`: a instância que tem a sessão; em um cluster é interna: repita na mesma URL"
    )
    details: list[FieldProblem] | None = absent()
    retry_after: int | None = absent(description="quantos segundos esperar antes de tentar de novo")


class Confirmation(AnswerBody):
    """The plain yes of DELETE, disconnect, logout and purge."""

    success: Literal[True] = True
    message: str = Field(examples=["Sessão encerrada. Tokens preservados para reconexão futura."])
    unlinked: Literal[False] | None = absent(
        description="false: o celular não pôde ser avisado; o login local foi removido"
    )


class StartedBody(AnswerBody):
    """POST …/start: docs/MULTI_TENANT_ARCHITECTURE.md 4.2.1."""

    session_id: str = Field(examples=["cliente-001"])
    status: State = Field(examples=["initializing"])
    qr_code: None = None
    created_at: Instant
    webhook_url: str | None = Field(examples=["https://turbozap.com/webhook/cliente-001"])
    webhook_secret: str | None = absent(
        description="Segredo das assinaturas, mostrado só desta vez", examples=["whsec_…"]
    )


class QrCode(AnswerBody):
    """GET …/qrcode while there is something to scan: docs/MULTI_TENANT_ARCHITECTURE.md 4.2.1."""

    session_id: str = Field(examples=["cliente-001"])
    status: State = Field(examples=["waiting_scan"])
    qr_code: str | None = Field(examples=["data:image/png;base64,iVBORw0KGgo..."])
    expires_at: Instant | None = absent(
        examples=["2026-02-10T14:35:00Z"], description="quando o WhatsApp troca este código por outro"
    )
    pairing_code: str | None = absent(examples=["ABCD-1234"])
    reason: str | None = absent()


class PairingLinkMade(AnswerBody):
    """POST …/pairing-link: docs/contract.md 14."""

    url: str = Field(
        examples=["https://wpp.turbozap.com/pair/Zk3v0c…"],
        description="o endereço para o cliente, mostrado só desta vez: só o hash dele é guardado",
    )
    expires_at: Instant = Field(description="até quando o link vale")


class PairingState(AnswerBody):
    """What the pairing page shows now."""

    step: Literal["preparing", "scan", "linking", "connected", "trouble", "ended"] = Field(examples=["scan"])
    qr_code: str | None = Field(examples=["data:image/png;base64,iVBORw0KGgo..."])
    pairing_code: str | None = Field(examples=["ABCD-1234"])
    problem: Literal["passkey"] | None = Field(description="o que uma pessoa precisa resolver no celular")
    expires_at: Instant = Field(description="até quando o link vale")
    return_url: str | None = Field(description="para onde o cliente volta depois")


class AlreadyConnected(AnswerBody):
    """GET …/qrcode of a connected session: docs/MULTI_TENANT_ARCHITECTURE.md 4.2.1."""

    session_id: str = Field(examples=["cliente-001"])
    status: State = Field(examples=["connected"])
    message: str = "WhatsApp já está conectado"
    phone: str | None = Field(examples=["5511999999999"])


class Abilities(AnswerBody):
    """All false while the session is not connected; with reason WHATSAPP_CHANGED, some are."""

    can_send: bool = Field(examples=[True])
    can_receive: bool = Field(examples=[True])
    can_ack: bool = Field(examples=[True])
    can_send_media: bool = Field(examples=[True])


LimitSource = Literal["whatsapp", "gateway", "unknown"]
_SOURCE = "`whatsapp`: lido na página; `gateway`: contado por nós; `unknown`: a página não informa"


class CoolDown(AnswerBody):
    """WhatsApp's pause of messages to new contacts."""

    active: bool = Field(examples=[True])
    kind: str | None = Field(examples=["DEFAULT"], description="a palavra do WhatsApp para o motivo")
    until: Instant | None = Field(examples=["2026-02-11T14:30:00Z"])
    source: LimitSource = Field(examples=["whatsapp"], description=_SOURCE)


class NewChats(AnswerBody):
    """WhatsApp's quota of new chats in a cycle."""

    status: str | None = Field(
        examples=["FIRST_WARNING"], description="`NONE`, `FIRST_WARNING`, `SECOND_WARNING` ou `CAPPED`"
    )
    used: int | None = Field(examples=[38])
    total: int | None = Field(examples=[50])
    cycle_ends_at: Instant | None = Field(examples=["2026-03-01T00:00:00Z"])
    source: LimitSource = Field(examples=["whatsapp"], description=_SOURCE)


class ContactBudget(AnswerBody):
    """The session's own: new contacts of today."""

    per_day: int = Field(examples=[30], description="o que vale hoje, com o aquecimento; 0: sem limite")
    used: int = Field(examples=[12])
    resets_at: Instant = Field(examples=["2026-02-11T03:00:00Z"])


class AccountLimits(AnswerBody):
    cool_down: CoolDown
    new_chats: NewChats
    budget: ContactBudget
    paused: bool = Field(
        examples=[False], description="`true`: agora, um contato que nunca escreveu seria recusado"
    )


class QuietHours(AnswerBody):
    from_: str = Field(alias="from", examples=["22:00"])
    to: str = Field(examples=["08:00"])


class Policy(AnswerBody):
    """Towards people who never wrote to the account; all 0: off."""

    new_contacts_per_day: int = Field(examples=[30])
    warm_up: bool = Field(examples=[True])
    stranger_gap_seconds: list[float] = Field(examples=[[30, 90]])
    quiet_hours: QuietHours | None
    time_zone: str = Field(examples=["America/Sao_Paulo"])


class HibernationState(AnswerBody):
    since: Instant = Field(description="desde quando hiberna")
    next_wake: Instant = Field(description="quando acorda sozinha, se nada a acordar antes")


class Status(AnswerBody):
    """docs/MULTI_TENANT_ARCHITECTURE.md 4.2.1, and what docs/contract.md 3 adds."""

    session_id: str = Field(examples=["cliente-001"])
    status: State = Field(examples=["connected"])
    phone: str | None = Field(examples=["5511999999999"])
    platform: str | None = Field(examples=["android"])
    connected_at: Instant | None = Field(examples=["2026-02-10T14:30:00Z"])
    last_activity: Instant | None = Field(examples=["2026-02-10T15:45:00Z"])
    messages_sent: int = Field(examples=[42])
    messages_received: int = Field(examples=[17])
    description: str | None = Field(examples=["Conta WhatsApp da Empresa ABC"])
    webhook_url: str | None = Field(examples=["https://turbozap.com/webhook/cliente-001"])
    proxy: str | None = Field(
        examples=["http://proxy.exemplo:3128"],
        description="o da sessão, sem usuário e senha; null: o padrão do serviço",
    )
    engine: str | None = Field(
        examples=["headless-shell"], description="o da sessão; null: o padrão do serviço (WPP_BROWSER_ENGINE)"
    )
    reason: str = Field(examples=["Conectado ao WhatsApp"])
    reason_code: str = Field(examples=["READY"])
    restarts: int = Field(examples=[0])
    memory_mb: int | None = Field(examples=[310])
    since: Instant
    created_at: Instant
    pushname: str | None = Field(examples=["Empresa ABC"])
    max_messages_per_day: int | None = Field(examples=[35])
    queue: int = Field(examples=[0], description="mensagens na fila de envio")
    inbound_missed: int = Field(examples=[0])
    abilities: Abilities
    hibernation: HibernationState | None = Field(
        examples=[None], description="de uma sessão que hiberna (`reasonCode` `HIBERNATING`); senão null"
    )
    wa_js: str | None = Field(examples=["4.6.0"])
    login_saved: bool | None = Field(examples=[True])
    limits: AccountLimits


class Hibernate(AnswerBody):
    """The plan of a session that may hibernate."""

    idle_minutes: float = Field(examples=[30])
    awake_from: str | None = Field(examples=["08:00"])
    awake_to: str | None = Field(examples=["20:00"])
    wake_hours: float = Field(examples=[6])


class SessionSettings(AnswerBody):
    """What can be changed of a session."""

    session_id: str = Field(examples=["cliente-001"])
    description: str | None = Field(examples=["Conta WhatsApp da Empresa ABC"])
    proxy: str | None = Field(
        examples=["http://proxy.exemplo:3128"],
        description="sem usuário e senha; null: o padrão do serviço",
    )
    engine: str | None = Field(examples=["headless-shell"], description="null: o padrão do serviço")
    policy: Policy
    ignore: list[str] = Field(examples=[["channels", "status"]])
    hibernate: Hibernate | None


class SessionList(AnswerBody):
    count: int = Field(examples=[1])
    sessions: list[Status]


class Restarting(AnswerBody):
    """202 of restart, restore and reset."""

    success: Literal[True] = True
    session_id: str = Field(examples=["cliente-001"])
    status: State = Field(examples=["initializing"])
    message: str = Field(examples=["Reinício em andamento. Um reinício não apaga o login."])


class Contact(AnswerBody):
    """docs/MULTI_TENANT_ARCHITECTURE.md 4.2.3."""

    id: str = Field(examples=["5511999999999@c.us"])
    phone: str | None = Field(examples=["5511999999999"])
    name: str | None = Field(examples=["João Silva"])
    pushname: str | None = Field(examples=["João"])
    is_business: bool = Field(examples=[False])


class NumberCheckBody(AnswerBody):
    """docs/MULTI_TENANT_ARCHITECTURE.md 4.2.3; `resolvedPhone` is the number as WhatsApp knows it (nono dígito)."""

    phone: str = Field(examples=["5511999999999"])
    valid: bool = Field(examples=[True])
    can_receive_message: bool = Field(examples=[True])
    is_business: bool = Field(examples=[False])
    resolved_phone: str | None = Field(examples=["5511999999999"])
