"""A received message as a model, and the structure of each kind (docs/contract.md 7 and 11)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wppmt.http.api.responses import AnswerBody, absent


class Sender(AnswerBody):
    name: str | None = Field(examples=["Maria Souza"])
    phone: str | None = Field(examples=["5511888888888"])


class QuotedMessage(AnswerBody):
    """The quoted message of a reply, as WhatsApp sends it along."""

    id: str = Field(examples=["3EB0A1B2C3D4E5F60718"])
    from_: str | None = Field(alias="from", examples=["5511999999999@c.us"])
    from_me: bool = Field(examples=[True], description="`true`: a citada é desta conta")
    type: str = Field(examples=["chat"])
    body: str = Field(examples=["Posso ajudar?"], description="como o `body` da citada: de mídia, a legenda")


class Location(AnswerBody):
    latitude: float | None = Field(examples=[-23.5505])
    longitude: float | None = Field(examples=[-46.6333])
    name: str | None = Field(examples=["Praça da Sé"])
    address: str | None = Field(examples=["Sé, São Paulo"])


class ContactCard(AnswerBody):
    name: str = Field(examples=["Maria Souza"])
    phones: list[str] = Field(examples=[["5511888888888"]])
    vcard: str = Field(description="o cartão como foi escrito")


class Poll(AnswerBody):
    question: str = Field(examples=["Qual horário?"])
    options: list[str] = Field(examples=[["Manhã", "Tarde"]])
    multiple: bool = Field(examples=[False], description="`true`: vale mais de uma resposta")


class Ad(AnswerBody):
    """The advertisement from which somebody began to write (click-to-WhatsApp)."""

    title: str | None = Field(examples=["Promoção de inverno"])
    body: str | None = Field(examples=["20% em toda a loja"])
    source_url: str | None = Field(examples=["https://fb.me/abc"])
    source_id: str | None = Field(examples=["120210000000000000"])
    click_id: str | None = Field(examples=["ARAkLkA8rmlFeiCktEJQ"], description="`ctwa_clid`, para a Meta")


class PixKey(AnswerBody):
    key_type: str = Field(examples=["EMAIL"])
    key: str = Field(examples=["pix@loja.com.br"])
    name: str = Field(examples=["Loja da Maria"])


class Message(AnswerBody):
    """What somebody wrote."""

    id: str = Field(examples=["3EB0F6F2E2E2E2E2E30"])
    from_: str = Field(alias="from", examples=["5511888888888@c.us"])
    to: str = Field(examples=["5511999999999@c.us"])
    body: str = Field(examples=["Olá, tudo bem?"], description="o que uma pessoa lê; pode ser vazio")
    type: str = Field(
        examples=["chat"],
        description="o do WhatsApp (`chat`, `image`, `ptt`, `location`, `vcard`…), ou `unknown`",
    )
    raw_type: str | None = absent(description="com `type: unknown`, o tipo que o WhatsApp dá")
    timestamp: int = Field(examples=[1739202900], description="quando foi escrita, em segundos desde 1970")
    is_group_msg: bool = Field(examples=[False])
    sender: Sender
    message_id: str | None = absent(
        examples=["false_5511888888888@c.us_3EB0F6F2E2E2E2E2E30"], description="id completo, com a conversa"
    )
    chat_id: str | None = absent(examples=["5511888888888@c.us"])
    chat_key: str | None = absent(
        examples=["5511888888888@c.us"],
        description="um valor para a conversa, para sempre, pelo número ou pelo id oculto: compare, não interprete",
    )
    from_me: bool | None = absent(examples=[False])
    author: str | None = absent(description="em um grupo, quem escreveu")
    lid: str | None = absent(description="id oculto do remetente, se o WhatsApp o usa")
    quoted_id: str | None = absent(description="id da mensagem citada")
    quoted: QuotedMessage | None = absent(description="a mensagem citada, em uma resposta")
    mentions: list[str] | None = absent(description="ids de quem é mencionado")
    forwarded: Literal[True] | None = absent(description="foi encaminhada")
    view_once: Literal[True] | None = absent(
        description="visualização única: só o celular recebe o conteúdo, não há `mediaUrl`"
    )
    expires_in_seconds: int | None = absent(description="mensagem temporária: some depois desse tempo")
    location: Location | None = absent()
    contacts: list[ContactCard] | None = absent()
    poll: Poll | None = absent()
    ad: Ad | None = absent(description="o anúncio de onde a pessoa veio")
    pix: PixKey | None = absent()
    media_url: str | None = absent(description="um GET nesta URL, com o token, devolve a mídia")
    mimetype: str | None = absent()
    size: int | None = absent()
    file_name: str | None = absent()
    caption: str | None = absent(description="de mídia, o que a pessoa digitou")


class ReceivedMessage(Message):
    from_me: Literal[False] | None = absent(examples=[False])


class OwnMessage(Message):
    from_me: Literal[True] = Field(examples=[True])


class EditedMessage(Message):
    edited_at: int = Field(examples=[1739203000], description="quando foi editada, em segundos desde 1970")
