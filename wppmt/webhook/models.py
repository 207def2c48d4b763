"""The webhook bodies as models (docs/MULTI_TENANT_ARCHITECTURE.md 5.2, docs/contract.md 7 and 11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from wppmt.domain.alerts import AlertCode
from wppmt.domain.states import State
from wppmt.http.api.responses import AccountLimits, AnswerBody, Instant, MessageStatus, absent
from wppmt.webhook.messages import EditedMessage, OwnMessage, ReceivedMessage


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


class MessageReceivedHook(Envelope, Hook):
    event: Literal["message_received"]
    message: ReceivedMessage
    backfilled: Literal[True] | None = absent(
        description="`true`: não foi avisada na hora; a conferência a achou depois, no que a página guarda"
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


class AccountLimitHook(Envelope, AccountLimits, Hook):
    event: Literal["account_limit"]


class QrCodeHook(Envelope, Hook):
    event: Literal["qr_code"]
    qr_code: str = Field(examples=["data:image/png;base64,iVBORw0KGgo..."])
    expires_at: Instant = Field(examples=["2026-02-10T14:35:00Z"])


class ErrorHook(Envelope, Hook):
    event: Literal["error"]
    error: str = Field(examples=["Falha na autenticação"])
    code: str = Field(examples=["AUTH_FAILED"])
    recoverable: bool = Field(examples=[True])


class MessageSentHook(Envelope, Hook):
    event: Literal["message_sent"]
    message: OwnMessage
    backfilled: Literal[True] | None = absent(
        description="`true`: não foi avisada na hora; a conferência a achou depois"
    )


class MessageEditedHook(Envelope, Hook):
    event: Literal["message_edited"]
    message: EditedMessage


class ChangedMessage(AnswerBody):
    """Which message something was done to, and by whom."""

    message_id: str = Field(examples=["3EB0F6F2E2E2E2E2E2E"], description="o `id` da mensagem")
    chat_id: str = Field(examples=["5511888888888@c.us"])
    chat_key: str = Field(examples=["5511888888888@c.us"])
    from_: str = Field(alias="from", examples=["5511888888888@c.us"], description="quem o fez")
    from_me: bool = Field(examples=[False], description="`true`: foi esta conta, no celular")


class MessageRevokedHook(Envelope, ChangedMessage, Hook):
    event: Literal["message_revoked"]
    by: Literal["api"] | None = absent(description="`api`: foi esta API que apagou")


class MessageReactionHook(Envelope, ChangedMessage, Hook):
    event: Literal["message_reaction"]
    emoji: str = Field(examples=["👍"], description="vazio: a reação foi desfeita")


class PollVoteHook(Envelope, ChangedMessage, Hook):
    event: Literal["poll_vote"]
    options: list[str] = Field(examples=[["Manhã"]], description="tudo o que está escolhido agora")


class CallReceivedHook(Envelope, Hook):
    event: Literal["call_received"]
    call_id: str = Field(examples=["7B1E6A0C5D2F4E8A9B3C1D0E2F4A6B8C"])
    from_: str = Field(alias="from", examples=["5511888888888@c.us"])
    is_video: bool = Field(examples=[False])
    is_group: bool = Field(examples=[False])


GroupAction = Literal["add", "remove", "promote", "demote", "subject", "description", "picture", "settings"]


class GroupChangeHook(Envelope, Hook):
    event: Literal["group_change"]
    group_id: str = Field(examples=["120363041234567890@g.us"])
    action: GroupAction = Field(examples=["add"])
    by: str | None = Field(examples=["5511888888888@c.us"], description="quem o fez; `api`: esta API")
    participants: list[str] = Field(examples=[["5511777777777@c.us"]])


class PresenceChangeHook(Envelope, Hook):
    event: Literal["presence_change"]
    chat_id: str = Field(examples=["5511888888888@c.us"])
    chat_key: str = Field(examples=["5511888888888@c.us"])
    from_: str = Field(alias="from", examples=["5511888888888@c.us"])
    state: Literal["available", "unavailable", "composing", "recording"] = Field(examples=["composing"])


class LabelChangeHook(Envelope, Hook):
    event: Literal["label_change"]
    label_id: str = Field(examples=["3"])
    name: str | None = Field(examples=["Pedido novo"])
    action: Literal["add", "remove", "create", "rename", "delete"] = Field(
        examples=["add"], description="`add`, `remove`: de uma conversa; os outros, da própria etiqueta"
    )
    chat_id: str | None = Field(examples=["5511888888888@c.us"])
    by: Literal["api"] | None = absent(description="`api`: foi esta API")


class AlertHook(Envelope):
    event: Literal["alert"]
    session_id: str | None = Field(
        examples=["cliente-003"], description="a sessão a que se refere; `null`: o serviço como um todo"
    )
    timestamp: Instant
    status: Literal["firing", "resolved"] = Field(
        examples=["firing"], description="`firing`: começou; `resolved`: terminou"
    )
    code: AlertCode = Field(examples=["SESSION_IN_ERROR"], description="o que houve, em um código estável")
    message: str = Field(
        examples=["Sessão cliente-003 em erro: WhatsApp Web aberto em outro lugar com este login"],
        description="o que houve, em uma frase para pessoas",
    )
    remedy: str = Field(examples=["Feche o outro WhatsApp Web que usa este login e reinicie a sessão."])
    since: Instant = Field(description="desde quando")
    ended_at: Instant | None = Field(examples=[None], description="quando terminou; `null`: está ativo")


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
    HookKind("message_sent", "Mensagem escrita no celular pelo dono da conta", MessageSentHook),
    HookKind("message_edited", "Mensagem editada", MessageEditedHook),
    HookKind("message_revoked", "Mensagem apagada para todos", MessageRevokedHook),
    HookKind("message_reaction", "Reação a uma mensagem", MessageReactionHook),
    HookKind("poll_vote", "Voto em uma enquete", PollVoteHook),
    HookKind("call_received", "Chamada recebida", CallReceivedHook),
    HookKind("group_change", "Mudança em um grupo", GroupChangeHook),
    HookKind("presence_change", "Alguém digita, grava, entra ou sai", PresenceChangeHook),
    HookKind("label_change", "Etiqueta posta, tirada ou mudada", LabelChangeHook),
    HookKind("account_changed", "Outro número vinculado à sessão", AccountChangedHook),
    HookKind("account_limit", "Mudou um limite de novos contatos", AccountLimitHook),
    HookKind("alert", "Alerta ao operador, só em WPP_ALERT_WEBHOOK_URL", AlertHook),
)
