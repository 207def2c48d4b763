"""Bodies of all sends (docs/contract.md 3, 10), and of what is done to a message that is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator
from pydantic.alias_generators import to_camel

from wppmt.domain.emoji import is_emoji
from wppmt.domain.pix import pix_key
from wppmt.http.api.schemas import (
    MAX_REFERENCE_CHARS,
    MAX_TEXT_CHARS,
    MAX_TYPING_MS,
    Body,
    Caption,
    FileName,
    Mention,
    Number,
    Recipient,
    Url,
)

MAX_CARDS = 50


def _one_line(text: str) -> str:
    if len(text.splitlines()) > 1 or not text.isprintable():
        raise ValueError("deve ter uma linha só, sem caracteres de controle")
    return text.strip()


def _one_emoji(text: str) -> str:
    if not is_emoji(text):
        raise ValueError("deve ser um emoji; para desfazer a reação, use DELETE")
    return text


def _different(options: Sequence[str]) -> list[str]:
    bare = [option.strip() for option in options]
    if len({*bare}) < len(bare):
        raise ValueError("tem opções repetidas")
    return bare


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("não pode ser vazio")
    return text


Written = Annotated[str, AfterValidator(_not_blank)]
"""A text of any form that says something."""
Line = Annotated[str, AfterValidator(_one_line)]
"""A text of one line."""
Option = Annotated[Line, Field(min_length=1, max_length=100)]


class TracedBody(Body):
    """What every send, and every act on a message, may say."""

    idempotency_key: str | None = Field(None, max_length=255)
    reference: str | None = Field(
        None,
        max_length=MAX_REFERENCE_CHARS,
        examples=["pedido-4711"],
        description="texto seu, devolvido na resposta e em cada `message_ack` desta mensagem",
    )


class SendBody(TracedBody):
    """What every send may say."""

    phone: Recipient
    is_group: bool | None = Field(None, description="`true`: `phone` é o id de um grupo")
    typing: bool = Field(default=False, description='mostra "digitando…" antes de enviar')
    typing_duration: int = Field(
        default=1000, ge=0, le=MAX_TYPING_MS, description="por quanto tempo, em milissegundos"
    )
    quoted_message_id: str | None = Field(None, max_length=256)
    mentions: list[Mention] | None = Field(None, max_length=1024)


class SendTextBody(SendBody):
    """docs/MULTI_TENANT_ARCHITECTURE.md 4.2.2."""

    message: str = Field(
        min_length=1, max_length=MAX_TEXT_CHARS, examples=["Olá! Esta é uma mensagem de teste."]
    )
    link_preview: bool = False


class SourceBody(SendBody):
    """A send with a file in it: either an address or `base64`."""

    ADDRESS: ClassVar[str] = ""
    """The field with the address."""

    base64: str | None = Field(None, description="conteúdo em base64 (ou data URL), em vez da URL")
    mimetype: str | None = Field(
        None,
        max_length=255,
        description="usado só quando nem o conteúdo nem fileName revelam o tipo (texto, planilha em ZIP)",
    )

    @property
    def address(self) -> str | None:
        """Where the content is fetched from."""
        address: str | None = getattr(self, self.ADDRESS)
        return address

    @property
    def source(self) -> str:
        """The field that says where the content is."""
        return "base64" if self.address is None else to_camel(self.ADDRESS)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.address is None) == (self.base64 is None):
            raise ValueError("informe a URL ou base64, um dos dois")
        return self


class SendMediaBody(SourceBody):
    """A file with a name and a caption."""

    file_name: FileName | None = Field(None, examples=["relatorio.pdf"])
    caption: Caption | None = Field(None, examples=["Segue o relatório"])


class SendImageBody(SendMediaBody):
    """docs/MULTI_TENANT_ARCHITECTURE.md 4.2.2."""

    ADDRESS = "image_url"
    image_url: Url | None = Field(None, examples=["https://exemplo.com/imagem.jpg"])
    file_name: FileName | None = Field(None, examples=["imagem.jpg"])
    caption: Caption | None = Field(None, examples=["Legenda da imagem"])
    view_once: bool = False


class SendFileBody(SendMediaBody):
    """docs/MULTI_TENANT_ARCHITECTURE.md 4.2.2: image, document, video, audio or voice note, by its content."""

    ADDRESS = "file_url"
    file_url: Url | None = Field(None, examples=["https://exemplo.com/documento.pdf"])


class SendVideoBody(SendMediaBody):
    ADDRESS = "video_url"
    video_url: Url | None = Field(None, examples=["https://exemplo.com/video.mp4"])
    file_name: FileName | None = Field(None, examples=["video.mp4"])
    caption: Caption | None = Field(None, examples=["A nova vitrine"])
    gif: bool = Field(
        default=False, description="`true`: toca sozinho e sem som, como um GIF (aceita também um GIF)"
    )
    note: bool = Field(default=False, description="`true`: recado de vídeo, redondo, sem legenda")
    view_once: bool = False

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.note and (self.gif or self.caption):
            raise ValueError("um recado de vídeo (note) não tem legenda nem toca como GIF")
        return self


class SendVoiceBody(SourceBody):
    ADDRESS = "audio_url"
    audio_url: Url | None = Field(None, examples=["https://exemplo.com/recado.mp3"])
    view_once: bool = False


class SendStickerBody(SourceBody):
    ADDRESS = "sticker_url"
    sticker_url: Url | None = Field(None, examples=["https://exemplo.com/figurinha.png"])


class SendLocationBody(SendBody):
    latitude: float = Field(ge=-90, le=90, examples=[-23.5503])
    longitude: float = Field(ge=-180, le=180, examples=[-46.6339])
    name: Line | None = Field(
        None, max_length=200, examples=["Loja Centro"], description="nome do lugar, em negrito no mapa"
    )
    address: Line | None = Field(None, max_length=500, examples=["Praça da Sé, São Paulo"])


class CardBody(Body):
    name: Line = Field(min_length=1, max_length=200, examples=["Maria Souza"])
    phone: Number
    organization: Line | None = Field(None, max_length=200, examples=["Padaria Central"])


class SendContactBody(SendBody):
    contacts: list[CardBody] = Field(min_length=1, max_length=MAX_CARDS)


class SendPollBody(SendBody):
    question: Written = Field(max_length=255, examples=["Qual horário prefere?"])
    options: Annotated[list[Option], AfterValidator(_different)] = Field(
        min_length=2, max_length=12, examples=[["Manhã", "Tarde"]]
    )
    multiple: bool = Field(default=False, description="`true`: pode-se escolher mais de uma opção")


class SendPixBody(SendBody):
    key_type: Literal["CPF", "CNPJ", "PHONE", "EMAIL", "EVP"] = Field(examples=["CNPJ"])
    key: Written = Field(max_length=100, examples=["11.222.333/0001-81"])
    name: Line = Field(min_length=1, max_length=100, examples=["Padaria Central"])
    instructions: str | None = Field(
        None, max_length=500, examples=["Envie o comprovante por aqui"], description="texto abaixo da chave"
    )

    @field_validator("key")
    @classmethod
    def _is_such_a_key(cls, key: str, fields: ValidationInfo) -> str:
        """As the directory has it. Where the type is wrong, that is all there is to say."""
        key_type = fields.data.get("key_type")
        written = pix_key(key_type, key) if key_type else key
        if written is None:
            raise ValueError(f"não é uma chave Pix válida do tipo {key_type}: confira os dígitos")
        return written


class ForwardBody(SendBody):
    """To whom."""


class ReactionBody(TracedBody):
    emoji: Annotated[str, AfterValidator(_one_emoji)] = Field(examples=["👍"])


class EditBody(TracedBody):
    message: Written = Field(max_length=MAX_TEXT_CHARS, examples=["Abrimos às 8h"])
