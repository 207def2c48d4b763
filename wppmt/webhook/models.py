"""The five webhook bodies as models (docs/MULTI_TENANT_ARCHITECTURE.md 5.2, docs/contract.md 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from wppmt.domain.states import State
from wppmt.http.api.responses import AnswerBody, Instant, MessageStatus, absent


class Hook(AnswerBody):
    """What every event carries."""

    event: str
    session_id: str = Field(examples=["cliente-001"])
    timestamp: Instant


class Envelope(AnswerBody):
    """What every event ends with."""

    id: str = Field(
        examples=["evt_01HZX3V5Q4W8Y0T2R6N9M1K7J5"],
        description="id do evento, igual em toda tentativa: descarte repetições por ele",
    )
    sequence: int = Field(examples=[42])
    schema_version: Literal[1]


class Sender(AnswerBody):
    name: str | None = Field(examples=["Maria Souza"])
    phone: str | None = Field(examples=["5511888888888"])


class QuotedMessage(AnswerBody):
    """The quoted message of a reply, as WhatsApp sends it along."""

    id: str = Field(examples=["3EB0A1B2C3D4E5F60718"])
    from_: str | None = Field(alias="from", examples=["5511999999999@c.us"])
    from_me: bool = Field(examples=[True], description="`true`: a citada é desta conta")
    type: str = Field(examples=["chat"])
    body: str = Field(examples=["Posso ajudar?"], description="de mídia, a legenda")


class ReceivedMessage(AnswerBody):
    id: str = Field(examples=["3EB0F6F2E2E2E2E2E30"])
    from_: str = Field(alias="from", examples=["5511888888888@c.us"])
    to: str = Field(examples=["5511999999999@c.us"])
    body: str = Field(examples=["Olá, tudo bem?"])
    type: str = Field(examples=["chat"])
    timestamp: int = Field(examples=[1739202900], description="quando foi escrita, em segundos desde 1970")
    is_group_msg: bool = Field(examples=[False])
    sender: Sender
    message_id: str | None = absent(
        examples=["false_5511888888888@c.us_3EB0F6F2E2E2E2E2E30"], description="id completo, com a conversa"
    )
    chat_id: str | None = absent(examples=["5511888888888@c.us"])
    from_me: Literal[False] | None = absent(examples=[False])
    author: str | None = absent(description="em um grupo, quem escreveu")
    lid: str | None = absent(description="id oculto do remetente, se o WhatsApp o usa")
    quoted_id: str | None = absent(description="id da mensagem citada")
    quoted: QuotedMessage | None = absent(description="a mensagem citada, em uma resposta")
    media_url: str | None = absent(description="um GET nesta URL, com o token, devolve a mídia")
    mimetype: str | None = absent()
    size: int | None = absent()
    file_name: str | None = absent()
    caption: str | None = absent()


class MessageReceivedHook(Envelope, Hook):
    event: Literal["message_received"]
    message: ReceivedMessage
    backfilled: Literal[True] | None = absent(
        description="`true`: chegou durante uma parada do serviço e foi lida depois, no histórico"
    )


class MessageAckHook(Envelope, Hook):
    event: Literal["message_ack"]
    message_id: str = Field(examples=["3EB0F6F2E2E2E2E2E2E"])
    status: MessageStatus = Field(examples=["delivered"])
    ack: int = Field(examples=[2])
    to: str = Field(examples=["5511999999999@c.us"])
    reference: str | None = absent(examples=["pedido-4711"], description="o da requisição de envio")


class ConnectionChangeHook(Envelope, Hook):
    event: Literal["connection_change"]
    status: State = Field(examples=["phone_disconnected"])
    previous_status: State = Field(examples=["connected"])
    reason: str = Field(examples=["Celular desconectado da internet"])
    reason_code: str = Field(examples=["PHONE_OFFLINE"])
    phone: str | None = absent(examples=["5511999999999"], description="em `connected`, o número da conta")


class AccountChangedHook(Envelope, Hook):
    event: Literal["account_changed"]
    phone: str = Field(examples=["5511999999999"], description="o número que acaba de ser vinculado")
    previous_phone: str = Field(examples=["5511777777777"], description="o número vinculado antes")


class QrCodeHook(Envelope, Hook):
    event: Literal["qr_code"]
    qr_code: str = Field(examples=["data:image/png;base64,iVBORw0KGgo..."])
    expires_at: Instant = Field(examples=["2026-02-10T14:35:00Z"])


class ErrorHook(Envelope, Hook):
    event: Literal["error"]
    error: str = Field(examples=["Falha na autenticação"])
    code: str = Field(examples=["AUTH_FAILED"])
    recoverable: bool = Field(examples=[True])


@dataclass(frozen=True, slots=True)
class HookKind:
    name: str
    summary: str
    body: type[AnswerBody]


HOOKS: Sequence[HookKind] = (
    HookKind("message_received", "Mensagem recebida", MessageReceivedHook),
    HookKind("message_ack", "Confirmação de envio", MessageAckHook),
    HookKind("connection_change", "Mudança de estado", ConnectionChangeHook),
    HookKind("qr_code", "Novo QR Code", QrCodeHook),
    HookKind("error", "Erro na sessão", ErrorHook),
    HookKind("account_changed", "Outro número vinculado à sessão", AccountChangedHook),
)
