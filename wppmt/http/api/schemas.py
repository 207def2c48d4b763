"""What requests may say: pydantic models with camelCase names, strict types, Portuguese problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from wppmt.domain.errors import Code, Refusal
from wppmt.net import proxies

MAX_TYPING_MS = 15_000
MAX_TEXT_CHARS = 65_536
"""WhatsApp's own limit for one text message."""
MAX_CAPTION_CHARS = 1024
MAX_REFERENCE_CHARS = 100


def _a_proxy(url: str) -> str:
    """BadProxy says what is wrong without repeating anything."""
    if url:
        proxies.parse(url)
    return url


EventName = Literal[
    "message_received", "message_ack", "connection_change", "qr_code", "error",
    "message_sent", "message_edited", "message_revoked", "message_reaction", "poll_vote", "call_received",
    "group_change", "presence_change", "label_change", "account_changed", "account_limit",
]  # fmt: skip
WantedEvent = Literal[EventName, "*"]
"""With "*": all of them."""
Url = Annotated[str, Field(max_length=2048)]
Ignored = Annotated[list[Literal["groups", "channels", "status", "broadcasts"]], Field(max_length=4)]
ProxyUrl = Annotated[str, Field(max_length=2048), AfterValidator(_a_proxy)]
FileName = Annotated[str, Field(max_length=255)]
Caption = Annotated[str, Field(max_length=MAX_CAPTION_CHARS)]
EventId = Annotated[str, Field(min_length=1, max_length=64, examples=["evt_01HZX3V5Q4W8Y0T2R6N9M1K7J5"])]
_PHONE = {"max_length": 100, "examples": ["5511999999999"]}
DIGITS = "8 a 15 dígitos com o código do país (com ou sem +, espaços, pontos, hífens)"
Recipient = Annotated[str, Field(**_PHONE, description=f"{DIGITS} ou um id …@c.us, …@g.us, …@lid")]
Mention = Annotated[str, Field(**_PHONE, description=f"{DIGITS} ou um id …@c.us, …@lid")]
Number = Annotated[str, Field(**_PHONE, description=DIGITS)]


class Body(BaseModel):
    """A request body. Unknown fields are ignored: TurboZap's clients may be newer than we are."""

    model_config = ConfigDict(
        strict=True, alias_generator=to_camel, populate_by_name=True, frozen=True, defer_build=True
    )

    @model_validator(mode="before")
    @classmethod
    def _leave_out_blanks(cls, body: Any) -> Any:
        """Low-code tools post every field of their form: an optional one without content counts as absent."""
        if not isinstance(body, dict):
            return body
        optional = {field.alias for field in cls.model_fields.values() if not field.is_required()}
        return {name: value for name, value in body.items() if name not in optional or not is_blank(value)}


def is_blank(value: object) -> bool:
    """null, a text of nothing but white space, a list of such texts."""
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, str) and not item.strip() for item in value)
    return value is None or (isinstance(value, str) and not value.strip())


class PairingLinkBody(Body):
    """docs/contract.md 14."""

    ttl_seconds: int = Field(900, ge=60, le=86_400, description="por quanto tempo o link vale, em segundos")
    expected_phone: Number | None = Field(
        None, description=f"o único número que pode ser conectado por ele: {DIGITS}"
    )
    return_url: Url | None = Field(
        None,
        examples=["https://app.turbozap.com/conexoes"],
        description="para onde o cliente volta depois; a origem precisa estar em `WPP_PAIRING_RETURN_ALLOW`",
    )


class PairingCodeBody(Body):
    """What the pairing page asks for."""

    phone: str | None = Field(
        None,
        max_length=100,
        examples=["(11) 99999-9999"],
        description="número do celular que vai digitar o código; dispensável se o link já diz qual é",
    )


class WebhookBody(Body):
    """docs/MULTI_TENANT_ARCHITECTURE.md 4.2.4; `events` absent means the five that nobody need ask for."""

    url: Url = Field(min_length=1, examples=["https://turbozap.com/webhook/cliente-001"])
    events: list[WantedEvent] | None = Field(
        None, min_length=1, max_length=20, examples=[["message_received", "message_ack", "connection_change"]]
    )


class WebhookTestBody(Body):
    """Which event the sample looks like; absent: an event `test`, which means nothing."""

    event: EventName | None = Field(None, examples=["message_received"])


class ReplayBody(Body):
    """Which events given up on are delivered again; every condition that is given must hold, none means all."""

    ids: list[EventId] | None = Field(None, min_length=1, max_length=1000)
    event: EventName | None = Field(None, examples=["message_received"])
    url: Url | None = Field(None, description="novo destino; se ausente, o original")


_PROBLEMS = {
    "missing": "campo obrigatório",
    "model_type": "deve ser um objeto JSON",
    "dict_type": "deve ser um objeto JSON",
    "string_type": "deve ser um texto",
    "string_unicode": "contém caracteres inválidos (Unicode incompleto)",
    "string_too_short": "não pode ser vazio",
    "string_too_long": "deve ter no máximo {max_length} caracteres",
    "string_pattern_mismatch": "formato inválido",
    "bool_type": "deve ser true ou false",
    "int_type": "deve ser um número inteiro",
    "float_type": "deve ser um número",
    "greater_than_equal": "deve ser no mínimo {ge}",
    "less_than_equal": "deve ser no máximo {le}",
    "list_type": "deve ser uma lista",
    "too_short": "deve ter pelo menos {min_length} item",
    "too_long": "deve ter no máximo {max_length} itens",
    "literal_error": "valor não permitido; use {expected}",
    "value_error": "{error}",
}


Model = TypeVar("Model", bound=Body)


def validate(model: type[Model], value: Any) -> Model:
    """`value` (parsed JSON) as the model. Raises Refusal(INVALID_REQUEST) with one detail per field."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Refusal(Code.INVALID_REQUEST, details=problems_of(error)) from None


def problems_of(error: ValidationError) -> list[dict[str, str]]:
    """`[{field, problem}]`; a field inside a list or object is written `events[0]`, `a.b`."""
    return [
        {"field": _path(problem["loc"]), "problem": _sentence(problem["type"], problem.get("ctx", {}))}
        for problem in error.errors(include_url=False, include_input=False)
    ]


def _path(location: tuple[int | str, ...]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in location)
    return "".join(steps).removeprefix(".") or "body"


def _sentence(kind: str, context: Mapping[str, Any]) -> str:
    if kind == "literal_error":
        context = {"expected": str(context["expected"]).replace(" or ", " ou ")}
    return _PROBLEMS.get(kind, "valor inválido").format(**context)
