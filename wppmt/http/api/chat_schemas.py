"""What requests about chats, people, groups and labels may say (docs/contract.md 12 and 13)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from wppmt.http.api.schemas import MAX_TYPING_MS, Body, Number, Url

FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)
LabelId = Annotated[str, Field(min_length=1, max_length=32, examples=["3"])]
People = Annotated[list[Number], Field(max_length=256)]
PictureBase64 = Annotated[str, Field(max_length=3_000_000)]


class PatchBody(Body):
    """Only what is there is changed; an empty text empties."""

    @model_validator(mode="before")
    @classmethod
    def _leave_out_blanks(cls, body: Any) -> Any:
        return body

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("diga o que mudar")
        return self

    @property
    def given(self) -> dict[str, Any]:
        """What the body says, by the names on the wire."""
        return {name: value for name, value in self.model_dump(by_alias=True).items() if self._is_given(name)}

    def _is_given(self, alias: str) -> bool:
        return any(
            field.alias == alias and name in self.model_fields_set
            for name, field in type(self).model_fields.items()
        )


class PictureBody(Body):
    """Either an address or `base64`."""

    url: Url | None = Field(None, description="de onde a imagem é baixada")
    base64: PictureBase64 | None = Field(None, description="a imagem em base64, em vez da URL")
    mimetype: str | None = Field(None, max_length=255, description="tipo da imagem")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.url is None) == (self.base64 is None):
            raise ValueError("informe url ou base64, um dos dois")
        return self


def _not_null(value: Any, info: ValidationInfo) -> Any:
    if value is None:
        raise ValueError(f"{info.field_name} não pode ser null")
    return value


class PatchChatBody(PatchBody):
    read: bool | None = Field(None, description="`true`: marca como lida; `false`: como não lida")
    archived: bool | None = Field(None, description="`true`: arquiva")
    pinned: bool | None = Field(None, description="`true`: fixa (no máximo três conversas)")
    muted_until: str | None = Field(
        None,
        max_length=40,
        examples=["2099-12-31T23:59:59Z"],
        description="silencia até este momento (ISO 8601); `null`: deixa de silenciar",
    )
    labels: list[LabelId] | None = Field(
        None, max_length=100, description="ids das etiquetas; a lista substitui a anterior"
    )

    _given = field_validator("read", "archived", "pinned", "labels")(_not_null)

    @field_validator("muted_until")
    @classmethod
    def _moment(cls, text: str | None) -> str | None:
        try:
            moment = None if text is None else datetime.fromisoformat(text)
        except ValueError:
            moment = datetime.min  # noqa: DTZ901 - only to be refused below
        if moment is not None and (moment.tzinfo is None or moment <= datetime.now(UTC)):
            raise ValueError("deve ser um momento futuro em ISO 8601, com fuso, como 2026-12-31T23:59:59Z")
        return text

    @property
    def muted_until_epoch(self) -> int:
        """−1 is for ever, 0 not at all."""
        if self.muted_until is None:
            return 0
        moment = datetime.fromisoformat(self.muted_until)
        return -1 if moment >= FOR_EVER else int(moment.timestamp())


class PresenceBody(Body):
    state: Literal["composing", "recording", "paused"] = Field(
        examples=["composing"],
        description="`composing`: digitando; `recording`: gravando um áudio; `paused`: nenhum dos dois",
    )
    duration_ms: int | None = Field(
        None, ge=0, le=MAX_TYPING_MS, description="por quanto tempo, em milissegundos"
    )


class PatchProfileBody(PatchBody):
    name: str | None = Field(
        None, min_length=1, max_length=25, examples=["Loja da Maria"], description="nome do perfil"
    )
    about: str | None = Field(None, max_length=139, description="o recado; vazio: nenhum")
    picture: PictureBody | None = Field(None, description="a foto; `null`: nenhuma")

    _given = field_validator("name", "about")(_not_null)


class CreateGroupBody(Body):
    subject: str = Field(min_length=1, max_length=100, examples=["Equipe"], description="nome do grupo")
    participants: People = Field(
        min_length=1, examples=[["5511888888888"]], description="números de quem entra no grupo"
    )


class PatchGroupBody(PatchBody):
    subject: str | None = Field(
        None, min_length=1, max_length=100, examples=["Equipe"], description="nome do grupo"
    )
    description: str | None = Field(None, max_length=2048, description="descrição do grupo; vazia: nenhuma")
    picture: PictureBody | None = Field(None, description="a foto; `null`: nenhuma")
    announce: bool | None = Field(None, description="`true`: só administradores escrevem")
    locked: bool | None = Field(None, description="`true`: só administradores mudam nome, descrição e foto")

    _given = field_validator("subject", "description", "announce", "locked")(_not_null)


class ParticipantsPatchBody(PatchBody):
    add: People | None = Field(None, examples=[["5511888888888"]], description="quem entra")
    remove: People | None = Field(None, description="quem sai")
    promote: People | None = Field(None, description="quem passa a administrar")
    demote: People | None = Field(None, description="quem deixa de administrar")

    _given = field_validator("add", "remove", "promote", "demote")(_not_null)


class JoinGroupBody(Body):
    code: str = Field(
        min_length=1,
        max_length=200,
        examples=["AbCdEfGhIjKlMnOpQrStUv"],
        description="código do convite, ou o link inteiro",
    )


class CreateLabelBody(Body):
    name: str = Field(min_length=1, max_length=100, examples=["Pedido novo"], description="nome da etiqueta")
    color: int | None = Field(
        None, ge=0, le=19, description="número da cor, de 0 a 19; se ausente, a próxima livre"
    )
