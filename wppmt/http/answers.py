"""What answers say: pydantic models in the order and with the texts of architecture.pt.md, made from domain values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from wppmt.http import qr
from wppmt.reasons import sentence
from wppmt.state import State
from wppmt.store import SessionStatus

Instant = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-02-10T14:30:00Z"])]


def instant(epoch: float) -> str:
    """ISO 8601 in UTC to the second, as in the document's examples."""
    return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _instant_or_none(epoch: float | None) -> str | None:
    return None if epoch is None else instant(epoch)


def _absent(default: Any = None, **kwargs: Any) -> Any:
    """A field that is left out of the JSON, rather than null, when it has nothing to say."""
    return Field(default, exclude_if=lambda value: value is None, **kwargs)


class AnswerBody(BaseModel):
    """An answer's JSON."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Done(AnswerBody):
    """The plain yes of DELETE, disconnect, logout and purge."""

    success: Literal[True] = True
    message: str
    unlinked: Literal[False] | None = _absent(
        description="false: o celular não pôde ser avisado; o login local foi removido"
    )


class Started(AnswerBody):
    """4.2.1, Criar/Iniciar Sessão."""

    session_id: str = Field(examples=["cliente-001"])
    status: State
    qr_code: None = None
    created_at: Instant
    webhook_url: str | None = Field(examples=["https://turbozap.com/webhook/cliente-001"])
    webhook_secret: str | None = _absent(
        description="Segredo das assinaturas, mostrado só desta vez", examples=["whsec_…"]
    )


class QrCode(AnswerBody):
    """4.2.1, Obter QR Code, while there is something to scan."""

    session_id: str = Field(examples=["cliente-001"])
    status: State
    qr_code: str | None = Field(examples=["data:image/png;base64,iVBORw0KGgo..."])
    expires_at: Instant | None = _absent(description="quando o WhatsApp troca este código")
    pairing_code: str | None = _absent(examples=["ABCD-1234"])
    reason: str | None = _absent()


class AlreadyConnected(AnswerBody):
    """4.2.1, Obter QR Code, já conectado."""

    session_id: str = Field(examples=["cliente-001"])
    status: State
    message: str = "WhatsApp já está conectado"
    phone: str | None = Field(examples=["5511999999999"])


class Status(AnswerBody):
    """4.2.1, Status da Sessão, and contract 3's additions."""

    session_id: str = Field(examples=["cliente-001"])
    status: State
    phone: str | None = Field(examples=["5511999999999"])
    platform: str | None = Field(examples=["android"])
    connected_at: Instant | None
    last_activity: Instant | None
    messages_sent: int
    messages_received: int
    description: str | None
    webhook_url: str | None
    reason: str = Field(examples=["Celular desconectado da internet"])
    reason_code: str = Field(examples=["PHONE_OFFLINE"])
    restarts: int
    memory_mb: int | None
    since: Instant
    created_at: Instant
    pushname: str | None
    max_messages_per_day: int | None
    queue: int = Field(description="mensagens na fila de envio")


class SessionList(AnswerBody):
    count: int
    sessions: list[Status]


class Restarting(AnswerBody):
    """202 of restart."""

    success: Literal[True] = True
    session_id: str = Field(examples=["cliente-001"])
    status: State
    message: str = "Reinício em andamento. O login foi preservado."


class Sent(AnswerBody):
    """4.2.2; `pending` comes with 202, and the rest by the `message_ack` webhook."""

    success: Literal[True] = True
    id: str = Field(examples=["3EB0F6F2E2E2E2E2E2E"])
    to: str = Field(examples=["5511999999999@c.us"])
    status: Literal["pending", "sent", "delivered", "read", "played"]
    timestamp: Instant
    ack: int


class Webhook(AnswerBody):
    """4.2.4."""

    success: Literal[True] = True
    webhook_url: str | None = Field(examples=["https://turbozap.com/webhook/cliente-001"])
    events: list[str] = Field(examples=[["message_received", "message_ack", "connection_change"]])
    secret: str | None = _absent(
        description="Segredo das assinaturas, mostrado só desta vez", examples=["whsec_…"]
    )


class WebhookCounts(AnswerBody):
    pending: int
    dead: int


class Health(AnswerBody):
    """Counts, never names: this one is read without a token."""

    status: str = Field(examples=["ok"])
    uptime_seconds: int
    sessions: dict[str, int] = Field(examples=[{"total": 10, "connected": 9, "waiting_scan": 1}])
    max_sessions: int
    memory_mb: int | None
    webhooks: WebhookCounts
    version: str


class Probe(AnswerBody):
    status: str = Field(examples=["ok"])


def status_of(status: SessionStatus, default_webhook_url: str) -> Status:
    record = status.record
    return Status(
        session_id=record.id,
        status=record.state,
        phone=record.phone or None,
        platform=record.platform or None,
        connected_at=_instant_or_none(record.connected_at),
        last_activity=_instant_or_none(record.last_activity),
        messages_sent=record.messages_sent,
        messages_received=record.messages_received,
        description=record.description or None,
        webhook_url=record.webhook_url or default_webhook_url or None,
        reason=sentence(record.reason),
        reason_code=record.reason,
        restarts=record.restarts,
        memory_mb=status.memory_mb,
        since=instant(record.since),
        created_at=instant(record.created_at),
        pushname=record.pushname or None,
        max_messages_per_day=record.max_messages_per_day,
        queue=status.queue,
    )


def qr_code_of(status: SessionStatus) -> QrCode | AlreadyConnected:
    record = status.record
    if record.state is State.CONNECTED:
        return AlreadyConnected(session_id=record.id, status=record.state, phone=record.phone or None)
    code = status.qr if record.state is State.WAITING_SCAN else None
    return QrCode(
        session_id=record.id,
        status=record.state,
        qr_code=qr.data_url(code.text) if code else None,
        expires_at=instant(code.expires_at) if code else None,
        pairing_code=status.pairing_code or None,
        reason=None if code else sentence(record.reason),
    )
