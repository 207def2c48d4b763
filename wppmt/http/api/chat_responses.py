"""What answers say of chats, people, groups and labels (docs/contract.md 12). What is unknown is null, never absent."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wppmt.http.api.responses import AnswerBody, Contact, Instant, absent
from wppmt.webhook.messages import Message

_CHAT = "5511888888888@c.us"
_GROUP = "120363041234567890@g.us"


class Page(AnswerBody):
    """A part of a list."""

    success: Literal[True] = True
    count: int = Field(examples=[1])
    next_cursor: str | None = Field(
        examples=[None], description="`cursor` da página seguinte; `null`: não há mais"
    )


class ChatMessage(Message):
    """As in `message_received`, and how far an own one is."""

    from_me: bool = Field(examples=[False], description="`true`: escrita por esta conta")
    ack: int = Field(examples=[0])


class Chat(AnswerBody):
    chat_id: str = Field(examples=[_CHAT])
    chat_key: str = Field(examples=[_CHAT])
    name: str | None = Field(examples=["Maria Souza"], description="nome da pessoa ou do grupo")
    phone: str | None = Field(
        examples=["5511888888888"], description="o número; `null` em um grupo, ou se o WhatsApp o oculta"
    )
    is_group: bool = Field(examples=[False], description="`true`: é um grupo")
    unread: int = Field(
        examples=[2], description="mensagens não lidas; 1 também se foi marcada como não lida"
    )
    archived: bool = Field(examples=[False], description="`true`: arquivada")
    pinned: bool = Field(examples=[False], description="`true`: fixada")
    muted_until: Instant | None = Field(
        examples=[None], description="silenciada até; `9999-12-31T23:59:59Z`: para sempre"
    )
    labels: list[str] = Field(examples=[["3"]], description="ids das etiquetas")
    last_message: ChatMessage | None = Field(description="a mensagem mais nova")


class ChatPage(Page):
    chats: list[Chat] = Field(description="as conversas, da mais nova à mais antiga")


class MessagePage(Page):
    next_cursor: str | None = Field(
        examples=[None], description="`before` da página seguinte; `null`: não há mais"
    )
    messages: list[ChatMessage] = Field(description="as mensagens, da mais nova à mais antiga")


class PresenceShown(AnswerBody):
    success: Literal[True] = True
    chat_id: str = Field(examples=[_CHAT])


class ListedContact(Contact):
    saved_contact: bool = Field(
        examples=[True], description="`true`: está na agenda; `false`: só apareceu em uma conversa ou grupo"
    )


class ContactPage(AnswerBody):
    """docs/MULTI_TENANT_ARCHITECTURE.md 4.2.3; `next` is the older name of `nextCursor`."""

    success: Literal[True] = True
    count: int = Field(examples=[1])
    contacts: list[ListedContact]
    total: int = Field(examples=[1], description="quantos há ao todo")
    next_cursor: str | None = Field(
        examples=[None], description="`cursor` da página seguinte; `null`: não há mais"
    )
    next: str | None = absent(description="o mesmo que `nextCursor`")


class BusinessProfile(AnswerBody):
    description: str | None = Field(examples=["Pães e bolos"], description="sobre a empresa")
    email: str | None = Field(examples=["loja@exemplo.com.br"], description="e-mail da empresa")
    address: str | None = Field(examples=["Rua A, 1"], description="endereço da empresa")
    websites: list[str] = Field(examples=[["https://exemplo.com.br"]], description="sites da empresa")
    categories: list[str] = Field(examples=[["Padaria"]], description="ramo da empresa")


class Person(ListedContact):
    """One contact, with what it shows of itself."""

    success: Literal[True] = True
    about: str | None = Field(examples=["Disponível"], description="o recado; `null`: não mostra")
    picture_url: str | None = Field(
        examples=["http://127.0.0.1:8005/api/sessions/cliente-001/contacts/5511888888888/picture"],
        description="um GET nesta URL, com o token, devolve a foto; `null`: não mostra",
    )
    business_profile: BusinessProfile | None = Field(description="de uma conta comercial")
    lid: str | None = Field(examples=["123456789012345@lid"], description="id oculto da pessoa")
    blocked: bool = Field(examples=[False], description="`true`: bloqueada por esta conta")


class BlockedPerson(AnswerBody):
    id: str = Field(examples=[_CHAT], description="id da pessoa")
    phone: str | None = Field(
        examples=["5511888888888"], description="o número; `null` se o WhatsApp o oculta"
    )
    lid: str | None = Field(examples=["123456789012345@lid"], description="id oculto da pessoa")


class BlockedPage(Page):
    blocked: list[BlockedPerson] = Field(description="quem esta conta bloqueou")


class BlockedBody(BlockedPerson):
    success: Literal[True] = True
    blocked: bool = Field(examples=[True], description="`true`: está bloqueada agora")


class Profile(AnswerBody):
    """What the account shows of itself."""

    success: Literal[True] = True
    phone: str = Field(examples=["5511999999999"], description="número da conta")
    lid: str | None = Field(examples=["123456789012345@lid"], description="id oculto da conta")
    name: str | None = Field(examples=["Loja da Maria"], description="nome do perfil")
    about: str | None = Field(examples=["Aberto das 8h às 18h"], description="o recado")
    picture_url: str | None = Field(
        examples=[None], description="um GET nesta URL, com o token, devolve a foto; `null`: não há"
    )
    is_business: bool = Field(examples=[True])


class Participant(AnswerBody):
    id: str = Field(examples=[_CHAT], description="id da pessoa")
    phone: str | None = Field(
        examples=["5511888888888"], description="o número; `null` se o WhatsApp o oculta"
    )
    is_admin: bool = Field(examples=[True], description="`true`: administra o grupo")


class Group(AnswerBody):
    group_id: str = Field(examples=[_GROUP])
    subject: str | None = Field(examples=["Equipe"], description="nome do grupo")
    description: str | None = Field(examples=["Avisos da equipe"], description="descrição do grupo")
    owner: str | None = Field(examples=[_CHAT], description="id de quem o criou")
    created_at: Instant | None = Field(description="quando foi criado")
    announce: bool = Field(examples=[False], description="`true`: só administradores escrevem")
    locked: bool = Field(
        examples=[False], description="`true`: só administradores mudam nome, descrição e foto"
    )
    is_admin: bool = Field(examples=[True], description="`true`: esta conta administra o grupo")
    participants: list[Participant] = Field(description="quem está no grupo")


class GroupPage(Page):
    groups: list[Group] = Field(description="os grupos da conta")


class GroupBody(Group):
    success: Literal[True] = True


class ParticipantResult(AnswerBody):
    phone: str = Field(examples=["5511888888888"], description="a pessoa, como o WhatsApp a conhece")
    action: Literal["add", "remove", "promote", "demote"] = Field(
        examples=["add"], description="o que foi pedido"
    )
    success: bool = Field(examples=[True], description="`true`: feito")
    code: int = Field(
        examples=[200], description="o do WhatsApp: 200 feito, 403 não permite, 404 não existe, 409 já estava"
    )


class CreatedGroup(GroupBody):
    results: list[ParticipantResult] = Field(description="o que houve com cada participante")


class ParticipantsBody(AnswerBody):
    success: Literal[True] = True
    results: list[ParticipantResult] = Field(description="o que houve com cada um")


class GroupLeft(AnswerBody):
    success: Literal[True] = True
    group_id: str = Field(examples=[_GROUP])


class Invite(AnswerBody):
    success: Literal[True] = True
    code: str = Field(examples=["AbCdEfGhIjKlMnOpQrStUv"], description="código do convite")
    url: str = Field(
        examples=["https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv"], description="link do convite"
    )


class Label(AnswerBody):
    label_id: str = Field(examples=["3"])
    name: str | None = Field(examples=["Pedido novo"], description="nome da etiqueta")
    color: str | None = Field(examples=["#ffd429"], description="a cor, como o WhatsApp a mostra")


class LabelPage(Page):
    labels: list[Label] = Field(description="as etiquetas da conta comercial")


class LabelBody(Label):
    success: Literal[True] = True


class LabelDeleted(AnswerBody):
    success: Literal[True] = True
    label_id: str = Field(examples=["3"])


class CallRejected(AnswerBody):
    success: Literal[True] = True
    call_id: str = Field(examples=["7B1E6A0C5D2F4E8A9B3C1D0E2F4A6B8C"])
