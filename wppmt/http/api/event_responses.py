"""What answers say of events and of their way to the webhook."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from wppmt.http.api.responses import AnswerBody, Instant, absent

_EVENT = {
    "event": "message_ack", "sessionId": "cliente-001", "timestamp": "2026-02-10T14:30:02Z",
    "messageId": "3EB0F6F2E2E2E2E2E2E", "status": "delivered", "ack": 2, "to": "5511999999999@c.us",
    "id": "evt_01HZX3V5Q4W8Y0T2R6N9M1K7J5", "sequence": 42, "schemaVersion": 1,
}  # fmt: skip


class Webhook(AnswerBody):
    """docs/MULTI_TENANT_ARCHITECTURE.md 4.2.4."""

    success: Literal[True] = True
    webhook_url: str | None = Field(examples=["https://turbozap.com/webhook/cliente-001"])
    events: list[str] = Field(examples=[["message_received", "message_ack", "connection_change"]])
    secret: str | None = absent(
        description="Segredo das assinaturas, mostrado só desta vez", examples=["whsec_…"]
    )


class WebhookTest(AnswerBody):
    """What came back when a signed sample was sent to the session's webhook."""

    success: Literal[True] = True
    delivered: bool = Field(examples=[True], description="true: o destino respondeu 2xx")
    webhook_url: str = Field(examples=["https://turbozap.com/webhook/cliente-001"])
    event_id: str = Field(
        examples=["evt_test_5f0c8f5a4d1e4b7f9c3f6a2b1d0e9c8b"], description="o `webhook-id` enviado"
    )
    status: int | None = Field(
        examples=[200], description="status HTTP da resposta; null: não houve resposta"
    )
    elapsed_ms: int = Field(examples=[35], description="duração da chamada, em milissegundos")
    body: str | None = Field(examples=["ok"], description="corpo da resposta, até 64 kB, se for texto")
    error: str | None = Field(description="o que deu errado, em uma frase para pessoas")


class EventPage(AnswerBody):
    """Events as the webhook delivers them, in order. `next` is the `after` of the next page."""

    count: int = Field(examples=[1])
    events: list[dict[str, Any]] = Field(examples=[[_EVENT]])
    next: int = Field(examples=[42])
    more: bool = Field(examples=[False])
    last_sequence: int = Field(
        examples=[42],
        description="`sequence` do evento mais novo; se menor que `after`, a sessão foi criada de novo: leia desde `after=0`",
    )


class DeadLetter(AnswerBody):
    """An event that was given up on."""

    id: str = Field(examples=["evt_01HZX3V5Q4W8Y0T2R6N9M1K7J5"])
    event: str = Field(examples=["message_received"])
    sequence: int = Field(examples=[41])
    timestamp: Instant
    url: str = Field(examples=["https://turbozap.com/webhook/cliente-001"])
    attempts: int = Field(examples=[4])
    given_up_at: Instant
    last_status: int | None = Field(examples=[500])
    last_error: str | None = Field(examples=["o destino respondeu 500"])


class DeadLetterPage(AnswerBody):
    """`next` is the `after` of the next page."""

    count: int = Field(examples=[1], description="quantas há ao todo")
    dead_letters: list[DeadLetter]
    next: int = Field(examples=[41])
    more: bool = Field(examples=[False])


class Replayed(AnswerBody):
    success: Literal[True] = True
    replayed: int = Field(examples=[1])
