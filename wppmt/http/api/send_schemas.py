"""Bodies of the sends of every kind (docs/contract.md 10), and of what is done to a message that is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from wppmt.domain.emoji import is_emoji
from wppmt.domain.pix import pix_key
from wppmt.http.api.schemas import (
    MAX_TEXT_CHARS,
    Body,
    Caption,
    FileName,
    Number,
    SendBody,
    SendMediaBody,
    SourceBody,
    TracedBody,
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
