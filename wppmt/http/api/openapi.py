"""The OpenAPI 3.1 document, made from the route table and the very models that check requests and write answers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from wppmt.domain.errors import CATALOGUE, Code
from wppmt.http.api import responses
from wppmt.http.api.field_texts import field_text
from wppmt.http.api.route import Route, Shape
from wppmt.http.security.api_keys import HEADER as API_KEY_HEADER
from wppmt.http.security.guard import SESSION_ID_HEADER
from wppmt.webhook.models import HOOKS, HookKind

Json = dict[str, Any]
_REF = "#/components/schemas/{model}"
_ALWAYS = (
    Code.UNSUPPORTED_ENCODING, Code.PAYLOAD_TOO_LARGE, Code.INVALID_REQUEST, Code.RATE_LIMITED, Code.INTERNAL,
)  # fmt: skip
_WITH_TOKEN = (
    Code.UNAUTHENTICATED, Code.TOKEN_EXPIRED, Code.FORBIDDEN, Code.DRAINING, Code.STORE_UNAVAILABLE,
)  # fmt: skip
_OF_SESSION = (Code.INVALID_SESSION_ID, Code.SESSION_ID_MISMATCH, Code.SESSION_NOT_FOUND)
_TAGS: Mapping[str, str] = {
    "sessions": "Sessões",
    "pairing": "Link de conexão",
    "sends": "Mensagens",
    "kinds": "Mensagens",
    "media_sends": "Mensagens",
    "acts": "Mensagens",
    "webhooks": "Webhooks",
    "webhook_test": "Webhooks",
    "events": "Eventos",
    "watch": "Administração",
    "admin": "Administração",
    "imports": "Administração",
    "api_keys": "Chaves",
    "audit_trail": "Administração",
    "archives": "Administração",
    "attempts": "Eventos",
    "streams": "Eventos",
    "explain": "Eventos",
    "contacts": "Contatos e mídia",
    "people": "Contatos e mídia",
    "chats": "Conversas",
    "groups": "Grupos",
    "labels": "Etiquetas e chamadas",
    "health": "Saúde",
    "metrics": "Saúde",
    "docs": "Documentação",
    "dashboard": "Painel",
}
"""By the file of the handler."""
_PATH_PARAMETERS: Mapping[str, Json] = {
    "sessionId": {
        "schema": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$"},
        "example": "cliente-001",
    },
    "messageId": {"schema": {"type": "string", "maxLength": 256}, "example": "3EB0F6F2E2E2E2E2E2E"},
    "chatId": {
        "schema": {"type": "string"},
        "example": "5511888888888@c.us",
        "description": "a conversa: `…@c.us`, `…@g.us`, `…@lid`, ou um número",
    },
    "groupId": {
        "schema": {"type": "string"},
        "example": "120363041234567890@g.us",
        "description": "id do grupo",
    },
    "labelId": {"schema": {"type": "string", "maxLength": 32}, "example": "3"},
    "callId": {"schema": {"type": "string", "maxLength": 128}, "example": "7B1E6A0C5D2F4E8A9B3C1D0E2F4A6B8C"},
    "token": {"schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}, "example": "Zk3v0c…"},
    "keyId": {"schema": {"type": "string", "maxLength": 64}, "example": "key_01HZX3V5Q4W8Y0T2R6N9M1K7J5"},
    "eventId": {"schema": {"type": "string", "maxLength": 64}, "example": "evt_01HZX3V5Q4W8Y0T2R6N9M1K7J5"},
    "job": {"schema": {"type": "string", "maxLength": 64}, "example": "job_01HZX3V5Q4W8Y0T2R6N9M1K7J5"},
    "file": {"schema": {"type": "string"}, "example": "viewer.js"},
    "phone": {
        "schema": {"type": "string"},
        "example": "5511999999999",
        "description": "8 a 15 dígitos com o código do país (com ou sem +, espaços, hífens)",
    },
}
_HEADER_PARAMETERS: Mapping[str, Json] = {
    "Idempotency-Key": {
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x20-\\x7e]+$"},
        "description": "a mesma chave com o mesmo corpo devolve a resposta guardada (48 h)",
    },
    "Last-Event-ID": {
        "schema": {"type": "string", "pattern": "^[0-9a-z]{1,16}$"},
        "description": "o id do último evento recebido: continua dele; 0: o registro inteiro; ausente: a partir de agora",
    },
    "Prefer": {
        "schema": {"type": "string"},
        "description": "respond-async: responde 202 sem esperar o WhatsApp",
    },
    "X-Session-ID": {
        "schema": {"type": "string"},
        "description": "opcional; se enviado, deve ser igual à sessão da URL",
    },
}
_ABOUT = (
    "Um número de WhatsApp por cliente, uma API para todos. Toda rota exige `Authorization: Bearer` com um JWT ou uma "
    "chave `wpk_…` (ou `X-Api-Key`), menos as de saúde e de documentação. Para experimentar uma rota aqui, informe o token ou a chave em **Authorize**: ficam só "
    "nesta página.\n\nErros têm sempre a mesma forma (`Error`): 4xx e 503 dizem que nada foi feito; 202 e 504, que o "
    "resultado ainda não é conhecido."
)


def openapi(routes: Iterable[Route], version: str) -> Json:
    """The whole document."""
    routes = tuple(routes)
    paths: dict[str, Json] = defaultdict(dict)
    for route in routes:
        paths[route.path][route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "wppmt", "version": version, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"key": []}],
        "paths": dict(paths),
        "webhooks": {hook.name: _hook(hook) for hook in HOOKS},
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "key": {"type": "apiKey", "in": "header", "name": API_KEY_HEADER},
            },
            "schemas": _schemas(routes),
        },
    }


def _operation(route: Route) -> Json:
    operation: Json = {
        "operationId": _operation_id(route),
        "tags": [_TAGS[route.handler.__module__.rpartition(".")[2]]],
        "summary": route.summary,
        "parameters": list(_parameters(route)),
        "responses": _responses(route),
    }
    if route.scope:
        operation["description"] = f"Permissão: `{route.scope}`"
    else:
        operation["security"] = []
    if route.body is not None:
        operation["requestBody"] = {"required": route.body_required, "content": _content([route.body])}
    if route.upload:
        content = {route.upload: {"schema": {"type": "string", "format": "binary"}}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _operation_id(route: Route) -> str:
    words = re.findall(r"[A-Za-z]+", route.path.removeprefix("/api"))
    return route.method.lower() + "".join(word[0].upper() + word[1:] for word in words)


def _parameters(route: Route) -> Iterable[Json]:
    for name in re.findall(r"\{(\w+)\}", route.path):
        text = field_text("Path", name)
        yield {"name": name, "in": "path", "required": True, "description": text, **_PATH_PARAMETERS[name]}
    for name, schema in route.query.items():
        text = str(schema.get("description") or field_text("Query", name))
        yield {"name": name, "in": "query", "description": text, "schema": dict(schema)}
    session_header = (SESSION_ID_HEADER,) if Code.SESSION_ID_MISMATCH in _refusals(route) else ()
    for name in (*session_header, *route.headers):
        yield {"name": name, "in": "header", **_HEADER_PARAMETERS[name]}


def _responses(route: Route) -> Json:
    shapes: dict[int, list[type[BaseModel]]] = defaultdict(list)
    codes: dict[int, list[Code]] = defaultdict(list)
    for status, shape in route.answers.items():
        shapes[status] += _models(shape)
    if route.media:
        shapes.setdefault(200, [])
    for code in _refusals(route):
        status = CATALOGUE[code].http_status
        codes[status].append(code)
        shapes[status] += [] if responses.Error in shapes[status] else [responses.Error]
    return {
        str(status): _response(status, models, codes[status], route.media if status == 200 else ())
        for status, models in sorted(shapes.items())
    } | {str(status): {"description": meaning} for status, meaning in route.bare.items()}


def _response(
    status: int, models: Sequence[type[BaseModel]], codes: Sequence[Code], media: Sequence[str]
) -> Json:
    said = [f"`{code}`: {CATALOGUE[code].text}" for code in codes]
    content = _content(models, codes, status) if models else {}
    content |= {kind: {"schema": {"type": "object" if kind.endswith("json") else "string"}} for kind in media}
    return {"description": "\n\n".join(said) or "Feito", "content": content}


def _refusals(route: Route) -> tuple[Code, ...]:
    """Everything that this route may refuse, by its access, its body and its own doing."""
    codes = [*_ALWAYS, *route.refusals]
    if route.access.needs_token:
        codes += _WITH_TOKEN
    if route.body is not None:
        codes.append(Code.RESOURCE_LIMIT)
    if route.access.names_session:
        codes += _OF_SESSION
    return tuple(dict.fromkeys(codes))


def _content(models: Sequence[type[BaseModel]], codes: Sequence[Code] = (), status: int = 200) -> Json:
    refs = [{"$ref": _REF.format(model=model.__name__)} for model in models]
    examples = {model.__name__: _example(model, status) for model in models if model is not responses.Error}
    examples |= {code.value: _error_example(code) for code in codes}
    media: Json = {"schema": refs[0] if len(refs) == 1 else {"oneOf": refs}}
    if len(examples) == 1 and not codes:
        media["example"] = next(iter(examples.values()))
    else:
        media["examples"] = {name: {"value": value} for name, value in examples.items()}
    return {"application/json": media}


def _error_example(code: Code) -> Json:
    return {
        "success": False,
        "error": CATALOGUE[code].text,
        "code": code.value,
        "requestId": "5f0c8f5a4d1e4b7f",
    }


def _example(model: type[BaseModel], status: int = 200) -> Json:
    """One whole example, put together from those of the fields; an optional field without any is left out.

    The last example of a field is that of a service that can't serve (`status` 5xx).
    """
    schema = model.model_json_schema(mode="serialization")
    return _object_example(schema, schema.get("$defs", {}), -1 if status >= 500 else 0)


def _object_example(schema: Json, shared: Json, which: int) -> Json:
    found = {name: _value_example(field, shared, which) for name, field in schema["properties"].items()}
    return {
        name: value
        for name, value in found.items()
        if value is not None or name in schema.get("required", ())
    }


def _value_example(field: Json, shared: Json, which: int) -> Any:
    if "examples" in field:
        return field["examples"][which]
    if "$ref" in field:
        return _object_example(shared[field["$ref"].rpartition("/")[2]], shared, which)
    if field.get("type") == "array" and "$ref" in field["items"]:
        return [_value_example(field["items"], shared, which)]
    return field.get("const", field.get("default"))


def _models(shape: Shape) -> list[type[BaseModel]]:
    return list(get_args(shape)) or [shape]


def _schemas(routes: Iterable[Route]) -> Json:
    """Every model once, without pydantic's titles and our docstrings, which are not for callers."""
    bodies = {route.body for route in routes if route.body}
    said = {model for route in routes for shape in route.answers.values() for model in _models(shape)}
    said |= {responses.Error} | {hook.body for hook in HOOKS}
    _, found = models_json_schema(
        [
            *((model, "validation") for model in sorted(bodies, key=lambda model: model.__name__)),
            *((model, "serialization") for model in sorted(said, key=lambda model: model.__name__)),
        ],
        ref_template=_REF,
    )
    schemas: Json = found["$defs"]
    for name, schema in schemas.items():
        schema.pop("description", None)
        for field, described in schema.get("properties", {}).items():
            if text := field_text(name, field):
                described.setdefault("description", text)
    return {name: _without_titles(schema) for name, schema in schemas.items()}


def _without_titles(value: Any) -> Any:
    """Titles only repeat the names. A property that is called `title` is an object, and stays."""
    if isinstance(value, dict):
        return {
            key: _without_titles(inner)
            for key, inner in value.items()
            if key != "title" or not isinstance(inner, str)
        }
    return [_without_titles(inner) for inner in value] if isinstance(value, list) else value


def _hook(hook: HookKind) -> Json:
    return {
        "post": {
            "operationId": hook.name,
            "tags": ["Eventos"],
            "summary": hook.summary,
            "security": [],
            "requestBody": {"required": True, "content": _content([hook.body])},
            "responses": {
                "2XX": {"description": "Recebido. Qualquer outra resposta leva a uma nova tentativa"}
            },
        }
    }
