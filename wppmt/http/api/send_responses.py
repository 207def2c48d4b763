"""What answers say of a message on its way out."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wppmt.http.api.responses import AnswerBody, Instant, MessageStatus, absent


class SentBody(AnswerBody):
    """WhatsApp's server has it: docs/MULTI_TENANT_ARCHITECTURE.md 4.2.2."""

    success: Literal[True] = True
    id: str = Field(examples=["3EB0F6F2E2E2E2E2E2E"])
    to: str = Field(examples=["5511999999999@c.us"])
    status: Literal["pending", "sent", "delivered", "read", "played"] = Field(examples=["sent"])
    timestamp: Instant
    ack: int = Field(examples=[1])
    reference: str | None = absent(examples=["pedido-4711"], description="o da requisição")


class ActedBody(AnswerBody):
    """An act on a message: WhatsApp's server has it (200), or the rest comes by `message_ack` (202)."""

    success: Literal[True] = True
    id: str = Field(
        examples=["3EB0F6F2E2E2E2E2E2F"], description="id da própria operação, como em `message_ack`"
    )
    message_id: str = Field(examples=["3EB0F6F2E2E2E2E2E2E"], description="a mensagem, como na URL")
    status: MessageStatus = Field(examples=["sent"])
    timestamp: Instant
    reference: str | None = absent(examples=["pedido-4711"], description="o da requisição")


class Pending(SentBody):
    """202: the rest comes by the `message_ack` webhook."""

    status: Literal["pending"]
    ack: int = Field(examples=[0])


class JournalMessage(AnswerBody):
    """The journal's view of a message on its way out; its text is not kept for reading."""

    id: str = Field(examples=["3EB0F6F2E2E2E2E2E2E"])
    session_id: str = Field(examples=["cliente-001"])
    to: str = Field(examples=["5511999999999@c.us"])
    type: str = Field(examples=["text"])
    status: MessageStatus = Field(examples=["delivered"])
    ack: int = Field(examples=[2])
    accepted_at: Instant
    handed_at: Instant | None = Field(
        examples=["2026-02-10T14:30:01Z"], description="quando foi entregue à página do WhatsApp Web"
    )
    acked_at: Instant | None = Field(
        examples=["2026-02-10T14:30:02Z"], description="quando veio a última confirmação do WhatsApp"
    )
    reference: str | None = absent(examples=["pedido-4711"], description="o da requisição de envio")
